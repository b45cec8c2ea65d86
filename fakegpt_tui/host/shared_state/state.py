"""Shared state of a host: all that its processes have in common, over one connection."""

import asyncio
import math
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from redis.asyncio import Redis

from fakegpt_tui.host.access import Access
from fakegpt_tui.host.access_keys import KeyRing
from fakegpt_tui.host.conversation_cache import Owner
from fakegpt_tui.host.conversations import StateError
from fakegpt_tui.host.logs import AuditLog
from fakegpt_tui.host.prompt_route import MemoryTurns
from fakegpt_tui.host.replies import RunningReplies
from fakegpt_tui.host.shared_state.connection import StateConnection, owner_slot
from fakegpt_tui.host.shared_state.conversations import RedisConversations
from fakegpt_tui.host.shared_state.keys import RedisKeys
from fakegpt_tui.host.shared_state.leases import RedisLeases
from fakegpt_tui.host.shared_state.meter import FallbackMeter, RedisMeter

_LOOK_SECONDS: Final = 0.5
"""A key that one host revokes ends at the others after two looks, well within two seconds."""
_STALE_SECONDS: Final = 300.0
"""For how long keys that cannot be read anew are believed."""


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

    def __init__(self, connection: StateConnection, *, has_keys: bool) -> None:
        self.connection = connection
        self._leases = RedisLeases(connection)
        self._has_keys = has_keys
        self._keys = RedisKeys(connection)
        self._keys_read_at = -math.inf
        self.meter = FallbackMeter(RedisMeter(connection))
        self.conversations = RedisConversations(connection, self._leases)
        self.turns = RedisTurns(self._leases)
        self._watching: asyncio.Task[None] | None = None

    def watch(self, access: Access, running: RunningReplies, audit: AuditLog) -> None:
        """Apply keys and revocations from other hosts, and publish revocations of this one."""
        if self._has_keys:
            access.are_keys_current = self._are_keys_current

        async def watch() -> None:
            while True:
                await self.exchange_keys(access, running, audit)
                await asyncio.sleep(_LOOK_SECONDS)

        self._watching = asyncio.create_task(watch())

    async def close(self) -> None:
        """End the connection; leases that are held end by themselves."""
        if self._watching is not None:
            self._watching.cancel()
        await self.conversations.close()
        self._leases.close()
        await self.connection.close()

    async def exchange_keys(self, access: Access, running: RunningReplies, audit: AuditLog) -> None:
        """Tell and take keys and revocations once; while the state is lost, all stays as it is."""
        with suppress(StateError):
            if access.keys is None:
                await self.connection.run(_ping)
                return
            own = {key.id for key in access.sources.file or () if key.revoked_at is not None}
            is_changed = await self._keys.exchange(own)
            is_first, self._keys_read_at = self._keys_read_at == -math.inf, monotonic()
            if is_changed:
                before = access.keys
                self._take_keys(access, running)
                if not is_first:
                    audit.note_keys(before, access.keys, actor="shared state")

    def _take_keys(self, access: Access, running: RunningReplies) -> None:
        access.sources.revoked = self._keys.revoked
        if self._has_keys:
            access.sources.shared = KeyRing(self._keys.keys)
        access.refresh_keys()
        if access.keys is not None:
            running.end_unusable(access.keys)

    def _are_keys_current(self) -> bool:
        return monotonic() < self._keys_read_at + _STALE_SECONDS


async def _ping(redis: Redis) -> object:
    """Notice that the state is lost, and back, also while no client asks."""
    return await redis.ping()


def _turn(owner: Owner) -> str:
    return f"{owner_slot(owner)}turn"
