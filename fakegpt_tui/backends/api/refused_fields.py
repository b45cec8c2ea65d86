"""Refused fields: which parts of a request an error names, and whether it names any."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from fakegpt_tui.fast_import import dataclass, lazy_pattern
from fakegpt_tui.protocol.error_body import NOT_JSON, parse_json
from fakegpt_tui.protocol.error_shapes import find_message

IS_UNSUPPORTED: Final = lazy_pattern(
    r"unsupported|not support|n't support|unknown|unrecogni[sz]ed|unexpected|\bextra\b"
    r"|not (?:allowed|permitted|available|enabled|implemented)|only the default|deprecated"
    r"|no longer|cannot be (?:used|set|specified)|\bboth\b|invalid (?:parameter|argument|field)"
    r"|extra_forbidden|must be verified"
)
_IS_VALUE: Final = lazy_pattern(
    r"(?:unsupported|invalid|unknown) (?:value|enum|variant)|supported values|must be one of"
    r"|only the default|input should be|does not support ['\"`]|not a valid|one of the following"
    r"|only [\d.]+ is|may only be|must be (?:(?:set|equal) to |exactly )?[\d.]+ (?:for|when|with)"
)
_DISTINCT: Final = lazy_pattern(r"_|^temperature$|^verbosity$")
"""Names that mean a field wherever they stand; others are words of a sentence, too."""
_CAMEL: Final = lazy_pattern(r"\b(?:[Mm]ax(?:New|Output|Completion)?Tokens|[Tt]op[PK])\b")
_HUMP: Final = lazy_pattern(r"(?<=[a-z])(?=[A-Z])")
_WORDS: Final = lazy_pattern(r"[^\W_]+")
_VAGUE: Final = {
    "a", "an", "the", "your", "this", "that", "it", "some", "one", "or", "more", "all", "is",
    "was", "are", "were", "be", "been", "in", "of", "on", "has", "have", "had", "with", "to",
    "by", "for", "and", "not", "no", "than", "do", "does", "did", "could", "can", "cannot",
    "invalid", "bad", "malformed", "wrong", "incorrect", "illegal", "unsupported", "unrecognized",
    "unrecognised", "unknown", "unexpected", "extra", "additional", "supported", "support",
    "valid", "allowed", "permitted", "accepted", "failed", "refused", "rejected", "request",
    "requests", "input", "inputs", "json", "body", "payload", "format", "parameter", "parameters",
    "param", "params", "argument", "arguments", "field", "fields", "option", "options", "key",
    "keys", "value", "values", "property", "properties", "error", "errors", "schema",
    "validation", "exception", "type", "http", "参数错误", "请求参数错误", "无效的请求",
}  # fmt: skip
"""Words of errors that name nothing."""


@dataclass(frozen=True, slots=True)
class RefusedFields:
    """The paths of the fields that were refused; with `is_value` only for their values."""

    paths: frozenset[str]
    is_value: bool


def error_words(error_text: str) -> str:
    """What an error says, and the parameters that it names, in small letters."""
    value = parse_json(error_text)
    if value is NOT_JSON:
        return with_plain_names(error_text)
    names = "".join(f"\nparameter: {name}" for name in _named_parameters(value))
    return with_plain_names(f"{find_message(value)}{names}")


def with_plain_names(text: str) -> str:
    """`text` in small letters, with names such as `maxTokens` as `max_tokens`."""
    return _CAMEL.sub(lambda name: _HUMP.sub("_", name[0]), text).casefold()


def is_vague(words: str) -> bool:
    """Do the `words` of an error say no more than that something of the request is wrong?"""
    return all(word in _VAGUE or word.isdecimal() for word in _WORDS.findall(words))


def _named_parameters(value: object) -> Iterator[str]:
    match value:
        case {"error": {"param": str(name)}} | {"param": str(name)} if name:
            yield name
        case {"detail": list(problems)}:
            for problem in problems:
                match problem:
                    case {"loc": [*parts]}:
                        names = [str(each) for each in parts if each != "body"]
                        yield ".".join(names)
                        yield f"{names[-1] if names else ''} {problem.get('type', '')}"
                    case _:
                        pass
        case {"error": dict(inner)} if inner is not value:
            yield from _named_parameters(inner)
        case _:
            pass


def find_refused(words: str, paths: Iterable[str]) -> RefusedFields | None:
    """The fields among `paths` that the `words` of an error refuse; `None` for none.

    Of a table and a field inside of it the inner one is meant, where both are named.
    """
    is_value = _IS_VALUE.search(words) is not None
    if not (is_value or IS_UNSUPPORTED.search(words)):
        return None
    named = {path for path in paths if _names(words, path)}
    named -= {outer for outer in named if any(each.startswith(f"{outer}.") for each in named)}
    if "both" in words and {"temperature", "top_p"} <= named:
        named = {"top_p"}
    return RefusedFields(frozenset(named), is_value) if named else None


def _names(words: str, path: str) -> bool:
    path = path.casefold()
    first, leaf = path.partition(".")[0], path.rpartition(".")[2]
    if path != leaf and re.search(rf"\b{re.escape(first)}\W+(?:\w+\W+)?{re.escape(leaf)}\b", words):
        return True  # also as `reasoning[effort]`
    form = re.escape(leaf)
    if _DISTINCT.search(leaf):
        return re.search(rf"\b{form}\b", words) is not None
    pattern = (
        rf"['\"`]{form}['\"`]|\.{form}\b|(?:parameter|argument|field|param):? {form}\b|^{form}: "
    )
    return re.search(pattern, words, re.MULTILINE) is not None
