"""Where the JSON of an error holds its message: one table of the shapes that services use."""

import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Final

from fakegpt_tui.fast_import import lazy_pattern

ERROR_SHAPES: Final = (
    ("error.message", "OpenAI, and most that follow it"),
    ("error.metadata.raw", "OpenRouter: what the provider behind it said"),
    ("error.message.message", "gateways that put one error into another"),
    ("error.error.message", "the same"),
    ("error.error", "the same"),
    ("error.innererror.message", "Azure"),
    ("error.details[].fieldViolations[].description", "Google: each with its field"),
    ("error.errors[].message", "Google, in older interfaces"),
    ("error.detail", "proxies written with FastAPI"),
    ("error.msg", "gateways"),
    ("error.reason", "gateways"),
    ("error.description", "gateways"),
    ("error[].message", "gateways"),
    ("error[]", "Hugging Face"),
    ("error", "Ollama, LM Studio"),
    ("errors[].message", "Cloudflare, GraphQL"),
    ("errors[].detail", "JSON:API"),
    ("errors[].extensions.message", "GraphQL"),
    ("errors[]", "gateways"),
    ("errors.*[]", "Laravel: a list for each field"),
    ("errors.*", "gateways: a text for each field"),
    ("errors", "gateways"),
    ("detail.error.message", "proxies written with FastAPI"),
    ("detail.message", "FakeGPT"),
    ("detail.msg", "FastAPI"),
    ("detail.error", "proxies written with FastAPI"),
    ("detail.reason", "the same"),
    ("detail[].msg", "FastAPI: each with the field that it is about"),
    ("detail[].message", "the same"),
    ("detail[]", "FastAPI"),
    ("detail", "FastAPI, and problem+json"),
    ("message.message", "Cohere"),
    ("message[].message", "gateways"),
    ("message[]", "Nest"),
    ("message", "Spring, Nest, Mistral"),
    ("error_description", "OAuth"),
    ("msg", "Zhipu"),
    ("exceptionMessage", "ASP.NET"),
    ("error_message", "AWS Lambda"),
    ("error_msg", "Baidu"),
    ("errmsg", "WeChat"),
    ("err", "gateways"),
    ("exception", "gateways"),
    ("failure_reason", "gateways"),
    ("messages[].message", "gateways"),
    ("messages[]", "gateways"),
    ("reason", "Vapor"),
    ("description", "gateways"),
    ("base_resp.status_msg", "MiniMax"),
    ("status_msg", "gateways"),
    ("fault.faultstring", "Apigee"),
    ("faultstring", "SOAP"),
    ("[].error.message", "Gemini, which puts the error into a list"),
    ("[].message", "gateways"),
    ("[].msg", "FastAPI"),
    ("[]", "gateways"),
    ("title", "problem+json"),
    ("detail.code", "FakeGPT"),
    ("error.code", "services that have but a code"),
    ("error.type", "the same"),
    ("code", "the same"),
)
"""Paths to the message, and who has it there. `[]` is each item of a list, `*` each value; capital
letters and underscores do not matter. What tells nothing there is looked for in all of them within
the values: Tencent, Volcengine and others put the error into an object of their own."""

_GENERIC: Final = {
    *(status.phrase.casefold() for status in HTTPStatus),
    "error", "errors", "failed", "failure", "exception", "unknown error", "request failed",
    "provider returned error", "upstream error", "an error occurred", "an error has occurred",
    "request contains an invalid argument", "server error", "request entity too large", "none",
    "null", "",
}  # fmt: skip
"""What tells nothing: another place of the same error may tell more."""

_CODE_WORD: Final = lazy_pattern(r"[a-z0-9_.-]+|[A-Z0-9_.-]+|(?:[A-Z][a-z0-9]+){2,}")
_STATUS_NUMBER: Final = lazy_pattern(r"(?<!\W)\W*\b(?:http status )?\d{3}\b\W*")
_SENTENCE: Final = 2
"""The rank of what tells something."""
_LONGEST_GENERAL: Final = 80
_MAX_DEPTH: Final = 3
_MAX_ITEMS: Final = 20


def find_message(value: object, depth: int = 0) -> str:
    """The message in the JSON `value`, at the first place that tells something.

    A sentence is preferred to a code, and a code to the name of a status; may be empty.
    """
    if isinstance(value, str):
        return _unwrap(value, depth)
    best, best_rank = "", -1
    for path, _ in ERROR_SHAPES:
        text = _text_at(value, path, depth)
        rank = _rank(text)
        if text and rank > best_rank:
            best, best_rank = text, rank
    if best_rank < _SENTENCE and depth < _MAX_DEPTH:
        inner = (find_message(each, depth + 1) for each in _wrapped(value))
        best = next((text for text in inner if _rank(text) == _SENTENCE), best)
    return best


def is_general(text: str) -> bool:
    """Does `text` tell nothing but that there is an error, or its status?"""
    if len(text) > _LONGEST_GENERAL:
        return False
    return _STATUS_NUMBER.sub("", text.casefold()).strip(" .!:") in _GENERIC


def _wrapped(value: object) -> Iterator[object]:
    """The objects within `value`, also those that are written as text."""
    match value:
        case dict():
            inner = list(value.values())[:_MAX_ITEMS]
        case list():
            inner = value[:_MAX_ITEMS]
        case _:
            inner = []
    for each in inner:
        match each:
            case dict() | [dict(), *_]:
                yield each
            case str() if each.lstrip().startswith("{"):
                yield each
            case _:
                pass


def _text_at(value: object, path: str, depth: int) -> str:
    found = list(_follow(value, path.split(".")))
    texts = [text for text in (_unwrap(each, depth).strip() for each in found) if text]
    match value:
        case {"error": {"metadata": {"provider_name": str(name)}}} if path.endswith(".raw"):
            return "; ".join(f"{name}: {text}" for text in texts)
        case _:
            return "; ".join(texts)


def _follow(value: object, steps: list[str]) -> Iterator[str]:
    if not steps:
        if isinstance(value, str):
            yield value
        return
    step, *rest = steps
    name = step.removesuffix("[]")
    if name == "*":
        inner = list(value.values())[:_MAX_ITEMS] if isinstance(value, dict) else []
    elif name:
        inner = _values_of(value, name)
    else:
        inner = [value]
    for each in inner:
        if step.endswith("[]"):
            for item in each[:_MAX_ITEMS] if isinstance(each, list) else ():
                yield from (f"{_field(item)}{text}" for text in _follow(item, rest))
        else:
            yield from _follow(each, rest)


def _values_of(value: object, name: str) -> list[object]:
    """The value of the field that is called `name`, in whatever letters."""
    if not isinstance(value, dict):
        return []
    if name in value:
        return [value[name]]
    wanted = _folded(name)
    return [each for key, each in value.items() if _folded(key) == wanted][:1]


def _folded(name: object) -> str:
    return str(name).replace("_", "").replace("-", "").casefold()


def _field(item: object) -> str:
    """The field that an item of a list of errors is about."""
    match item:
        case {"loc": list(steps)}:
            return f"{'.'.join(str(step) for step in steps)}: "
        case {"field": str(name), "description": str()}:
            return f"{name}: "
        case _:
            return ""


def _unwrap(text: str, depth: int) -> str:
    """The message in `text` where that is JSON once more."""
    if depth >= _MAX_DEPTH or not text.lstrip().startswith(("{", "[")):
        return text
    try:
        value = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return text
    return find_message(value, depth + 1) or text


def _rank(text: str) -> int:
    if is_general(text):
        return 0
    return 1 if _CODE_WORD.fullmatch(text) else _SENTENCE
