"""Server: an ASGI application on open sockets, and a thread with the event loop for it."""

import asyncio
import gc
import logging
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from starlette.types import ASGIApp

from fakegpt_tui.host.access_control import AccessControl, HostNames
from fakegpt_tui.host.app import HostApp
from fakegpt_tui.host.connections import HostConnection
from fakegpt_tui.host.logs import RecordSink, RequestLog
from fakegpt_tui.host.open_connections import (
    AddressCap,
    Admission,
    ConnectionLimits,
    OpenConnections,
    is_loopback,
)

_BESIDE_CONNECTIONS = 4
_REPLY_GRACE = 0.3
"""Seconds in which replies may send their final error."""

_FLUSH_GRACE = 0.1
"""Seconds in which the last bytes may leave, after which slow readers lose them."""


@dataclass(kw_only=True)
class AsgiServer:
    """An application on open sockets."""

    app: HostApp
    secret: str
    limits: ConnectionLimits
    names: HostNames = field(default_factory=HostNames)
    tls: ssl.SSLContext | None = None
    proxy_protocol: bool = False
    """Do connections of trusted proxies begin with a header of the PROXY protocol?"""
    sinks: Sequence[RecordSink] = ()
    _open: OpenConnections = field(default_factory=OpenConnections, init=False)
    _servers: list[asyncio.Server] = field(default_factory=list, init=False)
    _control: AccessControl | None = field(default=None, init=False)

    async def open(self, listeners: Iterable[socket.socket]) -> None:
        self._control = self.app.build_asgi(self.secret, self.names)
        admission = Admission(self._control, self._is_full)
        log = RequestLog(admission, self.sinks, self.trusts)
        cap = AddressCap(self.limits.per_address, self._stands_for_many)
        connect = partial(
            HostConnection, log, self._open, self.limits, cap, self._speaks_proxy_protocol
        )
        for listener in listeners:
            await self._accept(listener, connect, self.tls)

    async def open_beside(self, listener: socket.socket, app: ASGIApp) -> None:
        """Answer with another application on a socket of its own, which has its own few places."""
        limits = ConnectionLimits(connections=_BESIDE_CONNECTIONS)
        cap = AddressCap(0, is_loopback)
        connect = partial(HostConnection, app, OpenConnections(), limits, cap)
        await self._accept(listener, connect, None)

    async def _accept(
        self,
        listener: socket.socket,
        connect: Callable[[], HostConnection],
        tls: ssl.SSLContext | None,
    ) -> None:
        loop = asyncio.get_running_loop()
        is_unix = listener.family == socket.AF_UNIX
        create: Callable[..., Awaitable[asyncio.Server]] = (
            loop.create_unix_server if is_unix else loop.create_server
        )
        seconds = self.limits.request_seconds if tls else None  # A connection begins after it.
        server = await create(connect, sock=listener, ssl=tls, ssl_handshake_timeout=seconds)
        self._servers.append(server)

    @property
    def open_connections(self) -> int:
        """How many clients are connected."""
        return len(self._open.connections)

    def trusts(self, peer: tuple[str, int] | None) -> bool:
        """Is the other end of a connection a trusted proxy?"""
        return self._control is not None and self._control.names.trusted_proxies.trusts(peer)

    def _speaks_proxy_protocol(self, peer: tuple[str, int] | None) -> bool:
        return self.proxy_protocol and self.trusts(peer)

    def _is_full(self) -> bool:
        return len(self._open.connections) > self.limits.connections

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
        for connection in list(self._open.connections):
            connection.shutdown()

    async def close(self) -> None:
        """End everything: replies end with an error, then connections close, or are aborted."""
        await self.stop_accepting()
        self.app.running.stop("The host was stopped before the reply was whole.")
        await _wait(self._open.tasks, _REPLY_GRACE)
        connections = list(self._open.connections)
        for connection in connections:
            connection.shutdown()
        await _wait([connection.lost for connection in connections], _FLUSH_GRACE)
        for connection in connections:
            connection.abort()
        await _wait([connection.lost for connection in connections], _FLUSH_GRACE)


async def _wait(futures: Iterable[asyncio.Future[None]], seconds: float) -> None:
    pending = list(futures)
    if pending:
        await asyncio.wait(pending, timeout=seconds)


_T = TypeVar("_T")

_log = logging.getLogger("fakegpt_tui.host")


class LoopThread:
    """An event loop in a thread that does not keep the process alive, and takes no signals."""

    def __init__(self, name: str) -> None:
        _silence_loggers()
        ready: Future[asyncio.AbstractEventLoop] = Future()
        self._thread = threading.Thread(target=_run, args=(ready,), name=name, daemon=True)
        self._thread.start()
        self._loop = ready.result()

    def call(self, work: Coroutine[Any, Any, _T], *, seconds: float | None = None) -> _T:
        """The result of `work`, which runs there; its exceptions are raised here.

        Raises:
            TimeoutError: It took longer than `seconds`.
        """
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(seconds)

    def stop(self, *, patience: float) -> None:
        """Cancel what still runs; a thread that does not end within `patience` is left behind."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(patience)


def _run(ready: Future[asyncio.AbstractEventLoop]) -> None:
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        loop.set_exception_handler(_log_error)
        ready.set_result(loop)
        loop.run_forever()


def _log_error(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what asyncio would print to standard error, over the screen."""
    _log.error("%s", context["message"], exc_info=context.get("exception"))


def _silence_loggers() -> None:
    """Without any handler, Python prints warnings to standard error."""
    if not _log.handlers:
        _log.addHandler(logging.NullHandler())


_COLLECT_AFTER = (20_000, 50, 100)
"""New objects, and how often of each age, before garbage is looked for; 700, 10 and 10 usually."""


def settle_memory() -> None:
    """For a process that does nothing else: what it has made so far stays, and is not looked at.

    Python looks through all that lives for what can go, and all replies wait meanwhile.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
