"""Open connections: which a server has, how many it may have, and which goes for another."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol


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


class OpenConnection(Protocol):
    """A connection, as the others know it."""

    client: tuple[str, int] | None
    opened_at: float
    lost: asyncio.Future[None]

    @property
    def is_answering(self) -> bool:
        """Has a whole request arrived whose answer is not yet complete?"""
        ...

    def shutdown(self) -> None:
        """End the connection, after the answer to the request under way."""
        ...

    def abort(self) -> None:
        """End the connection at once."""
        ...


@dataclass(slots=True)
class OpenConnections:
    """The connections of a server, and the tasks that answer their requests."""

    connections: set[OpenConnection] = field(default_factory=set)
    tasks: set[asyncio.Future[None]] = field(default_factory=set)

    def start(self, work: Awaitable[None], end: Callable[[asyncio.Future[None]], None]) -> None:
        """Answer a request in a task of its own."""
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        task.add_done_callback(end)

    def drop_idle_beside(
        self, new: OpenConnection, is_meant: Callable[[OpenConnection], bool]
    ) -> bool:
        """Drop the oldest connection that is not being answered; was there any?"""
        waiting = [each for each in self.connections if each is not new and not each.is_answering]
        oldest = min(filter(is_meant, waiting), key=lambda other: other.opened_at, default=None)
        if oldest is not None:
            # At once, because the loss is reported only after others may have connected.
            self.connections.discard(oldest)
            oldest.abort()
        return oldest is not None
