"""Conversations in the shared state, so that any process of a host can go on with them."""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from redis.asyncio import Redis

from fakegpt_tui.domain import FinishReason, MessageStatus, new_id
from fakegpt_tui.host.conversation_cache import MESSAGE_WEIGHT, CachedConversation, Owner
from fakegpt_tui.host.conversations import HostTurn, StateError, StateLost, TakenOver
from fakegpt_tui.host.shared_state import scripts
from fakegpt_tui.host.shared_state.connection import StateConnection, owner_slot
from fakegpt_tui.host.shared_state.leases import LEASE_MILLISECONDS, RedisLeases
from fakegpt_tui.protocol.fakegpt import ConversationSummary, StoredMessage
from fakegpt_tui.text import replace_surrogates

_CONVERSATIONS: Final = 200
_CHARACTERS: Final = 4_000_000
"""How much an owner has room for; the least recently changed conversations make room."""
_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class _Names:
    """Names of the keys of an owner, all of one slot."""

    prefix: str

    @classmethod
    def of(cls, owner: Owner) -> "_Names":
        return cls(owner_slot(owner))

    def conversation(self, conversation_id: str) -> list[str]:
        """The header, the messages, the index and the weights."""
        one = [f"{self.prefix}c:{conversation_id}", f"{self.prefix}m:{conversation_id}"]
        return [*one, self.index, f"{self.prefix}w"]

    @property
    def index(self) -> str:
        return f"{self.prefix}i"

    def lease(self, reply_id: str) -> str:
        return f"{self.prefix}a:{reply_id}"

    def text(self, reply_id: str) -> str:
        return f"{self.prefix}g:{reply_id}"


class RedisConversations:
    """Conversations that all processes with the same shared state have in common.

    While that is lost, what is known cannot be read, and what begins is not kept: replies go on.
    """

    text_seconds: float | None = 0.1

    def __init__(self, connection: StateConnection, leases: RedisLeases) -> None:
        self._connection = connection
        self._leases = leases
        self._begin = connection.script(scripts.BEGIN)
        self._text = connection.script(scripts.TEXT)
        self._end = connection.script(scripts.END)
        self._interrupt = connection.script(scripts.INTERRUPT)
        self._rename = connection.script(scripts.RENAME)
        self._delete = connection.script(scripts.DELETE)
        self._tokens: dict[str, str] = {}
        """Of each reply that was begun here, its lease's token."""

    async def find(self, owner: Owner, conversation_id: str) -> CachedConversation | None:
        """A copy of the conversation; a reply whose process is gone is ended first."""
        names = _Names.of(owner)
        header, messages = await self._read(names, conversation_id)
        if not header:
            return None
        ended = 0
        for each in messages:
            if each.status is MessageStatus.STREAMING:
                keys = [names.conversation(conversation_id)[1], names.lease(each.id)]
                is_ended, _ = await self._interrupt([*keys, names.text(each.id)], each.id)
                ended += is_ended
        if ended:
            header, messages = await self._read(names, conversation_id)
        return _conversation(conversation_id, header, messages) if header else None

    async def page(
        self, owner: Owner, *, offset: int, limit: int, by_creation: bool = False
    ) -> tuple[list[ConversationSummary], int]:
        """Some conversations, as `Conversations.page` says."""
        names = _Names.of(owner)

        async def read(redis: Redis) -> tuple[list[ConversationSummary], int]:
            ids = [str(each) for each in await redis.zrevrange(names.index, 0, -1)]
            chosen = ids if by_creation else ids[offset : offset + limit]
            pipeline = redis.pipeline(transaction=False)
            for each in chosen:
                pipeline.hgetall(names.conversation(each)[0])
            rows = zip(chosen, await pipeline.execute(), strict=True)
            return [_summary(key, header) for key, header in rows if header], len(ids)

        found, total = await self._connection.run(read)
        if by_creation:
            found.sort(key=lambda each: each.created_at, reverse=True)
            found = found[offset : offset + limit]
        return found, total

    async def begin(self, turn: HostTurn, at: datetime) -> None:
        """Save the prompts and the empty reply of a turn."""
        names, conversation = _Names.of(turn.owner), turn.conversation
        token = new_id()
        added = [part for each in (*turn.prompts, turn.reply) for part in _encoded(each)]
        try:
            outcome, _ = await self._begin(
                [*names.conversation(conversation.id), names.lease(turn.reply.id)],
                *(int(not conversation.size), conversation.id, conversation.root_id),
                *(_stamp(conversation.created_at), _stamp(at), token, LEASE_MILLISECONDS),
                *(_CONVERSATIONS, _CHARACTERS, names.prefix),
                *added,
            )
        except StateLost:
            return
        if outcome == scripts.DONE:
            self._tokens[turn.reply.id] = token
            self._leases.keep(names.lease(turn.reply.id), token)

    async def save_text(self, turn: HostTurn, text: str, kept: int) -> None:
        """Save what a reply says, as `Conversations.save_text` says."""
        token = self._tokens.get(turn.reply.id)
        if token is None:
            return
        names, reply_id = _Names.of(turn.owner), turn.reply.id
        keys = [names.conversation(turn.conversation.id)[1], names.lease(reply_id)]
        kept_bytes = len(replace_surrogates(text[:kept]).encode())
        new = replace_surrogates(text[kept:])
        outcome, _ = await self._text(
            [*keys, names.text(reply_id)], reply_id, token, kept_bytes, new, LEASE_MILLISECONDS
        )
        match outcome:
            case scripts.TAKEN_OVER:
                self._forget(names, reply_id)
                raise TakenOver
            case scripts.GONE:
                self._forget(names, reply_id)
            case scripts.RESEND:
                raise StateLost
            case _:
                pass

    async def end(self, turn: HostTurn, reply: StoredMessage, title: str, at: datetime) -> None:
        """Save the reply as it ended; where that is not possible, it is found interrupted."""
        names = _Names.of(turn.owner)
        token = self._forget(names, reply.id)
        if not token:
            return
        keys = names.conversation(turn.conversation.id)
        reply_id, record, weight = _encoded(reply)
        with suppress(StateError):
            await self._end(
                [*keys, names.lease(reply.id), names.text(reply.id)],
                *(turn.conversation.id, reply_id, token, record, replace_surrogates(title)),
                *(_stamp(at), weight - MESSAGE_WEIGHT),
            )

    async def rename(self, owner: Owner, conversation_id: str, title: str) -> None:
        keys = _Names.of(owner).conversation(conversation_id)
        await self._rename(keys[:1], replace_surrogates(title))

    async def delete(self, owner: Owner, conversation_id: str) -> None:
        keys = _Names.of(owner).conversation(conversation_id)
        await self._delete(keys, conversation_id)

    async def clear(self, owner: Owner) -> None:
        """Delete all conversations of an owner."""
        index = _Names.of(owner).index

        async def read(redis: Redis) -> list[str]:
            return [str(each) for each in await redis.zrange(index, 0, -1)]

        for conversation_id in await self._connection.run(read):
            await self.delete(owner, conversation_id)

    async def _read(
        self, names: _Names, conversation_id: str
    ) -> tuple[dict[str, str], list[StoredMessage]]:
        """The header and the messages, with what was written of those that still stream."""
        keys = names.conversation(conversation_id)

        async def read(redis: Redis) -> tuple[dict[str, str], list[StoredMessage]]:
            pipeline = redis.pipeline(transaction=False)
            pipeline.hgetall(keys[0])
            pipeline.hgetall(keys[1])
            header, records = await pipeline.execute()
            messages = _decoded(records)
            for number, each in enumerate(messages):
                if each.status is MessageStatus.STREAMING:
                    text = str(await redis.get(names.text(each.id)) or "")
                    messages[number] = replace(each, text=text)
            return header, messages

        return await self._connection.run(read)

    def _forget(self, names: _Names, reply_id: str) -> str:
        """Hold a reply no longer, and return the token of its lease."""
        self._leases.forget(names.lease(reply_id))
        return self._tokens.pop(reply_id, "")


def _encoded(message: StoredMessage) -> tuple[str, str, int]:
    """A message for a script: its id, its fields, and its weight."""
    fields = {
        "parent": message.parent_id,
        "role": message.role,
        "text": message.text,
        "created": _stamp(message.created_at),
        "status": message.status.value,
        "model": message.model,
        "finish": message.finish.value if message.finish else "",
    }
    record = replace_surrogates(json.dumps(fields, ensure_ascii=False))
    return message.id, record, MESSAGE_WEIGHT + len(message.text)


def _decoded(records: Mapping[str, str]) -> list[StoredMessage]:
    """The messages in the order in which they came."""
    rows: list[tuple[int, str, Any]] = []
    for key, record in records.items():
        number, _, fields = record.partition(" ")
        rows.append((int(number), key, json.loads(fields)))
    return [
        StoredMessage(
            id=key,
            parent_id=fields["parent"],
            role=fields["role"],
            text=fields["text"],
            created_at=_time(fields["created"]),
            status=MessageStatus(fields["status"]),
            model=fields["model"],
            finish=FinishReason(fields["finish"]) if fields["finish"] else None,
        )
        for _, key, fields in sorted(rows, key=lambda row: row[0])
    ]


def _conversation(
    conversation_id: str, header: Mapping[str, str], messages: Iterable[StoredMessage]
) -> CachedConversation:
    summary = _summary(conversation_id, header)
    found = CachedConversation(
        conversation_id=conversation_id, root_id=header["root"], created_at=summary.created_at
    )
    for message in messages:
        found.put(message, summary.updated_at)
    found.title = summary.title
    found.leaf_id = header.get("leaf", header["root"])
    return found


def _summary(conversation_id: str, header: Mapping[str, str]) -> ConversationSummary:
    return ConversationSummary(
        id=conversation_id,
        title=header["title"],
        created_at=_time(header["created"]),
        updated_at=_time(header["updated"]),
    )


def _stamp(time: datetime) -> int:
    return round(time.timestamp() * _MICROSECONDS)


def _time(stamp: str | float) -> datetime:
    return datetime.fromtimestamp(int(stamp) / _MICROSECONDS, UTC)
