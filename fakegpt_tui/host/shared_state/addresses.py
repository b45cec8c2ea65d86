"""Addresses of a shared state, and the clients that they stand for.

https://valkey.io/topics/sentinel-clients/
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import SplitResult, unquote, urlsplit

from redis.asyncio import ConnectionPool, Redis, Sentinel
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from fakegpt_tui.domain import ConfigError, Secret

_HEALTH_SECONDS = 15
_SCHEMES: Final = ("unix", "redis", "rediss", "sentinel")
_SENTINEL_PORT = 26_379
_SENTINEL_NAME = "mymaster"


@dataclass(frozen=True, slots=True)
class StateClient:
    """A client, and all that is to be closed with it."""

    redis: Redis
    _closers: tuple[Callable[[], Awaitable[None]], ...]

    async def close(self) -> None:
        for close in self._closers:
            await close()


def open_client(url: str, seconds: float, secret: Secret | None = None) -> StateClient:
    """A client for `url`, whose steps take at most `seconds` each and are never tried again.

    `url` is `unix:///path`, `redis://`, `rediss://` or `sentinel://host,host/name`. `secret` is the
    password where the address has none.

    Raises:
        ConfigError: The address has another form.
    """
    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES:
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
        if parts.scheme == "sentinel":
            return _open_through_sentinels(parts, seconds, options)
        pool = ConnectionPool.from_url(url, health_check_interval=_HEALTH_SECONDS, **options)
    except ValueError as error:
        raise ConfigError("The address of the shared state cannot be used.") from error
    redis = Redis.from_pool(pool)
    return StateClient(redis, (redis.aclose,))


def _open_through_sentinels(
    parts: SplitResult, seconds: float, options: dict[str, Any]
) -> StateClient:
    """The client of the primary that the sentinels name, anew after each lost connection.

    They are asked one after the other, so that one that is silent must not use up all the time.
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
    return StateClient(redis, (redis.aclose, sentinel.aclose))
