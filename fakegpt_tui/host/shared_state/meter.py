"""Meter in the shared state: limits of keys that are exact over all processes of a host.

The rates are GCRA, one number each: https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm.
Each request is one script, which takes the time from the server, so that clocks need not agree.
"""

import math
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import ClassVar, Final

from redis.asyncio import Redis

from fakegpt_tui.domain import new_id
from fakegpt_tui.host.access_keys import KeyLimits
from fakegpt_tui.host.conversations import StateError
from fakegpt_tui.host.meter import (
    MemoryMeter,
    day_used_up,
    rate_reached,
    streams_reached,
    too_many_tokens,
)
from fakegpt_tui.host.shared_state.connection import PREFIX, StateConnection, slot

_LEASE_MICROSECONDS: Final = 30_000_000
_SECOND: Final = 1_000_000
_DAY_SECONDS = 86_400
_ALIVE_SECONDS = 15
_BEAT_SECONDS = 5.0
_PROCESSES = f"{PREFIX}processes"

_OK, _STREAMS, _DAY, _RATE = range(4)
"""What came of a request; any other number means that it asks for too many tokens."""

_TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local lease, life = ARGV[1], tonumber(ARGV[2])
local per_minute = {tonumber(ARGV[3]), tonumber(ARGV[5])}
local burst = {tonumber(ARGV[4]), tonumber(ARGV[5])}
local cost = {1, tonumber(ARGV[6])}
local streams, day_limit = tonumber(ARGV[7]), tonumber(ARGV[8])
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now)
if redis.call('ZSCORE', KEYS[3], lease) then return {0, 0} end
if streams > 0 and redis.call('ZCARD', KEYS[3]) >= streams then return {1, 1000000} end
local day = math.floor(time[1] / 86400)
local spent = tonumber(redis.call('HGET', KEYS[4], day) or 0)
if day_limit > 0 and spent + cost[2] > day_limit then
    return {2, (day + 1) * 86400000000 - now}
end
local wait, free = 0, {}
for i = 1, 2 do
    if per_minute[i] > 0 then
        if cost[i] > burst[i] then return {4, 0} end
        local interval = 60000000 / per_minute[i]
        local base = math.max(tonumber(redis.call('GET', KEYS[i]) or 0), now)
        wait = math.max(wait, base - now + (cost[i] - burst[i]) * interval)
        free[i] = base + cost[i] * interval
    end
end
if wait > 1 then return {3, math.ceil(wait)} end
for i = 1, 2 do
    if free[i] then
        local left = math.ceil((free[i] - now) / 1000) + 1000
        redis.call('SET', KEYS[i], string.format('%.0f', free[i]), 'PX', left)
    end
end
redis.call('HINCRBY', KEYS[4], day, cost[2])
redis.call('EXPIRE', KEYS[4], 172800)
redis.call('ZADD', KEYS[3], string.format('%.0f', now + life), lease)
redis.call('PEXPIRE', KEYS[3], math.ceil(life / 1000) + 1000)
return {0, 0}
"""

_SETTLE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local per_minute, tokens = tonumber(ARGV[1]), tonumber(ARGV[2])
if per_minute > 0 then
    local base = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
    local free = math.max(base + tokens * 60000000 / per_minute, now)
    local left = math.ceil((free - now) / 1000) + 1000
    redis.call('SET', KEYS[1], string.format('%.0f', free), 'PX', left)
end
local day = math.floor(time[1] / 86400)
if redis.call('HINCRBY', KEYS[2], day, tokens) < 0 then redis.call('HSET', KEYS[2], day, 0) end
redis.call('EXPIRE', KEYS[2], 172800)
return {0, 0}
"""

_RENEW = """
local time = redis.call('TIME')
local ending = string.format('%.0f', time[1] * 1000000 + time[2] + ARGV[1])
for i = 2, #ARGV do redis.call('ZADD', KEYS[1], 'XX', ending, ARGV[i]) end
redis.call('PEXPIRE', KEYS[1], math.ceil(ARGV[1] / 1000) + 1000)
return {0, 0}
"""

_BEAT = """
local now = redis.call('TIME')[1]
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[2])
return {redis.call('ZCARD', KEYS[1]), 0}
"""


class RedisMeter:
    """A meter that all processes with the same shared state have in common."""

    waits: ClassVar[bool] = True

    def __init__(self, connection: StateConnection) -> None:
        self._connection = connection
        self._take = connection.script(_TAKE)
        self._settle = connection.script(_SETTLE)
        self._renew = connection.script(_RENEW)
        self._beat = connection.script(_BEAT)
        self._process = new_id()
        self._beat_at = -math.inf
        self.processes = 1
        """How many processes there were when one of them was last counted."""

    async def take(self, key_id: str, limits: KeyLimits, tokens: int) -> str:
        """Count a request, as `Meter.take` says. Raises `StateLost` besides."""
        await self._count_processes()
        lease = new_id()
        outcome, wait = await self._take(
            _keys(key_id, "requests", "tokens", "leases", "days"),
            lease,
            _LEASE_MICROSECONDS,
            limits.requests_per_minute,
            max(limits.burst, 1),
            limits.tokens_per_minute,
            tokens,
            limits.streams,
            limits.tokens_per_day,
        )
        if outcome != _OK:
            raise _refusal(outcome, wait / _SECOND, limits)
        return lease

    async def settle(self, key_id: str, limits: KeyLimits, tokens: int, _: str = "", /) -> None:
        """Count the difference, as `Meter.settle` says."""
        await self._settle(_keys(key_id, "tokens", "days"), limits.tokens_per_minute, tokens)

    async def renew(self, leases: Iterable[tuple[str, str]]) -> None:
        """Keep leases, as `Meter.renew` says."""
        by_key: dict[str, list[str]] = {}
        for key_id, lease in leases:
            by_key.setdefault(key_id, []).append(lease)
        for key_id, held in by_key.items():
            await self._renew(_keys(key_id, "leases"), _LEASE_MICROSECONDS, *held)

    async def release(self, key_id: str, lease: str) -> None:
        """End a lease."""
        (name,) = _keys(key_id, "leases")

        async def remove(redis: Redis) -> object:
            return await redis.zrem(name, lease)

        await self._connection.run(remove)

    async def usage(self) -> dict[str, tuple[int, int]]:
        """Of each key, what `Meter.usage` says, over all processes."""
        return await self._connection.run(_read_usage)

    async def rates(self, key_id: str) -> tuple[float, float]:
        """Seconds until all is free again, as `Meter.rates` says."""
        names = _keys(key_id, "requests", "tokens")

        async def read(redis: Redis) -> tuple[float, float]:
            seconds, micros = await redis.time()
            at = int(seconds) * _SECOND + int(micros)
            free = [max(int(each or 0) - at, 0) / _SECOND for each in await redis.mget(names)]
            return free[0], free[1]

        return await self._connection.run(read)

    async def _count_processes(self) -> None:
        if monotonic() - self._beat_at >= _BEAT_SECONDS:
            self._beat_at = monotonic()
            self.processes, _ = await self._beat([_PROCESSES], self._process, _ALIVE_SECONDS)


async def _read_usage(redis: Redis) -> dict[str, tuple[int, int]]:
    seconds, _ = await redis.time()
    found: dict[str, tuple[int, int]] = {}
    async for name in redis.scan_iter(match=f"{PREFIX}{{*}}:days"):
        key_id = str(name)[len(PREFIX) + 1 :].partition("}")[0]
        (leases,) = _keys(key_id, "leases")
        tokens = await redis.hget(str(name), str(int(seconds) // _DAY_SECONDS))
        running = await redis.zcount(leases, f"({int(seconds) * _SECOND}", "+inf")
        found[key_id] = (int(tokens or 0), int(running))
    return found


def _keys(key_id: str, *names: str) -> list[str]:
    """Names of keys with what an access key has used."""
    return [f"{slot(key_id)}{name}" for name in names]


def _refusal(outcome: int, wait: float, limits: KeyLimits) -> Exception:
    if outcome == _STREAMS:
        return streams_reached(limits, wait)
    if outcome == _DAY:
        return day_used_up(wait)
    return rate_reached(wait) if outcome == _RATE else too_many_tokens()


@dataclass(slots=True)
class FallbackMeter:
    """The shared meter, or while that is lost one of this process, with a share of the limits."""

    waits: ClassVar[bool] = True
    shared: RedisMeter
    local: MemoryMeter = field(default_factory=MemoryMeter)
    _local_leases: set[str] = field(default_factory=set, init=False)

    async def take(self, key_id: str, limits: KeyLimits, tokens: int) -> str:
        """Count a request, as `Meter.take` says."""
        try:
            return await self.shared.take(key_id, limits, tokens)
        except StateError:
            share = _share(limits, self.shared.processes, tokens)
            lease = await self.local.take(key_id, share, tokens)
            self._local_leases.add(lease)
            return lease

    async def settle(self, key_id: str, limits: KeyLimits, tokens: int, lease: str = "", /) -> None:
        """Count the difference where `lease` reserved; what the state is too lost for is not."""
        if lease in self._local_leases:
            await self.local.settle(key_id, _share(limits, self.shared.processes, 0), tokens)
            return
        with suppress(StateError):
            await self.shared.settle(key_id, limits, tokens)

    async def renew(self, leases: Iterable[tuple[str, str]]) -> None:
        """Keep leases, as `Meter.renew` says; those that cannot be kept end by themselves."""
        held = list(leases)
        await self.local.renew(each for each in held if each[1] in self._local_leases)
        with suppress(StateError):
            await self.shared.renew(each for each in held if each[1] not in self._local_leases)

    async def release(self, key_id: str, lease: str) -> None:
        """End a lease."""
        if lease in self._local_leases:
            self._local_leases.discard(lease)
            await self.local.release(key_id, lease)
            return
        with suppress(StateError):  # It ends by itself in half a minute.
            await self.shared.release(key_id, lease)

    async def rates(self, key_id: str) -> tuple[float, float]:
        """As `Meter.rates`; of this process while the shared state is lost."""
        try:
            return await self.shared.rates(key_id)
        except StateError:
            return await self.local.rates(key_id)

    async def usage(self) -> dict[str, tuple[int, int]]:
        """Of each key, what `Meter.usage` says; of this process while the shared one is lost."""
        try:
            return await self.shared.usage()
        except StateError:
            return await self.local.usage()


def _share(limits: KeyLimits, processes: int, tokens: int) -> KeyLimits:
    """A process's share, which is enough for one request of so many tokens."""

    def divided(limit: int, least: int = 1) -> int:
        return max(least, limit // max(processes, 1)) if limit else 0

    return replace(
        limits,
        requests_per_minute=divided(limits.requests_per_minute),
        burst=divided(limits.burst),
        tokens_per_minute=divided(limits.tokens_per_minute, tokens),
        streams=divided(limits.streams),
        tokens_per_day=divided(limits.tokens_per_day),
    )
