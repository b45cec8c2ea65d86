"""Leases in the shared state: what a process holds, and loses half a minute after it ends."""

from contextlib import suppress
from typing import Final

from redis.asyncio import Redis

from fakegpt_tui.domain import new_id
from fakegpt_tui.host.conversations import StateError
from fakegpt_tui.host.meter import Renewal
from fakegpt_tui.host.shared_state.connection import StateConnection

LEASE_MILLISECONDS: Final = 30_000

_ENTER = """
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return {1, 0} end
return {0, 0}
"""
_HOLD = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return {0, 0}
"""
_LEAVE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return {0, 0}
"""


class RedisLeases:
    """Leases by the names of keys, renewed together while any is held.

    Each has a token, so that a process which was paused ends no lease of its successor.
    """

    def __init__(self, connection: StateConnection) -> None:
        self._connection = connection
        self._enter = connection.script(_ENTER)
        self._hold = connection.script(_HOLD)
        self._leave = connection.script(_LEAVE)
        self._held: dict[str, str] = {}
        self._renewal = Renewal(self.renew, lambda: bool(self._held))

    async def enter(self, name: str) -> bool:
        """Take a lease, unless there is one.

        Raises:
            StateError: The shared state cannot be used.
        """
        token = new_id()
        is_taken, _ = await self._enter([name], token, LEASE_MILLISECONDS)
        if is_taken:
            self.keep(name, token)
        return bool(is_taken)

    def keep(self, name: str, token: str) -> None:
        """Renew a lease that was taken by other means, until `leave`."""
        self._held[name] = token
        self._renewal.wake()

    def forget(self, name: str) -> None:
        """Renew a lease no longer."""
        self._held.pop(name, None)

    async def leave(self, name: str) -> None:
        """End a lease; where that is not possible it ends by itself."""
        token = self._held.pop(name, "")
        with suppress(StateError):
            await self._leave([name], token)

    def close(self) -> None:
        self._renewal.close()

    async def renew(self) -> None:
        """Renew all leases that are held, in one exchange."""
        held = list(self._held.items())

        async def run(redis: Redis) -> object:
            pipeline = redis.pipeline(transaction=False)
            for name, token in held:
                await self._hold.queue(pipeline, [name], token, LEASE_MILLISECONDS)
            return await pipeline.execute()

        with suppress(StateError):
            await self._connection.run(run)
