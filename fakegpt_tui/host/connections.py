"""Connections: HTTP/1.1 between the host and one client, one request after the other."""

import asyncio
import socket
from collections.abc import Callable

import httpx
from starlette.types import ASGIApp

from fakegpt_tui.host.exchange import Ends, Exchange, build_scope
from fakegpt_tui.host.open_connections import (
    AddressCap,
    ConnectionLimits,
    OpenConnection,
    OpenConnections,
)
from fakegpt_tui.host.request_head import InvalidHead, find_head, read_head, read_proxy_header
from fakegpt_tui.http.wire_response import Body, ChunkedBody, CountedBody

_MAX_WAITING = 65_536
"""Bytes that are read beyond what is taken: of a body, or of the next request."""

_LOOKS = (0.005, 0.02, 0.04, 0.2, 1.0)
"""Seconds after which it is looked whether a client that sends no more is gone."""

_INVALID = b"Invalid HTTP request received."
_REFUSAL = (
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"connection: close\r\ncontent-length: %d\r\n\r\n%b"
) % (len(_INVALID), _INVALID)


class HostConnection(asyncio.Protocol):
    """HTTP/1.1 with deadlines for requests and for readers.

    With too many connections, in all or of one address, the oldest idle one of them is dropped, so
    that half-open connections lock no client out. If all of them are being answered, `Admission`
    responds with 503.
    """

    def __init__(
        self,
        app: ASGIApp,
        others: OpenConnections,
        limits: ConnectionLimits,
        cap: AddressCap,
        is_balancer: Callable[[tuple[str, int] | None], bool] = lambda _: False,
    ) -> None:
        """Connections from one that `is_balancer` begin with a header of the PROXY protocol."""
        self._app = app
        self._open = others
        self._limits = limits
        self._cap = cap
        self._loop = asyncio.get_running_loop()
        self._received = b""
        self._looked_at = 0
        self._body: Body | None = None
        self._exchange: Exchange | None = None
        self._is_balancer = is_balancer
        self._awaits_client = False
        self._is_refused = False
        self._is_idle = False
        self._is_closing = False
        self._closes_after_body = False
        self._is_reading_paused = False
        self._room: asyncio.Event | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._reader_deadline: asyncio.TimerHandle | None = None
        self.client: tuple[str, int] | None = None
        self.opened_at = self._loop.time()
        self.lost: asyncio.Future[None] = self._loop.create_future()

    @property
    def is_answering(self) -> bool:
        """Has a whole request arrived whose answer is not yet complete?"""
        return self._exchange is not None and self._exchange.is_whole

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as it is
        self._open.connections.add(self)
        self._transport = transport
        self._ends = Ends.of(transport)
        self.client = self._ends.client
        # asyncio does so only where the listening socket was made with the protocol named; without
        # it every small piece of a reply waits up to 40 ms for the one before to be acknowledged.
        if self.client is not None:
            connection = transport.get_extra_info("socket")
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._awaits_client = self._is_balancer(self.client)
        self._count()
        self._set_deadline(self._limits.request_seconds)
        if len(self._open.connections) > self._limits.connections:
            self._open.drop_idle_beside(self, lambda _: True)

    def data_received(self, data: bytes) -> None:
        if self._is_closing:
            return
        if self._is_idle:
            self._is_idle = False
            self._set_deadline(self._limits.request_seconds)
        self._received = self._received + data if self._received else data
        self._advance()

    def eof_received(self) -> bool:
        """Go on answering a client that only has nothing more to send, if it is not gone.

        Both look the same. But who is gone answers the next bytes by a reset.
        """
        exchange, is_tls = self._exchange, self._ends.scheme == "https"
        if is_tls or exchange is None or not (exchange.is_whole and exchange.probe()):
            return False
        exchange.closes = True
        for seconds in _LOOKS:
            self._loop.call_later(seconds, self._leave_if_gone)
        return True

    def connection_lost(self, _: Exception | None) -> None:
        self._is_closing = True
        self._open.connections.discard(self)
        self._set_deadline(None)
        self._cancel_reader_deadline()
        self._cap.leave(self.client)
        if self._exchange is not None:
            self._exchange.leave()
        if self._room is not None:
            self._room.set()
        self.lost.set_result(None)

    def pause_writing(self) -> None:
        self._room = asyncio.Event()
        self._reader_deadline = self._loop.call_later(
            self._limits.reader_seconds, self._transport.abort
        )

    def resume_writing(self) -> None:
        self._cancel_reader_deadline()
        if self._room is not None:
            self._room.set()
            self._room = None

    def shutdown(self) -> None:
        """End the connection, after the answer to the request under way."""
        if self._exchange is None:
            self.close()
        else:
            self._exchange.closes = True

    def abort(self) -> None:
        """End the connection at once."""
        self._transport.abort()

    # What an exchange does with its connection.

    def write(self, data: bytes) -> None:
        self._transport.write(data)

    async def wait_for_room(self) -> None:
        """As `ClientLine.wait_for_room`; there is room when nothing is sent any more, too."""
        if self._room is not None and not self._is_closing:
            await self._room.wait()

    def resume_reading(self) -> None:
        """As `ClientLine.resume_reading`."""
        if self._is_reading_paused:
            self._is_reading_paused = False
            self._transport.resume_reading()

    def end_exchange(self, *, closes: bool) -> None:
        """As `ClientLine.end_exchange`: go on with the next request.

        A client that is still sending a body would lose the answer if the connection ended now.
        """
        self._exchange = None
        self.resume_reading()
        self._closes_after_body = closes
        if self._body is None:
            self._await_next()

    def close(self) -> None:
        """As `ClientLine.close`."""
        self._is_closing = True
        self._transport.close()

    def _advance(self) -> None:
        """Read on in what has come, as far as that goes."""
        try:
            while self._received and not self._is_closing:
                if self._body is not None:
                    self._read_body(self._body)
                elif self._awaits_client:
                    if not self._read_client():
                        break
                elif self._exchange is not None or not self._read_head():
                    break
        except (InvalidHead, httpx.RemoteProtocolError):
            self._refuse()
        if len(self._received) > _MAX_WAITING:
            self._pause_reading()

    def _read_client(self) -> bool:
        """Take the client of a balancer for the other end, once it is told."""
        found = read_proxy_header(self._received)
        if found is None:
            return False
        client, self._received = found
        self._awaits_client = False
        if client is not None:
            self._cap.leave(self.client)
            self.client = client
            self._count()
        return True

    def _count(self) -> None:
        """Count the connection for its address; with too many, an idle one of it is dropped."""
        is_too_many = not self._cap.enter(self.client)
        self._is_refused = is_too_many and not self._open.drop_idle_beside(self, self._is_neighbour)

    def _read_head(self) -> bool:
        """Begin an exchange once its head is whole."""
        found = find_head(self._received, self._looked_at)
        self._looked_at = 0 if found else len(self._received)
        if found is None:
            return False
        head, self._received = read_head(found[0]), found[1]
        body: Body = ChunkedBody() if head.is_chunked else CountedBody(head.length or 0)
        exchange = self._exchange = Exchange(self, head)
        scope = build_scope(head, exchange, self._ends, self.client, is_refused=self._is_refused)
        answering = self._app(scope, exchange.receive, exchange.send)
        self._open.start(answering, exchange.end)
        self._read_body(body)
        return True

    def _read_body(self, body: Body) -> None:
        """Hand on what has come of a body; where it was answered before it was whole, nothing."""
        pieces, self._received = body.feed(self._received), body.rest
        self._body = None if body.is_whole else body
        if body.is_whole:
            self._set_deadline(None)
        if self._exchange is None:
            if body.is_whole:
                self._await_next()
        elif pieces or body.is_whole:
            self._exchange.add(pieces, is_whole=body.is_whole)
            if self._exchange.size > _MAX_WAITING:
                self._pause_reading()

    def _leave_if_gone(self) -> None:
        if not self._transport.is_closing():
            connection = self._transport.get_extra_info("socket")
            if connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                self.abort()

    def _await_next(self) -> None:
        """Wait for the next request, of which something may have come, if there may be one."""
        if self._closes_after_body:
            self.close()
        elif self._received:
            self._set_deadline(self._limits.request_seconds)
            self._advance()
        else:
            self._is_idle = True
            self._deadline = self._loop.call_later(self._limits.idle_seconds, self.close)

    def _refuse(self) -> None:
        """Answer what is no request, unless it is the rest of one that is being answered."""
        exchange, self._is_closing = self._exchange, True
        if exchange is not None:
            exchange.leave()
        if self._body is None or (exchange is not None and not exchange.has_begun):
            self._transport.write(_REFUSAL)
        self._transport.close()

    def _is_neighbour(self, other: OpenConnection) -> bool:
        return self._cap.is_same(self.client, other.client)

    def _pause_reading(self) -> None:
        if not self._is_reading_paused and not self._is_closing:
            self._is_reading_paused = True
            self._transport.pause_reading()

    def _set_deadline(self, seconds: float | None) -> None:
        """End the connection after some seconds, in place of the time that was set before."""
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = None
        if seconds is not None:
            self._deadline = self._loop.call_later(seconds, self.abort)

    def _cancel_reader_deadline(self) -> None:
        if self._reader_deadline is not None:
            self._reader_deadline.cancel()
            self._reader_deadline = None
