"""Arrival rates: how much there may be a minute, and how much of that at once (GCRA).

https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm
"""

import math
from dataclasses import dataclass
from typing import Final

MINUTE: Final = 60.0
_ROUNDING: Final = 1e-9
"""Seconds: what is left of a subtraction of equal times is no reason to wait."""


@dataclass(slots=True)
class ArrivalRate:
    """A rate with a burst, as the time at which all of it will be free again (GCRA)."""

    _free_at: float = -math.inf

    def wait(self, cost: float, *, per_minute: float, burst: float, at: float) -> float:
        """Seconds until `cost` fits, 0 if it does now, infinity if it never will."""
        if cost > burst:
            return math.inf
        interval = MINUTE / per_minute
        excess = max(self._free_at, at) - at + (cost - burst) * interval
        return excess if excess > _ROUNDING else 0.0

    def seconds_used(self, at: float) -> float:
        """Seconds until all of it is free again."""
        return max(self._free_at - at, 0.0)

    def add(self, cost: float, *, per_minute: float, at: float) -> None:
        """Count `cost`; what is given back makes no burst larger than it was."""
        self._free_at = max(max(self._free_at, at) + cost * MINUTE / per_minute, at)


def left_of(burst: int, per_minute: int, seconds: float) -> int:
    """What is left of a burst, all of which is free again in some seconds."""
    return max(0, math.floor(burst - seconds * per_minute / MINUTE + _ROUNDING))
