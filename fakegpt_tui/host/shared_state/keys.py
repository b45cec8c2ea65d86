"""Access keys and revocations in the shared state, which all processes take from it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, Final

from redis.asyncio import Redis

from fakegpt_tui.domain import new_id
from fakegpt_tui.host.access_keys import KEY_ID, AccessKey, KeyLimits
from fakegpt_tui.host.shared_state.connection import StateConnection, slot

_SLOT: Final = slot("keys")
_RECORDS: Final = f"{_SLOT}records"
_REVOKED: Final = f"{_SLOT}revoked"
_REVISION: Final = f"{_SLOT}revision"
"""A text that changes with the keys, so that a host that knows it need not read them."""

_MOMENTS: Final = {"created_at", "expires_at", "revoked_at", "old_until"}

_CHANGE = """
if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return {0, 0} end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
if ARGV[5] == '1' then redis.call('SADD', KEYS[3], ARGV[1]) end
redis.call('SET', KEYS[2], ARGV[4])
return {1, 0}
"""


class RedisKeys:
    """Keys by their ids, and the ids of those that any process has seen revoked, for good."""

    def __init__(self, connection: StateConnection) -> None:
        self._connection = connection
        self._change = connection.script(_CHANGE)
        self._known: dict[str, str] = {}
        self._told: set[str] = set()
        self._revision: str | None = None
        self.revoked: frozenset[str] = frozenset()

    @property
    def keys(self) -> list[AccessKey]:
        """The keys as they were when they were last read; what is no key is left out."""
        found = (decode_key(key_id, record) for key_id, record in self._known.items())
        return [key for key in found if key is not None]

    async def load(self) -> list[AccessKey]:
        """The keys as they are now. Raises as `StateConnection.run` does."""

        async def read(redis: Redis) -> dict[str, str]:
            found = await redis.hgetall(_RECORDS)
            return {str(each): str(record) for each, record in found.items()}

        self._known = await self._connection.run(read)
        return self.keys

    async def replace(self, before: AccessKey | None, after: AccessKey) -> bool:
        """Keep a key, unless another one than `before` is kept. Raises as above."""
        known = self._known.get(before.id, "") if before else ""
        is_done, _ = await self._change(
            [_RECORDS, _REVISION, _REVOKED],
            *(after.id, known, encode_key(after), new_id(), int(after.revoked_at is not None)),
        )
        return bool(is_done)

    async def exchange(self, revoked: Iterable[str]) -> bool:
        """Tell which keys were revoked here, and take what is new; was there any?

        An engine that has lost everything is given back what is known of it. Raises as above.
        """
        own = set(revoked)

        async def read(redis: Redis) -> str | None:
            found = await redis.get(_REVISION)
            return None if found is None else str(found)

        revision = await self._connection.run(read)
        if revision is not None and revision == self._revision and own <= self._told:
            return False
        before = (self._known, self.revoked)
        kept, told = await self._connection.run(_read_all)
        lost = self._known if revision is None else {}
        self._known = {**lost, **kept}
        self.revoked = self.revoked | told | own
        missing = {each: record for each, record in lost.items() if each not in kept}
        untold = self.revoked - told
        if missing or untold or revision is None:
            await self._tell(missing, untold)
        # Others may have changed something since it was read, so that this is not what was told.
        self._revision = revision
        self._told |= own
        return before != (self._known, self.revoked)

    async def _tell(self, records: Mapping[str, str], revoked: Iterable[str]) -> None:
        async def write(redis: Redis) -> object:
            pipeline = redis.pipeline(transaction=True)
            for key_id, record in records.items():
                pipeline.hsetnx(_RECORDS, key_id, record)
            if told := list(revoked):
                pipeline.sadd(_REVOKED, *told)
            pipeline.set(_REVISION, new_id())
            return await pipeline.execute()

        await self._connection.run(write)


async def _read_all(redis: Redis) -> tuple[dict[str, str], set[str]]:
    pipeline = redis.pipeline(transaction=True)
    pipeline.hgetall(_RECORDS)
    pipeline.smembers(_REVOKED)
    records, revoked = await pipeline.execute()
    return dict(records), {str(each) for each in revoked}


def encode_key(key: AccessKey) -> str:
    """A key as JSON; of the key itself only its digest is known."""
    return json.dumps(
        {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in asdict(key).items()
        }
    )


def decode_key(key_id: str, record: str) -> AccessKey | None:
    """The key of a record; `None` for what is none. Fields of later versions are ignored."""
    if not KEY_ID.fullmatch(key_id):
        return None
    try:
        values: dict[str, Any] = json.loads(record)
        limits = _chosen(KeyLimits, values.get("limits", {}))
        limits["models"] = tuple(limits.get("models", ()))
        known = _chosen(AccessKey, values)
        for name in _MOMENTS & known.keys():
            known[name] = known[name] and datetime.fromisoformat(known[name])
        key = AccessKey(**{**known, "id": key_id, "limits": KeyLimits(**limits)})
    except (ValueError, TypeError, AttributeError):
        return None
    return key


def _chosen(kind: type, values: Mapping[str, Any]) -> dict[str, Any]:
    names = {each.name for each in fields(kind)}
    return {name: value for name, value in values.items() if name in names}
