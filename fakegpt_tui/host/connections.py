"""Connections: uvicorn's HTTP connections with deadlines, on an open socket."""

import asyncio
import re
import socket
import ssl
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

import h11
from starlette.types import ASGIApp
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from fakegpt_tui.host.access_control import AccessControl, HostNames
from fakegpt_tui.host.admission import REFUSED, AddressCap, Admission, is_loopback
from fakegpt_tui.host.app import HostApp
from fakegpt_tui.host.request_log import RecordSink, RequestLog


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimits:
    """How many connections there may be, and how long clients may take.

    A whole request must arrive within `request_seconds`. A client that reads nothing for
    `reader_seconds`, although there is something to read, is disconnected; that is long enough for
    a program that a shell has suspended for a moment.

    A connection may stay open for `idle_seconds` between two requests: longer than that of a
    balancer, which would otherwise send one just as it is closed. `per_address` is for clients that
    come from elsewhere without a proxy; 0 is no limit.
    """

    connections: int = 64
    per_address: int = 32
    request_seconds: float = 10.0
    reader_seconds: float = 300.0
    idle_seconds: int = 75


_MAX_HEAD = 65_536
_ODD_LINE = re.compile(rb"\n(?:[ \t]|(?<!\r\n))")
"""A line that ends with a line feed alone, or goes on in the next one.

It begins with the line feed, for which `re` searches ten times as fast as for a choice.
"""


class HostConnection(H11Protocol):
    """HTTP/1.1 with deadlines for requests and for readers, which uvicorn does not know.

    With too many connections, in all or of one address, the oldest idle one of them is dropped, so
    that half-open connections lock no client out. If all of them are being answered, `Admission`
    responds with 503.
    """

    def __init__(
        self, config: Config, state: ServerState, limits: ConnectionLimits, cap: AddressCap
    ) -> None:
        super().__init__(config, state, app_state={})
        self._cap = cap
        self._head = b""
        self._limits = limits
        self._deadline: asyncio.TimerHandle | None = None
        self._reader_deadline: asyncio.TimerHandle | None = None
        self.opened_at = self.loop.time()
        self.lost: asyncio.Future[None] = self.loop.create_future()

    @property
    def is_answering(self) -> bool:
        """Has a whole request arrived whose answer is not yet complete?"""
        return (
            self.conn.our_state in (h11.SEND_RESPONSE, h11.SEND_BODY)
            and self.conn.their_state is not h11.SEND_BODY
        )

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        # asyncio does so only where the listening socket was made with the protocol named; without
        # it every small piece of a reply waits up to 40 ms for the one before to be acknowledged.
        connection = transport.get_extra_info("socket")
        if connection.family != socket.AF_UNIX:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        is_too_many = not self._cap.enter(self.client)
        self.app_state[REFUSED] = is_too_many and not self._drop_oldest_idle(self._is_neighbour)
        self._start_deadline()
        if len(self.connections) > self._limits.connections:
            self._drop_oldest_idle(lambda _: True)

    def data_received(self, data: bytes) -> None:
        if self.conn.their_state is h11.IDLE and not self._is_plain_head(data):
            self.send_400_response("Invalid HTTP request received.")
            return
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._head = b""
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._cancel_deadline()
        elif self._deadline is None:
            self._start_deadline()

    def _is_plain_head(self, data: bytes) -> bool:
        """Has the head so far no lines that a proxy may have read in another way than h11 does?"""
        start = max(len(self._head) - 3, 0)
        self._head = (self._head + data).partition(b"\r\n\r\n")[0][:_MAX_HEAD]
        return _ODD_LINE.search(self._head, start) is None

    def pause_writing(self) -> None:
        super().pause_writing()
        self._reader_deadline = self.loop.call_later(
            self._limits.reader_seconds, self.transport.abort
        )

    def resume_writing(self) -> None:
        self._cancel_reader_deadline()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel_deadline()
        self._cancel_reader_deadline()
        self._cap.leave(self.client)
        super().connection_lost(exc)
        self.lost.set_result(None)

    def _start_deadline(self) -> None:
        self._deadline = self.loop.call_later(self._limits.request_seconds, self.transport.abort)

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _cancel_reader_deadline(self) -> None:
        if self._reader_deadline is not None:
            self._reader_deadline.cancel()
            self._reader_deadline = None

    def _is_neighbour(self, other: "HostConnection") -> bool:
        return self._cap.is_same(self.client, other.client)

    def _drop_oldest_idle(self, is_meant: Callable[["HostConnection"], bool]) -> bool:
        """Drop a connection that is not being answered; was there any?"""
        waiting = [
            other
            for other in self.connections
            if isinstance(other, HostConnection) and other is not self and not other.is_answering
        ]
        oldest = min(filter(is_meant, waiting), key=lambda other: other.opened_at, default=None)
        if oldest is not None:
            # At once, because the loss is reported only after others may have connected.
            self.connections.discard(oldest)
            oldest.transport.abort()
        return oldest is not None


_BESIDE_CONNECTIONS = 4
_REPLY_GRACE = 0.3
"""Seconds in which replies may send their final error."""

_FLUSH_GRACE = 0.1
"""Seconds in which the last bytes may leave, after which slow readers lose them."""


@dataclass(kw_only=True)
class AsgiServer:
    """An application on open sockets.

    uvicorn's connections without its server: that one wakes up ten times a second, takes signals
    and waits for as long as any client stays.
    """

    app: HostApp
    secret: str
    limits: ConnectionLimits
    names: HostNames = field(default_factory=HostNames)
    tls: ssl.SSLContext | None = None
    sinks: Sequence[RecordSink] = ()
    _state: ServerState = field(default_factory=ServerState, init=False)
    _servers: list[asyncio.Server] = field(default_factory=list, init=False)
    _control: AccessControl | None = field(default=None, init=False)

    async def open(self, listeners: Iterable[socket.socket]) -> None:
        self._control = self.app.build_asgi(self.secret, self.names)
        admission = Admission(self._control, self._is_full)
        log = RequestLog(admission, self.sinks, self.trusts)
        config = _configure(log, self.limits.idle_seconds)
        cap = AddressCap(self.limits.per_address, self._stands_for_many)
        connect = partial(HostConnection, config, self._state, self.limits, cap)
        for listener in listeners:
            await self._accept(listener, connect, self.tls)

    async def open_beside(self, listener: socket.socket, app: ASGIApp) -> None:
        """Answer with another application on a socket of its own, which has its own few places."""
        limits = ConnectionLimits(connections=_BESIDE_CONNECTIONS)
        config, state = _configure(app, limits.idle_seconds), ServerState()
        cap = AddressCap(0, is_loopback)
        await self._accept(listener, partial(HostConnection, config, state, limits, cap), None)

    async def _accept(
        self,
        listener: socket.socket,
        connect: Callable[[], HostConnection],
        tls: ssl.SSLContext | None,
    ) -> None:
        loop = asyncio.get_running_loop()
        if listener.family == socket.AF_UNIX:
            server = await loop.create_unix_server(connect, sock=listener, ssl=tls)
        else:
            server = await loop.create_server(connect, sock=listener, ssl=tls)
        self._servers.append(server)

    @property
    def open_connections(self) -> int:
        """How many clients are connected."""
        return len(self._state.connections)

    def _connections(self) -> list[HostConnection]:
        return [each for each in self._state.connections if isinstance(each, HostConnection)]

    def trusts(self, peer: tuple[str, int] | None) -> bool:
        """Is the other end of a connection a trusted proxy?"""
        return self._control is not None and self._control.names.trusted_proxies.trusts(peer)

    def _is_full(self) -> bool:
        return len(self._state.connections) > self.limits.connections

    def _stands_for_many(self, address: str) -> bool:
        return is_loopback(address) or self.trusts((address, 0))

    def rename(self, names: HostNames) -> None:
        """Answer under other names from now on."""
        if self._control is not None:
            self._control.names = names

    async def stop_accepting(self) -> None:
        """Take no more connections and requests; what is being answered goes on."""
        for server in self._servers:
            server.close()
        for connection in self._connections():
            connection.shutdown()

    async def close(self) -> None:
        """End everything: replies end with an error, then connections close, or are aborted."""
        await self.stop_accepting()
        self.app.running.stop("The host was stopped before the reply was whole.")
        await _wait(self._state.tasks, _REPLY_GRACE)
        connections = self._connections()
        for connection in connections:
            connection.shutdown()
        await _wait([connection.lost for connection in connections], _FLUSH_GRACE)
        for connection in connections:
            connection.transport.abort()
        await _wait([connection.lost for connection in connections], _FLUSH_GRACE)


def _configure(app: ASGIApp, idle_seconds: int) -> Config:
    config = Config(
        app,
        http=HostConnection,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=idle_seconds,
    )
    config.load()
    return config


async def _wait(futures: Iterable[asyncio.Future[None]], seconds: float) -> None:
    pending = list(futures)
    if pending:
        await asyncio.wait(pending, timeout=seconds)
