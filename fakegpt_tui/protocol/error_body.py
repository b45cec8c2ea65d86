"""Error bodies: what an error response says, whatever its JSON shape, and which error it means."""

import json
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import unescape
from http import HTTPStatus
from typing import Final

from fakegpt_tui.domain import ModelLoading, RateLimited, ServiceError, Unreachable
from fakegpt_tui.text import safe_line

NOT_JSON: Final = object()
"""What `parse_json` returns for text that is not JSON; `None` is JSON's null."""


def parse_json(text: str | bytes) -> object:
    """The JSON value of `text`, or `NOT_JSON`."""
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return NOT_JSON
    return value


_BODY_LIMIT: Final = 64_000
_MESSAGE_LIMIT: Final = 300
_MAX_WAIT: Final = 31 * 24 * 3600
"""Seconds; a longer wait is taken for a mistake."""

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
    """What an error response says: `text` is safe to show, on one line, and may be empty.

    `status` is one that the body names in place of the real one.
    """

    text: str = ""
    code: str = ""
    status: int | None = None
    retry_after: float | None = None
    is_html: bool = False
    is_json: bool = False
    websocket_only: bool = False
    """The reply is to be read from a WebSocket instead."""

    def sentence(self, lead: str, advice: str = "") -> str:
        """`lead`, what the service said, and what to do, as whole sentences."""
        text = f"{lead}: {self.text}" if self.text else lead
        ended = text if text.endswith((".", "!", "?", "…", "。")) else f"{text}."
        return ended if ended.endswith(advice) else f"{ended} {advice}"


@dataclass(frozen=True, slots=True)
class ErrorRule:
    """An error class, with what happened and what to do.

    `lead` follows the name of the service and may contain `{status}`; `advice` may contain
    `{when}`, the time to try again, which is `when` where the service does not say.
    """

    kind: type[ServiceError]
    lead: str
    advice: str = ""
    when: str = "later"

    def error(
        self, who: str, body: ErrorBody, *, wait: float | None = None, status: int = 0
    ) -> ServiceError:
        """The error of the service `who`, which says `body` and asks to wait some seconds."""
        when = self.when if wait is None else f"in {_format_wait(wait)}"
        lead = f"{who} {self.lead.format(status=_status_label(status))}"
        names_when = "{when}" in self.advice
        told = names_when and wait is not None and "again in" in body.text.casefold()
        text = body.sentence(lead, "" if told else self.advice.format(when=when))
        if issubclass(self.kind, ModelLoading):
            return self.kind(text, retry_after=wait)
        if names_when and issubclass(self.kind, RateLimited | Unreachable):
            return self.kind(text, retry_after=wait)
        return self.kind(text)


def parse_error_body(body: bytes) -> ErrorBody:
    """What a response body says; its beginning is enough."""
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
            inner = next((value[key] for key in _MESSAGE_KEYS if value.get(key)), None)
            fields = inner if isinstance(inner, dict) else {}
            return ErrorBody(
                text=clean_message(_message_text(inner)),
                code=_code(fields.get("code")) or _code(value.get("code")),
                status=_status(value.get("code")),
                retry_after=wait_seconds(fields.get("clears_in", value.get("clears_in"))),
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
        case int() | float() if 0 <= value <= _MAX_WAIT:
            return float(value)
        case _:
            return None


def _message_text(value: object) -> str:
    match value:
        case str():
            return value
        case {"message": str(text)} | {"msg": str(text)} | {"detail": str(text)} if text:
            return text
        case {"code": str(text)}:
            return text
        case list():
            return "; ".join(_field_errors(value))
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


def _status_label(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"status {status}"


_MANY_SECONDS = 100
_MANY_MINUTES = 100


def _format_wait(wait: float) -> str:
    if wait <= 1:
        return "a second"
    if wait < _MANY_SECONDS:
        return f"{math.ceil(wait)} seconds"
    minutes = math.ceil(wait / 60)
    return f"{minutes} minutes" if minutes < _MANY_MINUTES else f"{math.ceil(wait / 3600)} hours"
