"""Login throttle: how often an address may sign in, or show a key that is none."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from fakegpt_tui.host.client_address import throttle_key

_MAX_ADDRESSES = 10_000
"""How many are remembered, the oldest given up first: no flood of addresses fills the memory."""


@dataclass(slots=True, kw_only=True)
class LoginThrottle:
    """Lets `burst` logins of an address through at once, and then one every `seconds_each`.

    Those of one network of version six are one address.
    """

    burst: int = 30
    seconds_each: float = 2.0
    clock: Callable[[], float] = time.monotonic
    _rested_at: dict[str, float] = field(default_factory=dict, init=False)
    """When the whole burst of an address will be available again; the oldest address first."""

    def acquire(self, address: str = "") -> int:
        """Take one and return 0, or the whole seconds until one is available.

        Asking too early costs nothing. An empty `address` is that of all who tell none.
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
