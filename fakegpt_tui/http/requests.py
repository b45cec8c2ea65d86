"""HTTP requests: what a protocol asks to send, and how it looks when it is sent."""

import json
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, replace
from typing import Final, Self, TypeAlias
from uuid import uuid4

import httpx

from fakegpt_tui.domain import ServiceError
from fakegpt_tui.domain.exact_request import MASK, ExactRequest, is_key_header, mask_url
from fakegpt_tui.fast_import import dataclass
from fakegpt_tui.http.addresses import host_header
from fakegpt_tui.http.clients import Transport
from fakegpt_tui.http.wire_request import BodyPieces, WireRequest, full_headers

EVENT_STREAM: Final = "text/event-stream"

_LARGE: Final = 1_000_000
"""Bytes of a body that are written at once."""

_MARK: Final = uuid4().hex
"""Stands for a plain text while a body is written; no text can have it, since it is never sent."""

_WITHOUT_MARKS: Final = {str, int, float, bool, type(None)}

ErrorTranslator: TypeAlias = Callable[[int, Mapping[str, str], bytes, str], ServiceError]
"""The error that a response means: its status, headers, the beginning of its body, the host."""


class PlainText(str):
    """A name for a long text of which nothing is escaped in JSON, such as base64.

    The text itself is in `pieces`, and goes into a body as it is: to copy the bytes of a picture
    again and again would keep all other threads waiting.
    """

    pieces: tuple[bytes, ...]

    def __new__(cls, name: str, pieces: Iterable[bytes]) -> Self:
        made = super().__new__(cls, name)
        made.pieces = tuple(pieces)
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """A request, without its credentials, and how to understand an error response to it."""

    method: str
    path: str
    translate_error: ErrorTranslator
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, object] | bytes | BodyPieces | None = None

    def encoded(self) -> "HttpRequest":
        """The same with its body as it is sent, which takes long where that is large."""
        return replace(self, body=_encode_body(self.body))


def preview_request(
    transport: Transport, request: HttpRequest, credentials: Mapping[str, str]
) -> ExactRequest:
    """What `OpenResponse` would send; the values of `credentials` are masked ones."""
    url = transport.address.url(request.path)
    sent = http_request(transport, request, dict.fromkeys(credentials, "-"), url)
    given = [name for name, _ in transport.service.headers]
    headers = []
    for raw_name, raw_value in sent.headers:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        shown = next((each for key, each in credentials.items() if key.lower() == name.lower()), "")
        is_secret = is_key_header(name, given)
        headers.append((name, shown or (MASK if is_secret else value)))
    return ExactRequest(
        method=sent.method,
        url=mask_url(str(sent.url)),
        headers=tuple(headers),
        body=b"".join(sent.pieces),
        curl_options=tuple(_curl_options(transport)),
    )


def http_request(
    transport: Transport,
    request: HttpRequest,
    credentials: Mapping[str, str],
    url: httpx.URL,
) -> WireRequest:
    """The request as it is sent, for sending it and for showing it."""
    headers: dict[str, str] = {**request.headers, **credentials}
    if request.body is not None:
        headers["Content-Type"] = "application/json"
    if host := host_header(url):
        headers["Host"] = host
    own, body = {name.lower() for name in headers}, _encode_body(request.body)
    given = [each for each in transport.header_items if each[0] not in own]
    given += headers.items()
    wire = full_headers(request.method, url, given, body)
    return WireRequest(request.method, url, wire, body, transport.timeout)


def _curl_options(transport: Transport) -> Iterator[str]:
    match transport.service.verify:
        case False:
            yield "--insecure"
        case str(path):
            yield f"--cacert {shlex.quote(path)}"
        case _:
            pass
    if transport.route.proxy:
        yield f"--proxy {shlex.quote(transport.route.proxy)}"
    elif transport.address.is_loopback:
        yield "--noproxy '*'"


def _encode_body(
    body: Mapping[str, object] | bytes | BodyPieces | None,
) -> bytes | BodyPieces | None:
    if body is None or isinstance(body, bytes | BodyPieces):
        return body
    held: list[PlainText] = []
    written = json.dumps(_with_marks(body, held)).encode()
    if not held:
        if len(written) <= _LARGE:
            return written
        return BodyPieces(written[at : at + _LARGE] for at in range(0, len(written), _LARGE))
    first, *others = written.split(_MARK.encode())
    pairs = zip(held, others, strict=True)
    return BodyPieces([first, *(each for text, rest in pairs for each in (*text.pieces, rest))])


def _with_marks(value: object, held: list[PlainText]) -> object:
    """The value with a mark in the place of each plain text, which goes to `held`."""
    if type(value) in _WITHOUT_MARKS:
        return value
    match value:
        case PlainText():
            held.append(value)
            return _MARK
        case dict():
            return {name: _with_marks(each, held) for name, each in value.items()}
        case list() | tuple():
            return [_with_marks(each, held) for each in value]
        case _:
            return value
