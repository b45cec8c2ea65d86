"""Connection to Valkey or Redis: each command soon or not at all, and no retries.

https://valkey.io/topics/protocol/, https://valkey.io/topics/sentinel-clients/. What failed several
times is left alone for a while.
"""

import asyncio
import hashlib
import logging
import math
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final, TypeVar
from urllib.parse import SplitResult, unquote, urlsplit

from redis.asyncio import ConnectionPool, Redis, Sentinel
from redis.asyncio.client import Pipeline
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import SentinelConnectionPool
from redis.backoff import NoBackoff
from redis.commands.core import AsyncScript
from redis.exceptions import OutOfMemoryError, RedisError

from fakegpt_tui.domain import ConfigError, Secret
from fakegpt_tui.host.conversation_cache import Owner
from fakegpt_tui.host.conversations import STATE_SECONDS, StateFigures, StateFull, StateLost
from fakegpt_tui.text import safe_line

_HEALTH_SECONDS = 15
_SCHEMES: Final = ("unix", "redis", "rediss", "sentinel")
_SENTINEL_PORT = 26_379
_SENTINEL_NAME = "mymaster"


def open_client(url: str, seconds: float, secret: Secret | None = None) -> Redis:
    """A client for `url`, whose steps take at most `seconds` each and are never tried again.

    `url` is `unix:///path`, `redis://`, `rediss://` or `sentinel://host,host/name`. `secret` is the
    password where the address has none.

    Raises:
        ConfigError: The address has another form.
    """
    if not url.startswith(tuple(f"{each}://" for each in _SCHEMES)):
        raise ConfigError(
            "The address of the shared state begins with unix://, redis://, rediss:// or"
            " sentinel://."
        )
    options: dict[str, Any] = {
        "socket_connect_timeout": seconds,
        "socket_timeout": seconds,
        "retry": Retry(NoBackoff(), 0),
        "decode_responses": True,
    }
    if secret is not None:
        options["password"] = secret.reveal()
    try:
        parts = urlsplit(url)
        if parts.scheme == "sentinel":
            return _open_through_sentinels(parts, seconds, options)
        pool = ConnectionPool.from_url(url, health_check_interval=_HEALTH_SECONDS, **options)
    except ValueError as error:
        raise ConfigError("The address of the shared state cannot be used.") from error
    return Redis.from_pool(pool)


def _open_through_sentinels(parts: SplitResult, seconds: float, options: dict[str, Any]) -> Redis:
    """The client of the primary that the sentinels name, anew after each lost connection.

    Sentinels are asked one after the other, so each gets only a share of the time.
    """
    login, _, hosts = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    if user:
        options["username"] = unquote(user)
    if password:
        options["password"] = unquote(password)
    addresses = [each.partition(":") for each in hosts.split(",")]
    each_seconds = seconds / (len(addresses) + 1)
    sentinel = Sentinel(  # type: ignore[no-untyped-call]
        [(name, int(port or _SENTINEL_PORT)) for name, _, port in addresses],
        sentinel_kwargs={
            **{name: options[name] for name in ("retry", "decode_responses")},
            "socket_connect_timeout": each_seconds,
            "socket_timeout": each_seconds,
        },
        **options,
    )
    redis: Redis = sentinel.master_for(
        unquote(parts.path.strip("/")) or _SENTINEL_NAME, health_check_interval=_HEALTH_SECONDS
    )
    return redis


async def close_client(redis: Redis) -> None:
    """Close a client, and those of the sentinels that it asks."""
    await redis.aclose()
    if isinstance(pool := redis.connection_pool, SentinelConnectionPool):
        await pool.sentinel_manager.aclose()


PREFIX: Final = "fg1:"
"""With which the names of all keys begin."""

_DIGEST_LENGTH = 32
_COMMANDS_AT_ONCE = 16
"""Of one process; commands take well below a millisecond, so that few of them serve many."""
_REST_SECONDS = 1.0
_T = TypeVar("_T")


@dataclass(slots=True)
class _Patience:
    """When a request, or other work, has last waited for the shared state in vain."""

    failed_at: float = -math.inf


_patience: ContextVar[_Patience] = ContextVar("patience with the shared state")


def slot(name: str) -> str:
    """How names of keys begin that a script may use together, in a cluster, too."""
    return f"{PREFIX}{{{name}}}:"


def owner_slot(owner: Owner) -> str:
    """The slot of an owner's conversations and turns; its name does not show the owner."""
    return slot(hashlib.sha256("\0".join(owner).encode()).hexdigest()[:_DIGEST_LENGTH])


class StateConnection:
    """Runs commands and scripts, each soon or not at all.

    A command that ran out of time may have been carried out nevertheless. What has waited in vain
    once, such as a request, does not wait again within a second: all that it does then is refused.
    """

    def __init__(
        self,
        url: str,
        *,
        secret: Secret | None = None,
        seconds: float = STATE_SECONDS,
        breaker: "CircuitBreaker | None" = None,
    ) -> None:
        """`url` and `secret` are as in `open_client`; `seconds` is how long a command may take.

        Raises:
            ConfigError: The address has another form.
        """
        self._redis = open_client(url, seconds, secret)
        self._seconds = seconds
        self._places = asyncio.Semaphore(_COMMANDS_AT_ONCE)
        self.breaker = breaker or CircuitBreaker()
        self.figures = StateFigures()

    def script(self, source: str) -> "StateScript":
        return StateScript(self, self._redis.register_script(source))

    async def run(self, command: Callable[[Redis], Awaitable[_T]]) -> _T:
        """The result of `command`, which is given the client.

        Raises:
            StateLost: It could not be carried out in time.
            StateFull: There is no memory left for it.
        """
        patience = _own_patience()
        if patience.failed_at > self.breaker.clock() - _REST_SECONDS or self.breaker.is_open:
            raise StateLost
        begun, waited = monotonic(), self._seconds
        try:
            async with asyncio.timeout(self._seconds), self._places:
                waited = monotonic() - begun
                result = await command(self._redis)
        except OutOfMemoryError as error:
            self.figures.full += 1
            self.breaker.succeed()
            raise StateFull from error
        except (RedisError, OSError, TimeoutError) as error:
            patience.failed_at = self.breaker.clock()
            self.figures.errors += 1
            if waited < self._seconds / 2 or not isinstance(error, TimeoutError):
                # To wait for others that ask, and not for the engine, is no failure of it.
                self.breaker.fail(str(error) or "it does not answer in time.")
            raise StateLost from error
        self.breaker.succeed()
        return result

    async def close(self) -> None:
        await close_client(self._redis)


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


def _own_patience() -> _Patience:
    """That of the running task, and of the tasks that it has begun since it first asked."""
    try:
        return _patience.get()
    except LookupError:
        _patience.set(made := _Patience())
        return made


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
        """Has it failed so often that it is tried only now and then?"""
        return self._pause > 0

    @property
    def is_settling(self) -> bool:
        """Is it lost, or back so recently that other hosts may still be pausing?"""
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
