"""Circuit breaker: something that failed several times is left alone for a while."""

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from fakegpt_tui.text import safe_line

_REASON_LENGTH = 120
_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class CircuitBreaker:
    """Stops asking something that failed several times, and asks again once after a pause.

    The pause doubles with each failure after it, up to `longest`; all times are in seconds. A line
    of the log says when it is lost and when it is back, and no line anything between.
    """

    failures: int = 3
    within: float = 5.0
    shortest: float = 1.0
    longest: float = 5.0
    clock: Callable[[], float] = monotonic
    _failed_at: list[float] = field(default_factory=list, init=False)
    _pause: float = field(default=0.0, init=False)
    _until: float = field(default=0.0, init=False)
    _back_at: float = field(default=-math.inf, init=False)

    @property
    def is_open(self) -> bool:
        """Is nothing to be asked just now? Where a pause has ended, one may ask, and others not."""
        if not self._pause:
            return False
        if self.clock() < self._until:
            return True
        self._until = self.clock() + self._pause
        return False

    @property
    def is_lost(self) -> bool:
        """Has it failed so often that it is asked only now and then?"""
        return self._pause > 0

    @property
    def is_settling(self) -> bool:
        """Is it back since so little time that others, who pause, too, may not have seen it?"""
        return self.is_lost or self.clock() < self._back_at + self.longest + self.shortest

    def succeed(self) -> None:
        if self._pause:
            _log.warning("The shared state is back.")
            self._back_at = self.clock()
        self._failed_at.clear()
        self._pause = 0.0

    def fail(self, reason: str = "") -> None:
        at = self.clock()
        self._failed_at = [each for each in self._failed_at if each > at - self.within] + [at]
        if self._pause:
            self._pause = min(self._pause * 2, self.longest)
        elif len(self._failed_at) >= self.failures:
            said = safe_line(reason, _REASON_LENGTH)
            _log.warning("The shared state is lost; replies go on without it: %s", said)
            self._pause = self.shortest
        self._until = at + self._pause
