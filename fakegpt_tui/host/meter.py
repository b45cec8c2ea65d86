"""Meter: rates, budgets and leases of access keys, behind an interface that others can share.

Rates are GCRA: https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm.
"""

import asyncio
import math
from collections.abc import Callable, Coroutine, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from time import monotonic
from typing import ClassVar, Final, Protocol

from fakegpt_tui.domain import RateLimited, RequestRefused, now
from fakegpt_tui.host.access_keys import KeyLimits

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


_LEASE_SECONDS: Final = 30.0


class LimitReached(RateLimited):
    """A key has used up what it may use; asking again helps only if `is_temporary`."""

    def __init__(self, sentence: str, *, retry_after: float, is_temporary: bool = True) -> None:
        super().__init__(sentence, retry_after=retry_after)
        self.is_temporary = is_temporary


def streams_reached(limits: KeyLimits, wait: float) -> LimitReached:
    return LimitReached(
        f"The access key has {limits.streams} replies at the same time already.", retry_after=wait
    )


def day_used_up(wait: float) -> LimitReached:
    return LimitReached(
        "The access key has used its tokens of this day, which ends at midnight UTC.",
        retry_after=wait,
        is_temporary=False,
    )


def rate_reached(wait: float) -> LimitReached:
    return LimitReached(
        f"The access key has reached its limit. Try again in {math.ceil(wait)} seconds.",
        retry_after=wait,
    )


def too_many_tokens() -> RequestRefused:
    return RequestRefused(
        "The prompt and its reply may take more tokens than the access key has a minute."
    )


class Meter(Protocol):
    """Counts what keys use. Several hosts may share one."""

    waits: ClassVar[bool]
    """May `take` wait, so that a cancelled caller could lose the lease it asked for?"""

    async def take(self, key_id: str, limits: KeyLimits, tokens: int) -> str:
        """Count a request and reserve tokens; return the id of its lease. A refusal takes nothing.

        Raises:
            LimitReached: A limit would be exceeded.
            RequestRefused: The request is larger than the limits ever allow.
        """
        ...

    async def settle(self, key_id: str, limits: KeyLimits, tokens: int, lease: str = "", /) -> None:
        """Count `tokens` more than `lease` reserved, or give them back where they are negative."""
        ...

    async def renew(self, leases: Iterable[tuple[str, str]]) -> None:
        """Keep leases, pairs of a key's id and their own, from ending by themselves."""
        ...

    async def release(self, key_id: str, lease: str) -> None:
        """End a lease."""
        ...

    async def usage(self) -> dict[str, tuple[int, int]]:
        """Of each key that was used, the tokens of today and the replies under way."""
        ...

    async def rates(self, key_id: str) -> tuple[float, float]:
        """Seconds until all requests, and all tokens, of a minute are free again."""
        ...


@dataclass(slots=True)
class _KeyUse:
    requests: ArrivalRate = field(default_factory=ArrivalRate)
    tokens: ArrivalRate = field(default_factory=ArrivalRate)
    leases: dict[str, float] = field(default_factory=dict)
    day: date = date.min
    day_tokens: int = 0


@dataclass(slots=True, kw_only=True)
class MemoryMeter:
    """A meter in the memory of one process."""

    waits: ClassVar[bool] = False
    clock: Callable[[], float] = monotonic
    calendar: Callable[[], datetime] = now
    _uses: dict[str, _KeyUse] = field(default_factory=dict, init=False)
    _numbers: Iterator[int] = field(default_factory=count, init=False)

    async def take(self, key_id: str, limits: KeyLimits, tokens: int) -> str:
        """Count a request, as `Meter.take` says."""
        use, at = self._use(key_id), self.clock()
        use.leases = {lease: end for lease, end in use.leases.items() if end > at}
        if limits.streams and len(use.leases) >= limits.streams:
            raise streams_reached(limits, 1.0)
        self._check_day(use, limits, tokens)
        self._check_rates(use, limits, tokens, at)
        if limits.requests_per_minute:
            use.requests.add(1, per_minute=limits.requests_per_minute, at=at)
        self._add_tokens(use, limits, tokens)
        lease = str(next(self._numbers))
        use.leases[lease] = at + _LEASE_SECONDS
        return lease

    async def settle(self, key_id: str, limits: KeyLimits, tokens: int, _: str = "", /) -> None:
        """Count the difference, as `Meter.settle` says."""
        self._add_tokens(self._use(key_id), limits, tokens)

    async def renew(self, leases: Iterable[tuple[str, str]]) -> None:
        """Keep leases, as `Meter.renew` says."""
        for key_id, lease in leases:
            use = self._use(key_id)
            if lease in use.leases:
                use.leases[lease] = self.clock() + _LEASE_SECONDS

    async def release(self, key_id: str, lease: str) -> None:
        """End a lease."""
        if use := self._uses.get(key_id):
            use.leases.pop(lease, None)

    async def usage(self) -> dict[str, tuple[int, int]]:
        """Of each key that was used, the tokens of today and the replies under way."""
        today = self.calendar().date()
        return {
            key_id: (use.day_tokens if use.day == today else 0, len(use.leases))
            for key_id, use in self._uses.items()
        }

    async def rates(self, key_id: str) -> tuple[float, float]:
        """Seconds until all is free again, as `Meter.rates` says."""
        use, at = self._use(key_id), self.clock()
        return use.requests.seconds_used(at), use.tokens.seconds_used(at)

    def _use(self, key_id: str) -> _KeyUse:
        use = self._uses.get(key_id) or self._uses.setdefault(key_id, _KeyUse())
        today = self.calendar().date()
        if use.day != today:
            use.day, use.day_tokens = today, 0
        return use

    def _check_day(self, use: _KeyUse, limits: KeyLimits, tokens: int) -> None:
        if limits.tokens_per_day and use.day_tokens + tokens > limits.tokens_per_day:
            at = self.calendar()
            midnight = at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
            raise day_used_up((midnight - at).total_seconds())

    def _check_rates(self, use: _KeyUse, limits: KeyLimits, tokens: int, at: float) -> None:
        wait = 0.0
        if limits.requests_per_minute:
            burst = max(limits.burst, 1)
            wait = use.requests.wait(1, per_minute=limits.requests_per_minute, burst=burst, at=at)
        if limits.tokens_per_minute:
            most = limits.tokens_per_minute
            wait = max(wait, use.tokens.wait(tokens, per_minute=most, burst=most, at=at))
        if wait == math.inf:
            raise too_many_tokens()
        if wait:
            raise rate_reached(wait)

    def _add_tokens(self, use: _KeyUse, limits: KeyLimits, tokens: int) -> None:
        if limits.tokens_per_minute:
            use.tokens.add(tokens, per_minute=limits.tokens_per_minute, at=self.clock())
        use.day_tokens = max(0, use.day_tokens + tokens)


_RENEW_SECONDS: Final = 10.0
"""A third of how long a lease lasts, so that one renewal may fail."""


class Renewal:
    """Has all that a host holds renewed together, every ten seconds, while that `is_needed`."""

    def __init__(
        self, renew: Callable[[], Coroutine[object, object, None]], is_needed: Callable[[], bool]
    ) -> None:
        self._renew = renew
        self._is_needed = is_needed
        self._timer: asyncio.TimerHandle | None = None
        self._running: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """Begin, unless it has; to be called when there is something to renew."""
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(_RENEW_SECONDS, self._start)

    def close(self) -> None:
        """Renew nothing more; what is held ends by itself."""
        if self._timer is not None:
            self._timer.cancel()
        for task in self._running:
            task.cancel()

    def _start(self) -> None:
        self._timer = None
        if self._is_needed():
            task = asyncio.create_task(self._renew())
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            self.wake()
