"""When to repaint next.

Knows nothing of this program: anything that is drawn again and again can be spaced by it.
"""

from collections.abc import Callable
from time import monotonic

_IDLE_SHARE = 4
"""A repaint may take a quarter of the time at most, so that keys are always heard."""


class FrameLimiter:
    """Spaces repaints evenly, and further apart when they turn out to be slow."""

    def __init__(self, rate: float, clock: Callable[[], float] = monotonic) -> None:
        self._interval = 1 / rate
        self._clock = clock
        self._began = self._ended = -self._interval

    def delay(self) -> float:
        """Seconds from now to when the next repaint may begin."""
        spacing = max(self._interval, _IDLE_SHARE * (self._ended - self._began))
        return max(0.0, self._began + spacing - self._clock())

    def __enter__(self) -> None:
        """A repaint begins."""
        self._began = self._clock()

    def __exit__(self, *_: object) -> None:
        self._ended = self._clock()
