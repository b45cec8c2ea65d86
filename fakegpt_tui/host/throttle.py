"""How often somebody may try to sign in."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class LoginThrottle:
    """Lets `burst` tries through at once, and then one every `seconds_each`.

    It is the same for everybody: on loopback all callers share an address.
    """

    burst: int = 30
    seconds_each: float = 2.0
    clock: Callable[[], float] = time.monotonic
    _rested_at: float = field(default=-math.inf, init=False)
    """When all tries that were taken will have been made up for."""

    def acquire(self) -> int:
        """Take one try and return 0, or tell in how many whole seconds there will be one."""
        moment = self.clock()
        rested_at = max(self._rested_at, moment)
        excess = rested_at - moment - (self.burst - 1) * self.seconds_each
        if excess > 0:
            return math.ceil(excess)
        self._rested_at = rested_at + self.seconds_each
        return 0
