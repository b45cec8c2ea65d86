"""HTTP requests: what a protocol asks to send, and how it looks when it is sent."""

import json
import shlex
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import field, replace
from typing import Final, Self, TypeAlias
from uuid import uuid4

import httpx

from fakegpt_tui.domain import ServiceError
from fakegpt_tui.domain.exact_request import ExactRequest
from fakegpt_tui.domain.fast_dataclass import dataclass
from fakegpt_tui.domain.masks import MASK, is_key_header, mask_url
from fakegpt_tui.http.addresses import host_header
from fakegpt_tui.http.clients import Transport

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


class BodyPieces:
    """A large body, sent piece by piece: writing it at once would keep the event loop busy."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = tuple(pieces)

    def __len__(self) -> int:
        return sum(map(len, self._pieces))

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece


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


async def preview_request(
    transport: Transport, request: HttpRequest, credentials: Mapping[str, str]
) -> ExactRequest:
    """What `open_response` would send; the values of `credentials` are masked ones."""
    url = transport.address.url(request.path)
    sent = http_request(transport, request, dict.fromkeys(credentials, "-"), url)
    given = [name for name, _ in transport.service.headers]
    headers = []
    for raw_name, raw_value in sent.headers.raw:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        shown = next((each for key, each in credentials.items() if key.lower() == name.lower()), "")
        is_secret = is_key_header(name, given)
        headers.append((name, shown or (MASK if is_secret else value)))
    return ExactRequest(
        method=sent.method,
        url=mask_url(str(sent.url)),
        headers=tuple(headers),
        body=await sent.aread(),
        curl_options=tuple(_curl_options(transport)),
    )


def http_request(
    transport: Transport,
    request: HttpRequest,
    credentials: Mapping[str, str],
    url: httpx.URL,
) -> httpx.Request:
    """The request as it is sent, by both who send it and who show it."""
    headers: dict[str, str] = {**request.headers, **credentials}
    if request.body is not None:
        headers["Content-Type"] = "application/json"
    if host := host_header(url):
        headers["Host"] = host
    content = _encode_body(request.body)
    if isinstance(content, BodyPieces):
        headers["Content-Length"] = str(len(content))
    own = {name.lower() for name in headers}
    return httpx.Request(
        request.method,
        url,
        headers=[*((n, v) for n, v in transport.headers.items() if n not in own), *headers.items()],
        content=content,
        extensions={"timeout": transport.timeout.as_dict()},
    )


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
        return written if len(written) <= _LARGE else BodyPieces(_pieces(written))
    first, *others = written.split(_MARK.encode())
    pairs = zip(held, others, strict=True)
    return BodyPieces([first, *(each for text, rest in pairs for each in (*text.pieces, rest))])


def _pieces(data: bytes) -> Iterator[bytes]:
    return (data[at : at + _LARGE] for at in range(0, len(data), _LARGE))


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
