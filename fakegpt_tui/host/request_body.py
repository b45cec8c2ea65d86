"""Request bodies: JSON and forms, read within limits."""

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from typing import TypeVar
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive

BODY_LIMIT = 10_000_000
_MEDIA_LIMIT = 40_000_000
"""Bytes of a request with pictures and files."""

_NESTING_LIMIT = 64
_VALUE_LIMIT = 100_000
"""Brackets, strings and commas of one body: a thousand messages have a fifth of them."""

_LARGE = 65_536
"""Bytes from which a body is read in a thread, while the host goes on."""

_WINDOW = 262_144
"""Bytes that are looked at before others may go on."""

_FIELD_LIMIT = 10
_FORM_LIMIT = 65_536
_MEGABYTE = 1_000_000

_Asked = TypeVar("_Asked")

_TOKEN = re.compile(rb'["\[{\]},]')
_TEXT = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_QUOTE = ord('"')


async def read_json(request: Request) -> object:
    """The body as JSON, of at most `BODY_LIMIT` bytes.

    Raises:
        HTTPException: It is too large, too deep, no JSON, or does not say that it is.
    """
    return await _read_json(request, BODY_LIMIT, lambda value: value)


async def read_with_media(request: Request, read: Callable[[object], _Asked]) -> _Asked:
    """What `read` makes of the JSON of a body, in which there may be pictures and files.

    Raises:
        HTTPException: As `read_json`.
    """
    return await _read_json(request, _MEDIA_LIMIT, read)


async def _read_json(request: Request, limit: int, read: Callable[[object], _Asked]) -> _Asked:
    _require_content_type(request, "application/json")
    body = await _read(request, limit)
    if len(body) < _LARGE:
        return read(_parse(body))
    return await asyncio.to_thread(lambda: read(_parse(body)))


def _parse(body: bytes) -> object:
    _check_structure(body)
    try:
        # Decoded here, because json would also take UTF-16, whose brackets were not counted.
        return json.loads(body.decode())
    except ValueError as error:
        raise HTTPException(400, "The body is not JSON.") from error


async def read_form(request: Request) -> dict[str, str]:
    """The fields of an urlencoded body; of a repeated one the last.

    Raises:
        HTTPException: It is too large, has too many fields, is no form, or does not say so.
    """
    _require_content_type(request, "application/x-www-form-urlencoded")
    body = await _read(request, _FORM_LIMIT)
    try:
        return dict(parse_qsl(body.decode(), max_num_fields=_FIELD_LIMIT))
    except ValueError as error:
        raise HTTPException(400, "The body is not a form of at most ten fields.") from error


async def wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _require_content_type(request: Request, wanted: str) -> None:
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise HTTPException(415, "The body must be sent without compression.")
    given = request.headers.getlist("content-type")
    if len(given) != 1 or given[0].partition(";")[0].strip().lower() != wanted:
        raise HTTPException(415, f"The body must be sent as {wanted}.")


async def _read(request: Request, limit: int) -> bytes:
    if int(request.headers.get("content-length", 0)) > limit:
        raise _too_large(limit)
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        size, more = size + len(parts[-1]), message.get("more_body", False)
        if size > limit:
            raise _too_large(limit)
    return b"".join(parts)


def _too_large(limit: int) -> HTTPException:
    size = f"{limit // _MEGABYTE} MB" if limit >= _MEGABYTE else f"{limit // 1024} kB"
    return HTTPException(413, f"The body is larger than {size}.")


def _check_structure(body: bytes) -> None:
    """Refuse what would take long to read, before it is: while JSON is read, all others wait."""
    if len(body) < _LARGE and body.count(b"[") + body.count(b"{") <= _NESTING_LIMIT:
        return
    depth = 0
    for number, token in enumerate(_tokens(body)):
        if number == _VALUE_LIMIT:
            raise HTTPException(400, "The body has too many values.")
        if token in b"[{":
            depth += 1
            if depth > _NESTING_LIMIT:
                raise HTTPException(400, "The body is nested too deeply.")
        elif token in b"]}":
            depth -= 1


def _tokens(body: bytes) -> Iterator[bytes]:
    """The brackets and commas of JSON, and the first quote of each string."""
    place = 0
    while place < len(body):
        found = _TOKEN.search(body, place, place + _WINDOW)
        if found is None:
            place += _WINDOW
            continue
        yield found[0]
        place = found.end()
        if found[0] == b'"':
            place = _end_of_text(body, place)


def _end_of_text(body: bytes, place: int) -> int:
    """Where a string ends that begins at `place`; a window at a time."""
    while place < len(body) and body[place] != _QUOTE:
        text = _TEXT.match(body, place, place + _WINDOW)
        place = max(text.end() if text else place, place)
        if body[place : place + 1] == b"\\":
            place += 2  # The window ends between the two.
    return place + 1
