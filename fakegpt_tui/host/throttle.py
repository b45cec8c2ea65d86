"""How often somebody may try to sign in."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class LoginThrottle:
    """A bucket of `burst` tries that fills by one every `seconds_each`.

    There is one bucket for everybody: on loopback all callers share an address.
    """

    burst: int = 30
    seconds_each: float = 2.0
    clock: Callable[[], float] = time.monotonic
    _used: float = 0.0
    _seen: float | None = None

    def wait(self) -> int:
        """Take one try, or tell in how many whole seconds there will be one."""
        moment = self.clock()
        if self._seen is not None:
            self._used = max(0.0, self._used - (moment - self._seen) / self.seconds_each)
        self._seen = moment
        if self._used <= self.burst - 1:
            self._used += 1
            return 0
        return max(1, math.ceil((self._used - self.burst + 1) * self.seconds_each))
