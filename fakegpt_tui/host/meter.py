"""Meter: rates, budgets and leases of access keys, behind an interface that others can share."""

import asyncio
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from time import monotonic
from typing import ClassVar, Final, Protocol

from fakegpt_tui.domain import Model, RateLimited, RequestRefused, Unreachable, now
from fakegpt_tui.host.access_keys import AccessKey, KeyLimits, TotalLimits
from fakegpt_tui.host.admitted_reply import AdmittedReply
from fakegpt_tui.host.arrival_rate import MINUTE, ArrivalRate, left_of
from fakegpt_tui.host.rate_headers import RateLeft
from fakegpt_tui.host.renewal import Renewal
from fakegpt_tui.host.tally import Tally, estimate_tokens

UNLIMITED: Final = KeyLimits(
    requests_per_minute=0, burst=0, tokens_per_minute=0, streams=0, tokens_per_day=0
)
_LEASE_SECONDS = 30.0
_RESERVED_REPLY = 1_024
"""Tokens of a reply that are reserved beforehand; what it really took is settled after it."""


class LimitReached(RateLimited):
    """A key has used up what it may use; asking again helps only if `is_temporary`."""

    def __init__(self, sentence: str, *, retry_after: float, is_temporary: bool = True) -> None:
        super().__init__(sentence, retry_after=retry_after)
        self.is_temporary = is_temporary


class HostFull(Unreachable):
    """All clients together have used up what they may use; asking again helps."""


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
    """May it wait for something, so that a caller who is cancelled could lose what it asked for?"""

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


@dataclass(slots=True, kw_only=True)
class Limiter:
    """Admits replies by the limits of their keys, and counts what they took."""

    meter: Meter = field(default_factory=MemoryMeter)
    total: TotalLimits = field(default_factory=TotalLimits)
    clock: Callable[[], float] = monotonic
    _starts: ArrivalRate = field(default_factory=ArrivalRate, init=False)
    _held: set[tuple[str, str]] = field(default_factory=set, init=False)
    _renewal: Renewal = field(init=False)

    def __post_init__(self) -> None:
        self._renewal = Renewal(
            lambda: self.meter.renew(list(self._held)), lambda: bool(self._held)
        )

    def admit(
        self, key: AccessKey | None, prompt_characters: int, max_tokens: int | None = None
    ) -> AdmittedReply:
        """A block that holds a lease; what its tally has counted is settled at the end.

        To enter it raises:
            LimitReached: The key has to wait.
            HostFull: All keys have to wait.
            RequestRefused: The request is larger than the limits ever allow.
        """
        key_id, limits = (key.id, key.limits) if key else ("", UNLIMITED)
        tally = Tally(estimate_tokens(prompt_characters))
        reserved = tally.prompt_tokens + min(max_tokens or _RESERVED_REPLY, _RESERVED_REPLY)
        return AdmittedReply(self, key_id, limits, tally, reserved)

    async def begin(self, key_id: str, limits: KeyLimits, reserved: int) -> str:
        """Reserve tokens, and hold a lease, whose id is returned."""
        self._check_total()
        lease = await self.meter.take(key_id, limits, reserved)
        self._held.add((key_id, lease))
        self._renewal.wake()
        return lease

    async def finish(self, key_id: str, limits: KeyLimits, lease: str, tokens: int) -> None:
        """Settle `tokens`, and end a lease, also where the reply is cancelled meanwhile."""
        self._held.discard((key_id, lease))
        finishing = self._finish(key_id, limits, lease, tokens)
        await (asyncio.shield(finishing) if self.meter.waits else finishing)

    async def rates_left(self, key: AccessKey | None) -> list[RateLeft]:
        """What the rates of a key leave; nothing without limits."""
        if key is None or not (key.limits.requests_per_minute or key.limits.tokens_per_minute):
            return []
        limits, used = key.limits, await self.meter.rates(key.id)
        rows = (
            ("requests", limits.requests_per_minute, max(limits.burst, 1), used[0]),
            ("tokens", limits.tokens_per_minute, limits.tokens_per_minute, used[1]),
        )
        return [
            RateLeft(what, per_minute, left_of(burst, per_minute, seconds), seconds)
            for what, per_minute, burst, seconds in rows
            if per_minute
        ]

    def _check_total(self) -> None:
        if self.total.streams and len(self._held) >= self.total.streams:
            raise HostFull("The host answers as many requests as it may.", retry_after=1.0)
        if most := self.total.starts_per_second:
            rate, at = {"per_minute": MINUTE * most}, self.clock()
            if wait := self._starts.wait(1, **rate, burst=most, at=at):
                raise HostFull("The host gets too many requests.", retry_after=wait)
            self._starts.add(1, **rate, at=at)

    async def _finish(self, key_id: str, limits: KeyLimits, lease: str, tokens: int) -> None:
        await self.meter.settle(key_id, limits, tokens, lease)
        await self.meter.release(key_id, lease)


def require_model(key: AccessKey | None, model: str) -> None:
    """Refuse a model that the key may not use.

    Raises:
        RequestRefused: It is not among those of the key.
    """
    if key is not None and key.limits.models and model not in key.limits.models:
        raise RequestRefused("The access key may not use this model.")


def usable_models(key: AccessKey | None, models: tuple[Model, ...]) -> tuple[Model, ...]:
    """Those of `models` that the key may use."""
    if key is None or not key.limits.models:
        return models
    return tuple(model for model in models if model.id in key.limits.models)
