"""Checks of an engine: whether it can hold the state of hosts, and what it would lose.

https://valkey.io/topics/persistence/, https://valkey.io/topics/lru-cache/
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from statistics import median
from time import monotonic, time
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import NoPermissionError, ResponseError

from fakegpt_tui.host.shared_state.connection import PREFIX, StateConnection

_LEAST: Final = (7, 0)
_PINGS = 20
_SLOW_SECONDS = 0.02
_CLOCK_SECONDS = 5.0
_MEGABYTE = 1_000_000
_WRITE = f"""
redis.call('SET', '{PREFIX}check', redis.call('TIME')[1], 'PX', 1000)
return redis.call('DEL', '{PREFIX}check')
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineReport:
    """What an engine says of itself; without `facts` its user may not ask for them."""

    seconds: float
    """How long an answer takes, at the median."""
    clock: float
    """Seconds by which its clock is ahead of that of this machine."""
    refused: str
    """The error that a script got when it wrote; empty where writing works."""
    facts: Mapping[str, str]
    snapshots: str | None
    """When it saves snapshots; `None` where it does not tell."""

    @property
    def version(self) -> str:
        return self.facts.get("valkey_version") or self.facts.get("redis_version", "")

    def lines(self) -> Iterator[str]:
        """What is as it is, a line for each."""
        name = "Valkey" if "valkey_version" in self.facts else "Redis"
        if self.version:
            yield f"{name} {self.version}, {self.facts.get('role', '')}"
        yield f"An answer takes {self.seconds * 1000:.1f} ms."
        if "used_memory" in self.facts:
            used, most = (int(self.facts[key]) for key in ("used_memory", "maxmemory"))
            of = f" of {most / _MEGABYTE:.0f} MB" if most else ""
            yield f"It uses {used / _MEGABYTE:.0f} MB{of}."

    def warnings(self) -> Iterator[str]:
        """What needs attention, and what to do about it."""
        if self.refused:
            yield (
                "The user of the engine may not do all that hosts do; it needs"
                f" ~{PREFIX}* +@read +@write +@scripting +@connection +time: {self.refused}"
            )
        if self.version and _numbers(self.version) < _LEAST:
            yield f"Version {self.version} is too old; 7.0 is needed."
        if self.seconds > _SLOW_SECONDS:
            yield "It is slow, and each request asks it several times: bring it nearer."
        if abs(self.clock) > _CLOCK_SECONDS:
            yield f"Its clock is {self.clock:+.0f} seconds from that of this machine: set both."
        if not self.facts:
            yield "Its user may not ask for its memory and persistence; +info allows that."
            return
        yield from self._memory_warnings()
        yield from self._loss_warnings()

    def _memory_warnings(self) -> Iterator[str]:
        policy = self.facts.get("maxmemory_policy", "")
        if policy not in ("noeviction", "volatile-ttl"):
            yield (
                f"With maxmemory-policy {policy} a full engine drops keys, revocations among"
                " them: set noeviction."
            )
        if self.facts.get("maxmemory") == "0":
            yield "It has no limit of memory: set maxmemory, below what the machine has."

    def _loss_warnings(self) -> Iterator[str]:
        if self.facts.get("role") != "master":
            yield "It is a replica, which takes no writes: name the primary, or the sentinels."
        if self.facts.get("aof_enabled") == "1":
            return
        if self.snapshots == "":
            yield "It keeps nothing over a restart, so that conversations end: set appendonly yes."
            if int(self.facts.get("connected_slaves", "0")):
                yield "When it restarts empty, its replicas are emptied, too."
        else:
            yield "It keeps snapshots alone, the newest may be old: set appendonly yes."


async def examine(connection: StateConnection) -> EngineReport:
    """Ask an engine what hosts depend on. Raises as `StateConnection.run` does."""
    return await connection.run(_examine)


async def _examine(redis: Redis) -> EngineReport:
    waits: list[float] = []
    for _ in range(_PINGS):
        begun = monotonic()
        await redis.ping()
        waits.append(monotonic() - begun)
    refused, clock = "", 0.0
    try:
        await redis.eval(_WRITE, 0)
        seconds, micros = await redis.time()
        clock = int(seconds) + int(micros) / 1e6 - time()
    except ResponseError as error:
        refused = str(error)
    facts: dict[str, Any] = {}
    with suppress(NoPermissionError):
        facts = await redis.info()
    snapshots = None
    with suppress(NoPermissionError):
        snapshots = str((await redis.config_get("save")).get("save", ""))
    return EngineReport(
        seconds=median(waits),
        clock=clock,
        refused=refused,
        facts={key: str(value) for key, value in facts.items()},
        snapshots=snapshots,
    )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
