"""Connection to Valkey or Redis: short timeouts, no retries, and a circuit breaker.

https://valkey.io/topics/protocol/
"""

import hashlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Final, TypeVar
from urllib.parse import urlsplit

from redis.asyncio import BlockingConnectionPool, Redis, Sentinel
from redis.asyncio.client import Pipeline
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.commands.core import AsyncScript
from redis.exceptions import OutOfMemoryError, RedisError

from fakegpt_tui.domain import ConfigError
from fakegpt_tui.host.conversation_cache import Owner
from fakegpt_tui.host.conversations import StateFull, StateLost

PREFIX: Final = "fg1:"
"""With which the names of all keys begin."""

_DIGEST_LENGTH = 32
_SECONDS: Final = 0.3
_CONNECTIONS = 16
"""Of one process; commands take well below a millisecond, so that few of them serve many."""
_HEALTH_SECONDS = 15
_SCHEMES = ("unix", "redis", "rediss", "sentinel")
_SENTINEL_PORT = 26_379
_log = logging.getLogger(__name__)
_T = TypeVar("_T")


@dataclass(slots=True, kw_only=True)
class CircuitBreaker:
    """Stops asking something that failed several times, and asks again once after a pause.

    The pause doubles with each failure after it, up to `longest`; all times are in seconds.
    """

    failures: int = 3
    within: float = 5.0
    shortest: float = 1.0
    longest: float = 5.0
    clock: Callable[[], float] = monotonic
    _failed_at: list[float] = field(default_factory=list, init=False)
    _pause: float = field(default=0.0, init=False)
    _until: float = field(default=0.0, init=False)

    @property
    def is_open(self) -> bool:
        """Is nothing to be asked just now? Where a pause has ended, one may ask, and others not."""
        if not self._pause:
            return False
        if self.clock() < self._until:
            return True
        self._until = self.clock() + self._pause
        return False

    def succeed(self) -> None:
        if self._pause:
            _log.warning("the shared state is back")
        self._failed_at.clear()
        self._pause = 0.0

    def fail(self) -> None:
        at = self.clock()
        self._failed_at = [each for each in self._failed_at if each > at - self.within] + [at]
        if self._pause:
            self._pause = min(self._pause * 2, self.longest)
        elif len(self._failed_at) >= self.failures:
            _log.warning("the shared state is lost")
            self._pause = self.shortest
        self._until = at + self._pause


def slot(name: str) -> str:
    """How names of keys begin that a script may use together, in a cluster, too."""
    return f"{PREFIX}{{{name}}}:"


def owner_slot(owner: Owner) -> str:
    """The slot of an owner's conversations and turns; it tells nothing about who that is."""
    return slot(hashlib.sha256("\0".join(owner).encode()).hexdigest()[:_DIGEST_LENGTH])


class StateConnection:
    """Runs commands and scripts, each soon or not at all.

    A command that ran out of time may have been carried out nevertheless.
    """

    def __init__(
        self, url: str, *, seconds: float = _SECONDS, breaker: CircuitBreaker | None = None
    ) -> None:
        """`url` is `unix:///path`, `redis://`, `rediss://` or `sentinel://host,host/name`.

        `seconds` is how long a command may take, and a connection to be made.

        Raises:
            ConfigError: The address has another form.
        """
        self._redis = _open(url, seconds)
        self._breaker = breaker or CircuitBreaker()

    @property
    def is_lost(self) -> bool:
        """Would a command be refused at once?"""
        return self._breaker.is_open

    def script(self, source: str) -> "StateScript":
        return StateScript(self, self._redis.register_script(source))

    async def run(self, command: Callable[[Redis], Awaitable[_T]]) -> _T:
        """The result of `command`, which is given the client.

        Raises:
            StateLost: It could not be carried out in time.
            StateFull: There is no memory left for it.
        """
        if self._breaker.is_open:
            raise StateLost
        try:
            result = await command(self._redis)
        except OutOfMemoryError as error:
            raise StateFull from error
        except (RedisError, OSError, TimeoutError) as error:
            self._breaker.fail()
            raise StateLost from error
        self._breaker.succeed()
        return result

    async def close(self) -> None:
        await self._redis.aclose()


@dataclass(frozen=True, slots=True)
class StateScript:
    """A script that runs as a whole, without anything in between."""

    _connection: StateConnection
    _script: AsyncScript

    async def __call__(self, keys: Sequence[str], *arguments: str | float) -> list[int]:
        """Run it. Raises as `StateConnection.run` does."""

        async def run(_: Redis) -> list[int]:
            return await self._script(keys=list(keys), args=list(arguments))  # type: ignore[no-any-return]

        return await self._connection.run(run)

    async def queue(self, pipeline: Pipeline, keys: Sequence[str], *arguments: str | float) -> None:
        """Have it run with the other commands of a pipeline."""
        await self._script(keys=list(keys), args=list(arguments), client=pipeline)


def _open(url: str, seconds: float) -> Redis:
    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES:
        raise ConfigError(
            "The address of the shared state begins with unix://, redis://, rediss:// or"
            " sentinel://."
        )
    options = {
        "socket_connect_timeout": seconds,
        "socket_timeout": seconds,
        "retry": Retry(NoBackoff(), 0),
        "health_check_interval": _HEALTH_SECONDS,
        "decode_responses": True,
    }
    if parts.scheme == "sentinel":
        hosts = [(name, int(port or _SENTINEL_PORT)) for name, port in _addresses(parts.netloc)]
        sentinel = Sentinel(hosts, sentinel_kwargs=options, **options)  # type: ignore[no-untyped-call]
        client: Redis = sentinel.master_for(parts.path.strip("/") or "mymaster")
        return client
    try:
        pool = BlockingConnectionPool.from_url(
            url, max_connections=_CONNECTIONS, timeout=seconds, **options
        )
    except ValueError as error:
        raise ConfigError(f"The address of the shared state cannot be used: {error}.") from error
    return Redis.from_pool(pool)


def _addresses(names: str) -> list[tuple[str, str]]:
    """Names and ports of `host:port,host:port`."""
    return [(each.partition(":")[0], each.partition(":")[2]) for each in names.split(",")]
