"""Direct connections: one HTTP/1.1 request each, over asyncio.

The client of httpx costs more for a piece of a reply than the piece itself does. Here the head of a
response is read, and of its body nothing is looked at but the frame.
"""

import asyncio
import math
from typing import Final, Protocol

import httpx

from fakegpt_tui.http.wire_request import WireRequest
from fakegpt_tui.http.wire_response import Body, HeadReader, ResponseHead, body_of

_LARGE_PIECE: Final = 1 << 16
_MAX_BUFFERED: Final = 1 << 15
"""Above this many bytes, nothing is read until some are taken."""


class Wire(Protocol):
    """What a connection needs of a transport."""

    def write(self, data: bytes) -> None: ...

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def abort(self) -> None:
        """Close the connection at once."""
        ...


class DirectConnection(asyncio.Protocol):
    """One request and its response; what has come of the body waits until it is taken."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: Wire | None = None
        self._reader = HeadReader()
        self._head: ResponseHead | None = None
        self._body: Body | None = None
        self._is_without_body = False
        self._pieces: list[bytes] = []
        self._size = 0
        self._is_reading_paused = False
        self._is_writing_paused = False
        self._waiter: asyncio.Future[None] | None = None
        self._pauser: asyncio.Future[None] | None = None
        self._error: httpx.HTTPError | None = None
        self._is_lost = False

    @property
    def is_over(self) -> bool:
        """Will nothing more come?"""
        return self._is_lost or self._error is not None or self._has_whole_body

    @property
    def has_pieces(self) -> bool:
        """Has something come that was not taken?"""
        return bool(self._pieces)

    async def send(self, request: WireRequest) -> ResponseHead:
        """Send a request; the head of its response, which may come before all of it is sent.

        Raises:
            httpx.HTTPError: The connection broke, or took nothing for too long.
        """
        self._is_without_body = request.method == "HEAD"
        unsent = request.encode_head()
        for piece in request.pieces:
            if self._head is not None or self._is_lost:
                break
            self._write(unsent + piece)
            unsent = b""
            await self._wait_for_room(request.timeout.write)
            if len(piece) > _LARGE_PIECE:
                await asyncio.sleep(0)  # Writing all of a large body keeps others waiting.
        if self._head is None and not self._is_lost:
            self._write(unsent)
        while self._head is None:
            self._raise_error()
            await self._wait()
        return self._head

    async def take(self) -> list[bytes]:
        """What has come of the body, in order; waits for some, and is empty at the end.

        Raises:
            httpx.HTTPError: The connection broke, after all that came before it was taken.
        """
        while not self._pieces and not self.is_over:
            await self._wait()
        if not self._pieces:
            self._raise_error()
        taken, self._pieces, self._size = self._pieces, [], 0
        if self._is_reading_paused and self._transport is not None:
            self._is_reading_paused = False
            self._transport.resume_reading()
        return taken

    async def pause(self, seconds: float) -> None:
        """Let more come for some seconds, or until the end, or as long as there is room."""
        if self.is_over or self._is_reading_paused:
            return
        self._pauser = self._loop.create_future()
        timer = self._loop.call_later(seconds, _set_done, self._pauser)
        try:
            await self._pauser
        finally:
            timer.cancel()

    def abort(self) -> None:
        """Close the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: Wire) -> None:  # type: ignore[override]  # as it is
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._error is not None:
            return
        try:
            if self._body is None:
                data = self._read_head(data)
            if self._body is not None:
                self._take_body(self._body, data)
        except httpx.RemoteProtocolError as error:
            self._fail(error)

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_lost = True
        if self._error is None and not self._has_whole_body:
            if exc is not None:
                self._error = httpx.ReadError(str(exc))
                self._error.__cause__ = exc
            elif self._body is None:
                self._error = httpx.RemoteProtocolError(
                    "Server disconnected without sending a response."
                )
            elif sentence := self._body.cut():
                self._error = httpx.RemoteProtocolError(sentence)
        self._wake()
        _set_done(self._pauser)

    def pause_writing(self) -> None:
        self._is_writing_paused = True

    def resume_writing(self) -> None:
        self._is_writing_paused = False
        self._wake()

    @property
    def _has_whole_body(self) -> bool:
        return self._body is not None and self._body.is_whole

    def _write(self, data: bytes) -> None:
        if self._transport is not None and data:
            self._transport.write(data)

    async def _wait_for_room(self, seconds: float | None) -> None:
        if not self._is_stuck():
            return
        try:
            async with asyncio.timeout(seconds):
                while self._is_stuck():
                    await self._wait()
        except TimeoutError as error:
            raise httpx.WriteTimeout("") from error

    def _is_stuck(self) -> bool:
        """Has the other end not taken what was written, nor said that it needs no more?"""
        return self._is_writing_paused and self._head is None and not self.is_over

    def _read_head(self, data: bytes) -> bytes:
        """Read the head of the response; what follows it in `data`, once it is whole."""
        found = self._reader.feed(data)
        if found is None:
            return b""
        self._head, rest = found
        self._body = body_of(self._head, is_without=self._is_without_body)
        self._wake()
        return rest

    def _take_body(self, body: Body, data: bytes) -> None:
        for piece in body.feed(data):
            self._pieces.append(piece)
            self._size += len(piece)
        self._wake()
        if body.is_whole:
            _set_done(self._pauser)
        elif self._size > _MAX_BUFFERED and self._transport is not None:
            self._is_reading_paused = True
            self._transport.pause_reading()
            _set_done(self._pauser)

    async def _wait(self) -> None:
        self._waiter = self._loop.create_future()
        await self._waiter

    def _wake(self) -> None:
        _set_done(self._waiter)

    def _fail(self, error: httpx.HTTPError) -> None:
        self._error = error
        self._wake()
        _set_done(self._pauser)
        self.abort()

    def _raise_error(self) -> None:
        if self._error is not None:
            raise self._error


FIRST_CHUNKS: Final = 8
"""A person waits for the first words, so there is no pause before them."""

_STEPS: Final = 4
"""Parts of a pause at which pauses end, so that those of many streams end together."""


class PacedBody:
    """The body of a response over a direct connection, taken at most once in `pause_seconds`.

    To take costs more than the chunks do. A person waits for the first words, so these are taken as
    they come.
    """

    def __init__(self, connection: DirectConnection, pause_seconds: float) -> None:
        self._connection = connection
        self._pause_seconds = pause_seconds
        self._chunks = 0
        self._clock = asyncio.get_running_loop().time
        self._taken_at = -math.inf

    @property
    def has_chunks(self) -> bool:
        return self._connection.has_pieces

    async def rest(self) -> None:
        """Wait until it is time to take more, or all has come."""
        if self._chunks > FIRST_CHUNKS:
            grid = self._pause_seconds / _STEPS
            until = round((self._taken_at + self._pause_seconds) / grid) * grid
            left = until - self._clock()
            if left > 0:
                await self._connection.pause(left)

    async def take(self) -> list[bytes]:
        """As `Arriving.take`."""
        taken = await self._connection.take()
        self._chunks += len(taken)
        self._taken_at = self._clock()
        return taken

    async def aclose(self) -> None:
        """Close the connection."""
        self._connection.abort()


def _set_done(future: asyncio.Future[None] | None) -> None:
    if future is not None and not future.done():
        future.set_result(None)
