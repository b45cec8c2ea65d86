"""Error bodies: what an error response says, whatever its JSON shape, and which error it means."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from itertools import islice
from typing import Final

from fakegpt_tui.domain import (
    BadReply,
    ModelLoading,
    RateLimited,
    ReplyCut,
    ServiceError,
    Unreachable,
)
from fakegpt_tui.domain.exact_request import mask_shapes
from fakegpt_tui.fast_import import dataclass, lazy_pattern
from fakegpt_tui.protocol.error_headers import decode_error, header_message
from fakegpt_tui.protocol.error_shapes import find_message, is_general
from fakegpt_tui.text import safe_line

NOT_JSON: Final = object()
"""What `parse_json` returns for text that is not JSON; `None` is JSON's null."""


_decoder: Final = json.JSONDecoder(strict=False)


_MAX_VALUES: Final = 100_000
"""No other code runs while JSON is parsed: ten megabytes of `{},` would take seconds."""
VALUES_OF_A_LIST: Final = 1_000_000
"""The same for a list that is asked for once, before any text streams."""
_VALUE: Final = lazy_pattern(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|([\[{,])', re.DOTALL)
"""A string, or what a further value begins behind."""


def parse_json(text: str | bytes, most_values: int = _MAX_VALUES) -> object:
    """The JSON value of `text`, or `NOT_JSON`. Control characters in strings are let through.

    Raises:
        ReplyCut: It has more than `most_values`. How long they are does not matter.
    """
    try:
        if isinstance(text, bytes):
            text = text.decode(json.detect_encoding(text), "surrogatepass")
        _check_number_of_values(text, most_values)
        value: object = _decoder.decode(text)
    except (ValueError, RecursionError):
        return NOT_JSON
    return value


def _check_number_of_values(text: str, most: int) -> None:
    if text.count(",") + text.count("[") + text.count("{") <= most:
        return
    begins = (None for match in _VALUE.finditer(text) if match[1])
    if next(islice(begins, most, None), NOT_JSON) is None:
        raise ReplyCut(f"The service sent more than {most:,} values at once, which are not read.")


_BODY_LIMIT: Final = 64_000
_MESSAGE_LIMIT: Final = 300
_MAX_WAIT: Final = 31 * 24 * 3600
"""Seconds; a longer wait is taken for a mistake."""

_ERROR_TEXT = lazy_pattern(
    r"\s*(?:\[error\]|(?:\w*error|exception|traceback)\b)", re.IGNORECASE | re.ASCII
)
_ERROR_PREFIX = lazy_pattern(r"(?<!\s)\s*+(?:\[error\]:?|error\s*:)\s*", re.IGNORECASE)
"""The prefix that is cut off; the sentence says already that it is an error."""

_UNSHOWN = lazy_pattern(
    r"<(script|style)\b(?:.*?</\1>|.*)|<!--(?:.*?-->|.*)|<hr>\s*<(?:center|address)>.*",
    re.IGNORECASE | re.DOTALL,
)
_TAG = lazy_pattern(r"<[^<>]*>?")
_FRAME = lazy_pattern(
    r"(?:\)\]\}',?\s*|(?:event|id|:)[^\n]{0,200}\n+|(?:data|error):\s*)*(?=[{\[])"
)
"""What may stand before the JSON of an error: the fields of an event, or what keeps scripts out."""

_NAMES_WHEN = lazy_pattern(r"\bagain (?:in|at|after)\b")
_TITLE = lazy_pattern(r"<title[^>]{0,200}>([^<]{0,1000})", re.IGNORECASE)

_CODE_KEYS = ("error", "detail", "message")
_STATUS_KEYS = ("code", "status", "statusCode", "status_code")
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
    is_unknown_shape: bool = False
    """The text is the beginning of the body: where its message is could not be told."""
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
        told = names_when and wait is not None and _NAMES_WHEN.search(body.text.casefold())
        text = body.sentence(lead, "" if told else self.advice.format(when=when))
        if issubclass(self.kind, ModelLoading):
            return self.kind(text, retry_after=wait)
        if names_when and issubclass(self.kind, RateLimited | Unreachable):
            return self.kind(text, retry_after=wait)
        return self.kind(text)


def parse_error_body(body: bytes, headers: Mapping[str, str] | None = None) -> ErrorBody:
    """What a response says in its body, of which the beginning is enough, or its `headers`."""
    headers = headers or {}
    text = decode_error(body[:_BODY_LIMIT], headers).strip().removeprefix("\ufeff")
    value = _parse_framed(text)
    if value is not NOT_JSON:
        found = read_error_value(value)
    elif text.startswith("<"):
        found = ErrorBody(text=clean_message(_page_text(text)), is_html=True)
    else:
        found = ErrorBody(text=clean_message(text))
    return found if found.text else replace(found, text=clean_message(header_message(headers)))


def _parse_framed(text: str) -> object:
    """The JSON value of `text`, or the first one in it, also where it is framed as an event."""
    value = parse_json(text)
    if value is NOT_JSON and (start := _FRAME.match(text)):
        try:
            value, _ = _decoder.raw_decode(text, start.end())
        except (ValueError, RecursionError):
            return NOT_JSON
    if isinstance(value, str) and value.startswith("{"):
        inner = parse_json(value)
        return value if inner is NOT_JSON else inner
    return value


def _page_text(page: str) -> str:
    """The title of a web page, or its text where the title only says that there is an error."""
    from html import unescape  # noqa: PLC0415 - with a page

    title = _TITLE.search(page)
    named = unescape(title[1]).strip() if title else ""
    if named and not is_general(named):
        return named
    shown = unescape(_TAG.sub(" ", _UNSHOWN.sub(" ", _TITLE.sub("", page))))
    return shown if shown.strip() else named


def parse_error_text(text: str, *, is_error: bool) -> ErrorBody | None:
    """What an event says that is no JSON, if it begins as an error does or `is_error`."""
    if not (is_error or _ERROR_TEXT.match(text)):
        return None
    return parse_error_body(_ERROR_PREFIX.sub("", text).encode(errors="replace"))


def unexpected_body(body: bytes, wanted: str) -> BadReply:
    """The error of a response that is not what was `wanted`, with what it says instead."""
    lead = f"The service answered with something other than {wanted}"
    return BadReply(parse_error_body(body).sentence(lead))


def read_error_value(value: object) -> ErrorBody:
    """What a parsed JSON value says."""
    found = find_message(value)
    is_unknown = not found and isinstance(value, dict | list) and bool(value)
    text = json.dumps(value, ensure_ascii=False) if is_unknown else found
    fields = _fields(value)
    inner = next((each for key in _CODE_KEYS if (each := _fields(fields.get(key)))), {})
    statuses = (_status(each.get(key)) for each in (fields, inner) for key in _STATUS_KEYS)
    return ErrorBody(
        text=clean_message(text),
        code=_code(inner.get("code")) or _code(fields.get("code")),
        status=next(filter(None, statuses), None),
        retry_after=wait_seconds(inner.get("clears_in", fields.get("clears_in"))),
        is_json=True,
        is_unknown_shape=is_unknown,
        websocket_only="wss_url" in fields,
    )


def _fields(value: object) -> dict[object, object]:
    """The fields of an object, or of the first one in a list."""
    match value:
        case dict(fields) | [dict(fields), *_]:
            return fields
        case _:
            return {}


def clean_message(text: str) -> str:
    """`text` cleaned and on one short line, with what looks like a secret masked."""
    return safe_line(mask_shapes(text[: _MESSAGE_LIMIT * 20]), _MESSAGE_LIMIT)


def wait_seconds(value: object) -> float | None:
    """`value` as a time to wait, if it can be one."""
    match value:
        case bool():
            return None
        case int() | float() if 0 <= value <= _MAX_WAIT:
            return float(value)
        case _:
            return None


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
