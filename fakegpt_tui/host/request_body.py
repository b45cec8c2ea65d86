"""Request bodies: JSON and forms, read within limits."""

import json
import re
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Receive

BODY_LIMIT = 10_000_000
_NESTING_LIMIT = 64
_FIELD_LIMIT = 10

_STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


async def read_json(request: Request) -> object:
    """The body as JSON.

    Raises:
        HTTPException: It is too large, too deep, no JSON, or does not say that it is.
    """
    _require_content_type(request, "application/json")
    body = await _read(request)
    if _is_nested_deeper(body, _NESTING_LIMIT):
        raise HTTPException(400, "The body is nested too deeply.")
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
    body = await _read(request)
    try:
        return dict(parse_qsl(body.decode(), max_num_fields=_FIELD_LIMIT))
    except ValueError as error:
        raise HTTPException(400, "The body is not a form of at most ten fields.") from error


async def wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _require_content_type(request: Request, wanted: str) -> None:
    given = request.headers.getlist("content-type")
    if len(given) != 1 or given[0].partition(";")[0].strip().lower() != wanted:
        raise HTTPException(415, f"The body must be sent as {wanted}.")


async def _read(request: Request) -> bytes:
    if int(request.headers.get("content-length", 0)) > BODY_LIMIT:
        raise _too_large()
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > BODY_LIMIT:
            raise _too_large()
    return bytes(body)


def _too_large() -> HTTPException:
    return HTTPException(413, f"The body is larger than {BODY_LIMIT // 1_000_000} MB.")


def _is_nested_deeper(body: bytes, limit: int) -> bool:
    """Is any bracket of `body` that is not inside a string deeper than `limit`?"""
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(body):
        if match[0] in b"[{":
            depth += 1
            if depth > limit:
                return True
        elif match[0] in b"]}":
            depth -= 1
    return False
