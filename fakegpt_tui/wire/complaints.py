"""What a service says of a trouble, taken out of whatever shape it comes in."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import unescape
from typing import Final

from fakegpt_tui.text import safe_line
from fakegpt_tui.wire.json_text import NOT_JSON, parsed

_BODY_LIMIT: Final = 64_000
_LIMIT: Final = 300
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

_PLACES = ("error", "detail", "message", "errorMessage")
_ERROR_STATUSES = range(400, 600)


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """What was said: `text` is fit to be shown, on one line, and may be empty.

    `status` is one that the body names in place of the real one; `hand_off` tells of a body that
    points to another kind of connection.
    """

    text: str = ""
    code: str = ""
    status: int | None = None
    clears_in: float | None = None
    is_page: bool = False
    is_json: bool = False
    hand_off: bool = False


def read_complaint(body: bytes) -> Complaint:
    """What the beginning of a response body says."""
    text = body[:_BODY_LIMIT].decode(errors="replace").strip().removeprefix("\ufeff")
    value = parsed(text)
    if value is not NOT_JSON:
        return complaint_of(value)
    if text.startswith("<"):
        title = _TITLE.search(text)
        return Complaint(text=shown(unescape(title[1])) if title else "", is_page=True)
    return Complaint(text=shown(text))


def complaint_of(value: object) -> Complaint:
    """What a parsed JSON value says."""
    match value:
        case dict():
            said = next((value[key] for key in _PLACES if value.get(key)), None)
            inner = said if isinstance(said, dict) else {}
            return Complaint(
                text=shown(_spoken(said)),
                code=_word(inner.get("code")) or _word(value.get("code")),
                status=_status(value.get("code")),
                clears_in=seconds(inner.get("clears_in", value.get("clears_in"))),
                is_json=True,
                hand_off="wss_url" in value,
            )
        case str() | list():
            return Complaint(text=shown(_spoken(value)), is_json=True)
        case _:
            return Complaint(is_json=True)


def shown(text: str) -> str:
    """`text` cleaned and on one short line, with what looks like a secret masked."""
    return safe_line(_SECRET.sub("••••", text[: _LIMIT * 20]), _LIMIT)


def seconds(value: object) -> float | None:
    """`value` as a time to wait, if it can be one."""
    match value:
        case bool():
            return None
        case int() | float() if 0 <= value <= _LONGEST_WAIT:
            return float(value)
        case _:
            return None


def _spoken(said: object) -> str:
    match said:
        case str():
            return said
        case {"message": str(text)} | {"msg": str(text)} | {"detail": str(text)} if text:
            return text
        case {"code": str(text)}:
            return text
        case list():
            return "; ".join(_problems(said))
        case _:
            return ""


def _problems(items: Iterable[object]) -> Iterator[str]:
    """The list form of an error, each with the field that it is about."""
    for item in items:
        match item:
            case {"loc": list(loc), "msg": str(text)}:
                yield f"{'.'.join(str(step) for step in loc)}: {text}"
            case {"msg": str(text)} | {"message": str(text)} | str(text):
                yield text
            case _:
                pass


def _word(code: object) -> str:
    return code if isinstance(code, str) else ""


def _status(code: object) -> int | None:
    match code:
        case int() if code in _ERROR_STATUSES:
            return code
        case _:
            return None
