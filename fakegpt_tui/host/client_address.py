"""Client address: who asked, as trusted proxies tell, and how often it may sign in."""

import math
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

from starlette.datastructures import Headers

_Network: TypeAlias = IPv4Network | IPv6Network
_UNIX = "unix"
_MAX_HOPS = 20
_FORWARDED_FOR = re.compile(r'(?:^|;)\s*for="?(\[[0-9a-f:.]+\]|[0-9.]+)(?::[0-9]+)?"?', re.I)
_PREFIX_V6 = 64


class ClientAddressError(Exception):
    """A trusted proxy says in two ways who asked, so that neither can be believed."""


@dataclass(frozen=True, slots=True)
class TrustedProxies:
    """The networks whose word is taken for who asked; with `unix`, that of any unix socket."""

    networks: tuple[_Network, ...] = ()
    unix: bool = False

    @classmethod
    def parse(cls, texts: Iterable[str]) -> "TrustedProxies":
        """Networks such as `10.0.0.0/8`, addresses, and `unix`.

        Raises:
            ValueError: One of them is none of these.
        """
        names = list(texts)
        networks = tuple(ip_network(name, strict=False) for name in names if name != _UNIX)
        return cls(networks, unix=_UNIX in names)

    def trusts(self, peer: tuple[str, int] | None) -> bool:
        """Is the other end of a connection a trusted proxy?"""
        if peer is None or not peer[0]:
            return self.unix
        return self._is_proxy(peer[0])

    def client_of(self, peer: tuple[str, int] | None, headers: Headers) -> str:
        """The address that asked: the last one of the chain that is no trusted proxy.

        It is for limits and logs alone. It is empty where a unix socket does not tell.

        Raises:
            ClientAddressError: A trusted proxy sends both kinds of header.
        """
        own = peer[0] if peer else ""
        if not self.trusts(peer):
            return own
        plain, standard = headers.getlist("x-forwarded-for"), headers.getlist("forwarded")
        if plain and standard:
            raise ClientAddressError("Send either X-Forwarded-For or Forwarded, not both.")
        items = ",".join(plain or standard).split(",")[-_MAX_HOPS:]
        for item in reversed(items):
            text = item.strip()
            if standard:
                match = _FORWARDED_FOR.search(text)
                text = match[1].strip("[]") if match else ""
            if not _is_address(text):
                return own
            if not self._is_proxy(text):
                return text
            own = text
        return own

    def _is_proxy(self, text: str) -> bool:
        if not self.networks or not _is_address(text):
            return False
        address = ip_address(text)
        return any(address in network for network in self.networks)


def throttle_key(address: str) -> str:
    """What shares a throttle with `address`: in IPv6 all of its network of 64 bits."""
    if not _is_address(address):
        return address
    parsed = ip_address(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, _PREFIX_V6), strict=False))
    return address


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


_MAX_ADDRESSES = 10_000
"""How many are remembered, the oldest given up first: no flood of addresses fills the memory."""


@dataclass(slots=True, kw_only=True)
class LoginThrottle:
    """Lets `burst` logins of an address through at once, and then one every `seconds_each`.

    The addresses of an IPv6 network count as one.
    """

    burst: int = 30
    seconds_each: float = 2.0
    clock: Callable[[], float] = time.monotonic
    _rested_at: dict[str, float] = field(default_factory=dict, init=False)
    """When the whole burst of an address will be available again; the oldest address first."""

    def acquire(self, address: str = "") -> int:
        """Take one and return 0, or the whole seconds until one is available.

        Asking too early costs nothing. All clients without an address share the empty one.
        """
        key = throttle_key(address)
        moment = self.clock()
        rested_at = max(self._rested_at.get(key, -math.inf), moment)
        excess = rested_at - moment - (self.burst - 1) * self.seconds_each
        if excess > 0:
            return math.ceil(excess)
        self._rested_at.pop(key, None)
        self._rested_at[key] = rested_at + self.seconds_each
        if len(self._rested_at) > _MAX_ADDRESSES:
            del self._rested_at[next(iter(self._rested_at))]
        return 0
