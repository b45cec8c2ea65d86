"""Loop lag: how late the event loop is for what is due, which is what all replies wait for."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Final

_LOOK_SECONDS: Final = 0.1
_KEPT: Final = 600
"""Looks of the last minute."""


@dataclass(slots=True)
class LoopLag:
    """Looks ten times a second, from its start to its end."""

    _seen: deque[float] = field(default_factory=lambda: deque(maxlen=_KEPT))
    _timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + _LOOK_SECONDS
        self._timer = loop.call_at(due, self._look, due)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    @property
    def worst(self) -> float:
        """Seconds that the latest of the last minute's looks was late; 0 before the first."""
        return max(self._seen, default=0.0)

    def percentile(self, part: float) -> float:
        """Seconds that so much of the last minute's looks were late at most; 0 before the first."""
        seen = sorted(self._seen)
        return seen[min(int(len(seen) * part), len(seen) - 1)] if seen else 0.0

    def _look(self, due: float) -> None:
        self._seen.append(asyncio.get_running_loop().time() - due)
        self.start()
