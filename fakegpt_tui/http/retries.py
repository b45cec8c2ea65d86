"""Retry policy: attempts, full jitter, and the wait that a service asks for."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import SystemRandom
from typing import TypeAlias

from fakegpt_tui.domain import RateLimited, ServiceError, Unreachable

Sleep: TypeAlias = Callable[[float], Awaitable[None]]

_FIRST_DELAY = 0.5
_FIRST_DELAY_WHEN_BUSY = 2.0
_MAX_DELAY = 8.0
_MAX_WAIT = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """The rule for asking again, with the clock and the chance it depends on.

    A service that names a time is taken at its word, up to a minute. Else the wait is anything
    between nothing and a bound that doubles (full jitter), so that many who failed together do not
    come back together.
    """

    max_attempts: int = 3
    sleep: Sleep = asyncio.sleep
    random: Callable[[], float] = field(default_factory=lambda: SystemRandom().random)
    """A number from 0 up to 1."""

    def delay(self, attempt: int, error: ServiceError) -> float | None:
        """Seconds to wait after try number `attempt` ended in `error`; `None` to give up."""
        if attempt >= self.max_attempts:
            return None
        match error:
            case (
                RateLimited(retry_after=int() | float() as seconds)
                | Unreachable(retry_after=int() | float() as seconds)
            ):
                return float(seconds) if 0 <= seconds <= _MAX_WAIT else None
            case RateLimited():
                return self._jittered(_FIRST_DELAY_WHEN_BUSY, attempt)
            case Unreachable():
                return self._jittered(_FIRST_DELAY, attempt)
            case _:
                return None

    def _jittered(self, first: float, attempt: int) -> float:
        bound: float = min(_MAX_DELAY, first * 2 ** (attempt - 1))
        return self.random() * bound
