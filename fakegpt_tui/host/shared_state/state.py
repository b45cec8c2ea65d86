"""Shared state of a host: all that its processes have in common, over one connection."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

from redis.asyncio import Redis

from fakegpt_tui.domain import now
from fakegpt_tui.host.access import Access
from fakegpt_tui.host.access_keys import KeyRing
from fakegpt_tui.host.conversation_cache import Owner
from fakegpt_tui.host.conversations import StateError
from fakegpt_tui.host.prompt_route import MemoryTurns
from fakegpt_tui.host.running_replies import RunningReplies
from fakegpt_tui.host.shared_state.connection import PREFIX, StateConnection, owner_slot
from fakegpt_tui.host.shared_state.conversations import RedisConversations
from fakegpt_tui.host.shared_state.leases import RedisLeases
from fakegpt_tui.host.shared_state.meter import FallbackMeter, RedisMeter

_REVOKED: Final = f"{PREFIX}revoked"
_LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class RedisTurns:
    """One reply at a time for each session, over all processes; alone while the state is lost."""

    leases: RedisLeases
    local: MemoryTurns = field(default_factory=MemoryTurns)

    async def enter(self, owner: Owner) -> bool:
        """Take the turn of a session, unless it is taken."""
        if not await self.local.enter(owner):
            return False
        try:
            is_free = await self.leases.enter(_turn(owner))
        except StateError:
            return True
        if not is_free:
            await self.local.leave(owner)
        return is_free

    async def leave(self, owner: Owner) -> None:
        """Give the turn back."""
        await self.local.leave(owner)
        await self.leases.leave(_turn(owner))


class SharedState:
    """What a host keeps in Valkey or Redis. To be made, used and closed in one event loop."""

    def __init__(self, connection: StateConnection) -> None:
        self._connection = connection
        self._leases = RedisLeases(connection)
        self.meter = FallbackMeter(RedisMeter(connection))
        self.conversations = RedisConversations(connection, self._leases)
        self.turns = RedisTurns(self._leases)
        self._told: set[str] = set()
        self._watching: asyncio.Task[None] | None = None

    @classmethod
    def open(cls, url: str) -> "SharedState":
        """Use the server at `url`; nothing is asked of it yet.

        Raises:
            ConfigError: The address cannot be used.
        """
        return cls(StateConnection(url))

    def watch(self, access: Access, running: RunningReplies) -> None:
        """Tell other processes which keys were revoked here, and obey what they tell."""
        self._watching = asyncio.create_task(self._watch(access, running))

    async def close(self) -> None:
        """End the connection; leases that are held end by themselves."""
        if self._watching is not None:
            self._watching.cancel()
        self._leases.close()
        await self._connection.close()

    async def _watch(self, access: Access, running: RunningReplies) -> None:
        while True:
            with suppress(StateError):  # What was revoked before stays so.
                await self.exchange_revocations(access, running)
            await asyncio.sleep(_LOOK_SECONDS)

    async def exchange_revocations(self, access: Access, running: RunningReplies) -> None:
        """Tell and take revocations once.

        Raises:
            StateError: The shared state cannot be used.
        """
        if access.keys is None:
            return
        own = {key.id for key in access.keys if key.revoked_at is not None}
        new = own - self._told

        async def exchange(redis: Redis) -> set[str]:
            if new:
                await redis.sadd(_REVOKED, *new)
            return {str(each) for each in await redis.smembers(_REVOKED)}

        revoked = await self._connection.run(exchange)
        self._told |= new
        if any(key.id in revoked and key.revoked_at is None for key in access.keys):
            at = now()
            access.keys = KeyRing(
                replace(key, revoked_at=key.revoked_at or at) if key.id in revoked else key
                for key in access.keys
            )
            running.end_unusable(access.keys)


def _turn(owner: Owner) -> str:
    return f"{owner_slot(owner)}turn"
