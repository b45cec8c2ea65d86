"""Wires: connections of the host whose client is the test."""

import asyncio
from dataclasses import dataclass

from starlette.types import ASGIApp

from fakegpt_tui.host.connections import HostConnection
from fakegpt_tui.host.open_connections import AddressCap, ConnectionLimits, OpenConnections


@dataclass
class Wire(asyncio.Transport):
    """A client of which is known what it was sent."""

    sent: bytes = b""
    is_closed: bool = False

    def __post_init__(self) -> None:
        super().__init__()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.is_closed
        self.sent += data

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True

    def abort(self) -> None:
        self.is_closed = True

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


class WiredConnection:
    """A connection of the host to `wire`; whoever leaves the block has left."""

    def __init__(self, app: ASGIApp) -> None:
        self.wire, self._others = Wire(), OpenConnections()
        limits, cap = ConnectionLimits(), AddressCap(0, lambda _: True)
        self._connection = HostConnection(app, self._others, limits, cap)

    async def __aenter__(self) -> "WiredConnection":
        self._connection.connection_made(self.wire)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._connection.connection_lost(None)
        await self.end()

    async def feed(self, data: bytes) -> None:
        """Have these bytes come, and wait until all whole requests are answered."""
        self._connection.data_received(data)
        while self._connection.is_answering and not self.wire.is_closed:
            await asyncio.sleep(0)

    async def end(self) -> None:
        """Wait until nothing answers any more."""
        while self._others.tasks:
            await asyncio.wait(self._others.tasks)
            await asyncio.sleep(0)
