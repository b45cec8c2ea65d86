"""Admission: who is answered while a host has as many connections as it may, or an address has."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address

from starlette.types import ASGIApp, Receive, Scope, Send

from fakegpt_tui.host.access_control import PROBES, error_response
from fakegpt_tui.host.client_address import throttle_key

REFUSED = "fakegpt.refused"
"""In the state of a connection: its address has as many as it may."""


@dataclass(slots=True)
class AddressCap:
    """Counts the connections of each address; those of one network of version six are one.

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
