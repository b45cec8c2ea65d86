"""Open connections: how many there may be, in all and from one address, and the refusal of more."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address
from typing import Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

from fakegpt_tui.host.access_control import PROBES, error_response
from fakegpt_tui.host.client_address import throttle_key


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


REFUSED = "fakegpt.refused"
"""In the state of a connection: its address has as many as it may."""


@dataclass(slots=True)
class AddressCap:
    """Counts the connections of each address; a network of IPv6 counts as one address.

    `is_exempt` are addresses that stand for many, such as those of proxies. `most` 0 is no limit.
    """

    most: int
    is_exempt: Callable[[str], bool]
    _counts: Counter[str] = field(default_factory=Counter)

    def enter(self, peer: tuple[str, int] | None) -> bool:
        """Count a connection; may it be answered?"""
        if (key := self._key(peer)) is None:
            return True
        self._counts[key] += 1
        return self._counts[key] <= self.most

    def leave(self, peer: tuple[str, int] | None) -> None:
        """Count a connection no more."""
        if (key := self._key(peer)) is not None:
            self._counts[key] -= 1
            if self._counts[key] <= 0:
                del self._counts[key]

    def is_same(self, peer: tuple[str, int] | None, other: tuple[str, int] | None) -> bool:
        """Are the connections of both counted together?"""
        key = self._key(peer)
        return key is not None and key == self._key(other)

    def _key(self, peer: tuple[str, int] | None) -> str | None:
        """What the connections of `peer` are counted under; nothing where they are not."""
        if not (self.most and peer and peer[0]) or self.is_exempt(peer[0]):
            return None
        return throttle_key(peer[0])


@lru_cache(maxsize=1_000)
def is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Admission:
    """Refuses all requests but those of balancers while the host `is_full`."""

    app: ASGIApp
    is_full: Callable[[], bool]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self.app
        if scope["type"] == "http" and f"/{scope['path'].rpartition('/')[2]}" not in PROBES:
            is_refused = scope.get("state", {}).get(REFUSED)
            if is_refused or self.is_full():
                who = "This address" if is_refused else "The host"
                sentence = f"{who} has as many connections as it may have. Try again later."
                app = error_response(503, sentence, {"retry-after": "1"})
        await app(scope, receive, send)
