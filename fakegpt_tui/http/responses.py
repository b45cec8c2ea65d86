"""HTTP responses: open them, read them within limits, decompress, translate errors."""

import zlib
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing
from time import monotonic

import httpx

from fakegpt_tui.domain import BadReply, Service, ServiceError, Unreachable, Unsupported
from fakegpt_tui.domain.exact_request import MASK, LastAnswer, is_key_header
from fakegpt_tui.fast_import import dataclass
from fakegpt_tui.http.addresses import Route, followed_redirect, is_redirect
from fakegpt_tui.http.clients import Transport
from fakegpt_tui.http.compression import Inflater, UnknownCompression
from fakegpt_tui.http.direct_connections import PacedBody
from fakegpt_tui.http.errors import proxy_login_required
from fakegpt_tui.http.read_ahead import Arriving, ReadAhead
from fakegpt_tui.http.requests import ErrorTranslator, HttpRequest, http_request
from fakegpt_tui.http.retries import StreamTimeouts
from fakegpt_tui.http.senders import DirectBody, Sender

_ERROR_BODY_BYTES = 64_000
_PROXY_STATUS = 407
_MAX_REDIRECTS = 3
_RECORDED_BYTES = 64_000
_MAX_HEADERS = 256
"""More than any service needs. Their size is limited by the reader of HTTP, to 100 kB."""


async def iter_chunks(response: httpx.Response, route: Route) -> AsyncGenerator[bytes]:
    """The bytes of a response as they arrive, decompressed.

    No compression is requested, but some servers compress anyway.

    Raises:
        BadReply: It cannot be decompressed, or has too many headers.
        Unsupported: It is compressed in a format that this program does not read.
    """
    _check_headers(response, route)
    inflater = Inflater(response.headers.get("Content-Encoding", ""))
    async with aclosing(_raw_chunks(response)) as raw:
        try:
            async for piece in raw:
                for unpacked in inflater.feed(piece):
                    yield unpacked
            for rest in inflater.finish():
                yield rest
        except UnknownCompression as unknown:
            raise Unsupported(
                f"The service at {route} compresses its responses as {unknown.name}, though it was"
                " asked not to; turn compression off for this address, there or in the proxy"
                " before it."
            ) from unknown
        except zlib.error as error:
            raise BadReply(f"The response of {route} cannot be decompressed.") from error


async def _raw_chunks(response: httpx.Response) -> AsyncGenerator[bytes]:
    async for piece in response.aiter_raw():
        yield piece


async def read_body(response: httpx.Response, route: Route, *, limit: int) -> bytes:
    """The whole body.

    Raises:
        BadReply: It is longer than `limit` bytes.
    """
    body = bytearray()
    async with aclosing(iter_chunks(response, route)) as arriving:
        async for piece in arriving:
            body += piece
            if len(body) > limit:
                raise BadReply(f"The response of {route} is too long.")
    return bytes(body)


class ResponseRecord:
    """Remembers the beginning of a response: for a person who wonders why it failed."""

    def __init__(self, service: Service, response: httpx.Response) -> None:
        self._given = [name for name, _ in service.headers]
        self._response = response
        self._began = monotonic()
        self._pieces: list[tuple[float, bytes]] = []
        self._left = _RECORDED_BYTES

    def add(self, chunks: Iterable[bytes]) -> None:
        """Remember what came, up to a limit."""
        if self._left <= 0:
            return
        after = monotonic() - self._began
        for each in chunks:
            self._pieces.append((after, each[: max(0, self._left)]))
            self._left -= len(each)

    def to_answer(self) -> LastAnswer:
        headers = (
            (name, MASK if is_key_header(name, self._given) else value)
            for name, value in self._response.headers.items()
        )
        pieces = ((after, piece.decode(errors="replace")) for after, piece in self._pieces)
        status = self._response.status_code
        return LastAnswer(status=status, headers=tuple(headers), pieces=tuple(pieces))


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A response whose head has come."""

    _response: httpx.Response
    _arriving: Arriving
    _timeouts: StreamTimeouts
    _route: Route
    _translate_error: ErrorTranslator
    _record: ResponseRecord

    @property
    def media_type(self) -> str:
        """The content type without its parameters, whose charset is often wrong."""
        header: str = self._response.headers.get("Content-Type", "")
        return header.partition(";")[0].strip().lower()

    async def read(self) -> list[bytes]:
        """All chunks that have come since the last call; waits for one, and is empty at the end.

        Raises:
            ServiceError: The connection failed, or took too long.
        """
        await self._arriving.rest()
        taking = self._arriving.take()
        # What is here already has no time limit, and needs none of its cost.
        chunks = await (taking if self._arriving.has_chunks else self._timeouts.wait(taking))
        self._record.add(chunks)
        return chunks

    async def read_body(self, *, limit: int, beginning: bytes = b"") -> bytes:
        """`beginning` and what follows it, of at least `limit` bytes where there are as many.

        Raises:
            ServiceError: The connection failed, or took too long.
        """
        body = bytearray(beginning)
        while len(body) < limit and (chunks := await self.read()):
            body += b"".join(chunks)
        return bytes(body)

    async def read_error(self, beginning: bytes = b"") -> ServiceError:
        """The error that the response means; `beginning` was read of its body."""
        status = self._response.status_code
        if status == _PROXY_STATUS and self._route.proxy:
            return Unreachable(proxy_login_required(self._route))
        try:
            body = await self.read_body(limit=_ERROR_BODY_BYTES, beginning=beginning)
        except Unsupported as unread:
            body = str(unread).encode()
        body = body if body.strip() else self._said_in_head()
        self._timeouts.has_begun = False  # What came before it were signs of life.
        return self._translate_error(status, self._response.headers, body, str(self._route))

    def _said_in_head(self) -> bytes:
        """The words beside the status, where they are not those that all use."""
        phrase: str = self._response.reason_phrase
        status = self._response.status_code
        is_usual = phrase.casefold() == httpx.codes.get_reason_phrase(status).casefold()
        return b"" if is_usual else phrase.encode()


class OpenResponse:
    """The response to `request`, sent with the headers `credentials`; closed on leaving the block.

    Entering the block raises `ServiceError` where there is no response, or it is an error.
    """

    def __init__(
        self,
        transport: Transport,
        timeouts: StreamTimeouts,
        request: HttpRequest,
        credentials: Mapping[str, str],
    ) -> None:
        self._transport = transport
        self._timeouts = timeouts
        self._request = request
        self._credentials = credentials
        self._sender: Sender | None = None
        self._arriving: Arriving | None = None

    async def __aenter__(self) -> HttpResponse:
        try:
            return await self._open()
        except BaseException:
            await self._close()
            raise

    async def __aexit__(self, *_: object) -> None:
        await self._close()

    async def _open(self) -> HttpResponse:
        transport = self._transport
        response = await self._answer()
        self._arriving = arriving = _arriving(response, transport)
        transport.last_answer = record = ResponseRecord(transport.service, response)
        translate = self._request.translate_error
        opened = HttpResponse(
            response, arriving, self._timeouts, transport.route, translate, record
        )
        if not response.is_success:
            raise await opened.read_error()
        return opened

    async def _close(self) -> None:
        try:
            if self._arriving is not None:
                await self._arriving.aclose()
        finally:
            await self._end_connection()

    async def _answer(self) -> httpx.Response:
        """The head of the response that sends the request nowhere else."""
        url = self._transport.address.url(self._request.path)
        for _ in range(_MAX_REDIRECTS):
            response = await self._send(url)
            if not is_redirect(response.status_code):
                return response
            location = response.headers.get("Location", "")
            goal = followed_redirect(url, response.status_code, location)
            if goal is None:
                return response
            await self._end_connection()
            url = goal
        return await self._send(url)

    async def _end_connection(self) -> None:
        if self._sender is not None:
            await self._sender.aclose()

    async def _send(self, url: httpx.URL) -> httpx.Response:
        self._sender = sender = await self._transport.sender(secure=url.scheme == "https")
        sent = http_request(self._transport, self._request, self._credentials, url)
        return await self._timeouts.wait(sender.send(sent))


def _arriving(response: httpx.Response, transport: Transport) -> Arriving:
    """The body of a response, as it comes."""
    body, headers = response.stream, response.headers
    if isinstance(body, DirectBody) and "Content-Encoding" not in headers:
        _check_headers(response, transport.route)
        return PacedBody(body.connection, transport.pause_seconds)
    return ReadAhead(iter_chunks(response, transport.route))


def _check_headers(response: httpx.Response, route: Route) -> None:
    if len(response.headers.raw) > _MAX_HEADERS:
        raise BadReply(f"The response of {route} has too many headers.")
