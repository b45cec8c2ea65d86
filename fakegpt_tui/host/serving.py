"""Accepting connections for the host, inside one event loop."""

import asyncio
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field

from uvicorn.config import Config
from uvicorn.server import ServerState

from fakegpt_tui.host.app import HostApp
from fakegpt_tui.host.connections import ConnectionLimits, HostConnection

_REPLY_GRACE = 0.3
"""Seconds in which replies may tell their clients that they were cut."""

_FLUSH_GRACE = 0.1
"""Seconds in which the last bytes may leave, after which slow readers lose them."""


@dataclass(kw_only=True)
class AsgiServer:
    """An application on an open socket.

    uvicorn's connections without its server: that one wakes up ten times a second, takes signals
    and waits for as long as any client stays.
    """

    app: HostApp
    secret: str
    limits: ConnectionLimits
    _state: ServerState = field(default_factory=ServerState, init=False)
    _server: asyncio.Server | None = field(default=None, init=False)

    async def open(self, listener: socket.socket) -> None:
        config = Config(
            self.app.build_asgi(self.secret),
            http=HostConnection,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            # One more than there may be: the one that is told so.
            limit_concurrency=self.limits.connections + 1,
        )
        config.load()
        self._server = await asyncio.get_running_loop().create_server(
            lambda: HostConnection(config, self._state, self.limits), sock=listener
        )

    async def close(self) -> None:
        """End everything: replies tell their clients, then connections close, or are cut."""
        if self._server is not None:
            self._server.close()
        self.app.stopping.set()
        await _wait(self._state.tasks, _REPLY_GRACE)
        connections = [
            connection
            for connection in self._state.connections
            if isinstance(connection, HostConnection)
        ]
        for connection in connections:
            connection.shutdown()
        await _wait([connection.lost for connection in connections], _FLUSH_GRACE)
        for connection in connections:
            connection.transport.abort()
        await _wait([connection.lost for connection in connections], _FLUSH_GRACE)


async def _wait(futures: Iterable[asyncio.Future[None]], seconds: float) -> None:
    pending = list(futures)
    if pending:
        await asyncio.wait(pending, timeout=seconds)
