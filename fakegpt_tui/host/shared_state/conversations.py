"""Conversations in the shared state, so that any process of a host can go on with them."""

from collections.abc import Iterable
from dataclasses import replace

from redis.asyncio import Redis

from fakegpt_tui.domain import MessageStatus
from fakegpt_tui.host.conversation_cache import CachedConversation, Owner
from fakegpt_tui.host.conversations import StateLost
from fakegpt_tui.host.shared_state.connection import StateConnection
from fakegpt_tui.host.shared_state.leases import RedisLeases
from fakegpt_tui.host.shared_state.records import (
    DELETE,
    INTERRUPT,
    RENAME,
    OwnerNames,
    decode_conversation,
    decode_messages,
    decode_summary,
)
from fakegpt_tui.host.shared_state.reply_writer import BATCH_SECONDS, ReplyWriter
from fakegpt_tui.protocol.fakegpt import ConversationSummary, StoredMessage
from fakegpt_tui.text import replace_surrogates


class RedisConversations:
    """Conversations that all processes with the same shared state have in common.

    While that is lost, what is known cannot be read; replies go on, and are saved later.
    """

    text_seconds: float | None = 0.1 - BATCH_SECONDS

    def __init__(self, connection: StateConnection, leases: RedisLeases) -> None:
        self._connection = connection
        self._writer = ReplyWriter(connection, leases)
        self._interrupt = connection.script(INTERRUPT)
        self._rename = connection.script(RENAME)
        self._delete = connection.script(DELETE)
        self.begin = self._writer.begin
        self.save_text = self._writer.save_text
        self.end = self._writer.end

    async def find(self, owner: Owner, conversation_id: str) -> CachedConversation | None:
        """A copy of the conversation; a reply whose process is gone is ended first.

        When the state has just come back, others may still have to save what they kept meanwhile,
        so that nothing is ended then, and nothing is unknown.
        """
        await self._writer.save_late(owner, conversation_id)
        names = OwnerNames.of(owner)
        header, messages = await self._read(names, conversation_id)
        if self._connection.breaker.is_settling:
            if not header:
                raise StateLost
        elif await self._interrupt_lost(names, conversation_id, messages):
            header, messages = await self._read(names, conversation_id)
        return decode_conversation(conversation_id, header, messages) if header else None

    async def _interrupt_lost(
        self, names: OwnerNames, conversation_id: str, messages: Iterable[StoredMessage]
    ) -> bool:
        """End replies whose process is gone; were there any?"""
        ended = 0
        for each in messages:
            if each.status is MessageStatus.STREAMING:
                keys = [names.conversation(conversation_id)[1], names.lease(each.id)]
                is_ended, _ = await self._interrupt([*keys, names.text(each.id)], each.id)
                ended += is_ended
        return ended > 0

    async def page(
        self, owner: Owner, *, offset: int, limit: int, by_creation: bool = False
    ) -> tuple[list[ConversationSummary], int]:
        """Some conversations, as `Conversations.page` says."""
        names = OwnerNames.of(owner)

        async def read(redis: Redis) -> tuple[list[ConversationSummary], int]:
            ids = [str(each) for each in await redis.zrevrange(names.index, 0, -1)]
            chosen = ids if by_creation else ids[offset : offset + limit]
            pipeline = redis.pipeline(transaction=False)
            for each in chosen:
                pipeline.hgetall(names.conversation(each)[0])
            rows = zip(chosen, await pipeline.execute(), strict=True)
            return [decode_summary(key, header) for key, header in rows if header], len(ids)

        found, total = await self._connection.run(read)
        if by_creation:
            found.sort(key=lambda each: each.created_at, reverse=True)
            found = found[offset : offset + limit]
        return found, total

    async def rename(self, owner: Owner, conversation_id: str, title: str) -> None:
        keys = OwnerNames.of(owner).conversation(conversation_id)
        await self._rename(keys[:1], replace_surrogates(title))

    async def delete(self, owner: Owner, conversation_id: str) -> None:
        names = OwnerNames.of(owner)
        keys = [*names.conversation(conversation_id), names.deleted(conversation_id)]
        await self._delete(keys, conversation_id)

    async def clear(self, owner: Owner) -> None:
        """Delete all conversations of an owner."""
        index = OwnerNames.of(owner).index

        async def read(redis: Redis) -> list[str]:
            return [str(each) for each in await redis.zrange(index, 0, -1)]

        for conversation_id in await self._connection.run(read):
            await self.delete(owner, conversation_id)

    async def close(self) -> None:
        """Save what waits, as far as that is possible."""
        await self._writer.late.close()

    async def _read(
        self, names: OwnerNames, conversation_id: str
    ) -> tuple[dict[str, str], list[StoredMessage]]:
        """The header and the messages, with what was written of those that still stream."""
        keys = names.conversation(conversation_id)

        async def read(redis: Redis) -> tuple[dict[str, str], list[StoredMessage]]:
            pipeline = redis.pipeline(transaction=False)
            pipeline.hgetall(keys[0])
            pipeline.hgetall(keys[1])
            header, rows = await pipeline.execute()
            messages = decode_messages(rows)
            for number, each in enumerate(messages):
                if each.status is MessageStatus.STREAMING:
                    text = str(await redis.get(names.text(each.id)) or "")
                    messages[number] = replace(each, text=text)
            return header, messages

        return await self._connection.run(read)
