"""Error bodies: the message and the code of an error response, whatever its JSON shape."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import unescape
from typing import Final

from fakegpt_tui.text import safe_line

NOT_JSON: Final = object()
"""What `parsed` gives for text that is not JSON; `None` is what JSON's null becomes."""


def parse_json(text: str | bytes) -> object:
    """The value that `text` spells, or `NOT_JSON`."""
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return NOT_JSON
    return value


_BODY_LIMIT: Final = 64_000
_MESSAGE_LIMIT: Final = 300
_LONGEST_WAIT: Final = 31 * 24 * 3600
"""Seconds; whoever names more than a month names nothing that one could wait for."""

_SECRET = re.compile(
    r"""eyJ[\w-]{6,}(?:\.[\w-]*){1,2}
    | \b[fps]k-[\w-]{16,}
    | (?<=://)[^\s/@]+(?=@)
    | (?<=bearer\ )\S{16,}
    | (?<=credential=)[^\s;&"']+ | (?<=password=)[^\s;&"']+ | (?<=token=)[^\s;&"']+
    | (?<=token_key=)[^\s;&"']+
    | (?<=password["']:\ ["'])[^"']+ | (?<=token["']:\ ["'])[^"']+
    | [a-z0-9_+/=-]{40,}""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{0,1000})", re.IGNORECASE)

_MESSAGE_KEYS = ("error", "detail", "message", "errorMessage")
_ERROR_STATUSES = range(400, 600)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorBody:
    """What was said: `text` is fit to be shown, on one line, and may be empty.

    `status` is one that the body names in place of the real one; `hand_off` tells of a body that
    points to another kind of connection.
    """

    text: str = ""
    code: str = ""
    status: int | None = None
    retry_after: float | None = None
    is_html: bool = False
    is_json: bool = False
    websocket_only: bool = False


def parse_error_body(body: bytes) -> ErrorBody:
    """What the beginning of a response body says."""
    text = body[:_BODY_LIMIT].decode(errors="replace").strip().removeprefix("\ufeff")
    value = parse_json(text)
    if value is not NOT_JSON:
        return read_error_value(value)
    if text.startswith("<"):
        title = _TITLE.search(text)
        return ErrorBody(text=clean_message(unescape(title[1])) if title else "", is_html=True)
    return ErrorBody(text=clean_message(text))


def read_error_value(value: object) -> ErrorBody:
    """What a parsed JSON value says."""
    match value:
        case dict():
            said = next((value[key] for key in _MESSAGE_KEYS if value.get(key)), None)
            inner = said if isinstance(said, dict) else {}
            return ErrorBody(
                text=clean_message(_message_text(said)),
                code=_code(inner.get("code")) or _code(value.get("code")),
                status=_status(value.get("code")),
                retry_after=wait_seconds(inner.get("clears_in", value.get("clears_in"))),
                is_json=True,
                websocket_only="wss_url" in value,
            )
        case str() | list():
            return ErrorBody(text=clean_message(_message_text(value)), is_json=True)
        case _:
            return ErrorBody(is_json=True)


def clean_message(text: str) -> str:
    """`text` cleaned and on one short line, with what looks like a secret masked."""
    return safe_line(_SECRET.sub("••••", text[: _MESSAGE_LIMIT * 20]), _MESSAGE_LIMIT)


def wait_seconds(value: object) -> float | None:
    """`value` as a time to wait, if it can be one."""
    match value:
        case bool():
            return None
        case int() | float() if 0 <= value <= _LONGEST_WAIT:
            return float(value)
        case _:
            return None


def _message_text(said: object) -> str:
    match said:
        case str():
            return said
        case {"message": str(text)} | {"msg": str(text)} | {"detail": str(text)} if text:
            return text
        case {"code": str(text)}:
            return text
        case list():
            return "; ".join(_field_errors(said))
        case _:
            return ""


def _field_errors(items: Iterable[object]) -> Iterator[str]:
    """The list form of an error, each with the field that it is about."""
    for item in items:
        match item:
            case {"loc": list(loc), "msg": str(text)}:
                yield f"{'.'.join(str(step) for step in loc)}: {text}"
            case {"msg": str(text)} | {"message": str(text)} | str(text):
                yield text
            case _:
                pass


def _code(code: object) -> str:
    return code if isinstance(code, str) else ""


def _status(code: object) -> int | None:
    match code:
        case int() if code in _ERROR_STATUSES:
            return code
        case _:
            return None
