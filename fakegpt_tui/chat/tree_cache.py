"""Message trees as they are read, from the store and with what is not there yet.

What is shown has the reasoning of old replies apart, and no summaries that were removed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from fakegpt_tui.domain import ChatMessage, Role
from fakegpt_tui.domain.message_tree import MessageTree

if TYPE_CHECKING:
    from fakegpt_tui.chat.active_turns import ActiveTurns
    from fakegpt_tui.chat.conversation_index import ConversationIndex
    from fakegpt_tui.chat.pending_writes import PendingWrites, Stores, WriteKey

_LONG_TREE = 400
"""Of a longer tree the last messages are read and shown first."""

_LEAST_ROWS = 2
"""Rows of a screen that even the shortest message fills, with one to spare."""

_MAX_CACHED = 2
"""Cached trees; a long one takes as much memory as its text."""

_MARK_STARTS = frozenset("<[◁")
"""What the marks of reasoning begin with."""


class TreeCache:
    """The last trees that were read, with active replies as they stand."""

    def __init__(
        self, stores: Stores, index: ConversationIndex, writes: PendingWrites, turns: ActiveTurns
    ) -> None:
        """`turns` are the active ones."""
        self._stores = stores
        self._index = index
        self._writes = writes
        self._turns = turns
        self._cached: dict[str, MessageTree] = {}
        self._unsettled: dict[str, tuple[ChatMessage, WriteKey]] = {}
        self._changes = 0

    def path_tail(self, conversation_id: str, rows: int) -> tuple[ChatMessage, ...]:
        """The last messages of the shown path, where reading the whole tree would take long.

        They fill so many rows of a screen. There are none for short trees, and after `load`: then
        `path` is fast.
        """
        leaf_id = self._index.get(conversation_id).leaf_id
        if leaf_id is None or not self._is_only_on_disk(conversation_id):
            return ()
        store = self._stores.of(conversation_id)
        if store.count_messages(conversation_id) <= _LONG_TREE:
            return ()
        end = fold_reasoning(store.path_end(leaf_id, rows // _LEAST_ROWS + 1))
        # `path` handles a leaf that is missing or of another conversation, as after damage.
        is_ours = any(
            each.id == leaf_id and each.conversation_id == conversation_id for each in end
        )
        return without_removed(MessageTree(end).path(leaf_id)) if is_ours else ()

    async def load(self, conversation_id: str) -> None:
        """Read a tree in a thread, so that `path` is fast."""
        changes = self._changes
        messages = await asyncio.to_thread(self._stored, conversation_id)
        # A write in the meantime may be missing here; then the tree is read on demand.
        if changes == self._changes and self._is_only_on_disk(conversation_id):
            self._cached[conversation_id] = MessageTree(messages)

    def of(self, conversation_id: str) -> MessageTree:
        """The tree as it is now; empty for a conversation that has no prompt."""
        tree = self._cached.pop(conversation_id, None) or self._read(conversation_id)
        self._cached[conversation_id] = tree
        for oldest in list(self._cached)[:-_MAX_CACHED]:
            del self._cached[oldest]
        for turn in self._turns.of(conversation_id):
            tree.put(turn.reply)
        return tree

    def snapshot(self, conversation_id: str) -> tuple[ChatMessage, ...]:
        """All chat messages as they are now, parents first; the cache stays as it is."""
        is_known = conversation_id in self._cached
        return tuple(self.of(conversation_id) if is_known else self._read(conversation_id))

    def put(self, message: ChatMessage, key: WriteKey | None = None) -> None:
        """Put a chat message as it is, or will be once the write with that key is on disk."""
        self._changes += 1
        if key is not None:
            self._unsettled[message.id] = message, key
        if (tree := self._cached.get(message.conversation_id)) is not None:
            tree.put(message)

    def remove(self, message: ChatMessage) -> None:
        """Remove a chat message that could not be saved."""
        self._changes += 1
        if (tree := self._cached.get(message.conversation_id)) is not None:
            tree.remove(message.id)

    def clear_cache(self) -> None:
        """Drop all trees, to be read again on demand."""
        self._changes += 1
        self._cached.clear()

    def _is_only_on_disk(self, conversation_id: str) -> bool:
        """Is everything of the conversation in the store, and nothing in memory?"""
        return not (
            conversation_id in self._cached
            or conversation_id in self._turns
            or self._index.is_new(conversation_id)
            or any(each.conversation_id == conversation_id for each, _ in self._unsettled.values())
        )

    def _read(self, conversation_id: str) -> MessageTree:
        if self._index.is_new(conversation_id):
            return MessageTree()
        # Checked before reading: a pending write may finish meanwhile, but not the other way round.
        self._unsettled = {
            each: entry
            for each, entry in self._unsettled.items()
            if self._writes.is_pending(entry[1])
        }
        tree = MessageTree(self._stored(conversation_id))
        for message, _ in self._unsettled.values():
            if message.conversation_id == conversation_id:
                tree.put(message)
        for turn in self._turns.of(conversation_id):
            tree.put(turn.prompt)
            tree.put(turn.reply)
        return tree

    def _stored(self, conversation_id: str) -> Sequence[ChatMessage]:
        return fold_reasoning(self._stores.of(conversation_id).messages(conversation_id))


def fold_reasoning(messages: Iterable[ChatMessage]) -> list[ChatMessage]:
    """Messages as they are shown, without the reasoning that is still in the text of old replies.

    Earlier versions stored reasoning in the text, as other programs do, whose chats are imported.
    """
    return [_folded(each) if _may_hold_reasoning(each) else each for each in messages]


def _may_hold_reasoning(message: ChatMessage) -> bool:
    if message.role is not Role.ASSISTANT or message.reasoning or not message.status.is_final:
        return False
    return message.text[:40].lstrip()[:1] in _MARK_STARTS or "</th" in message.text


def _folded(message: ChatMessage) -> ChatMessage:
    from fakegpt_tui.backends.thoughts import split_thoughts  # noqa: PLC0415 - few replies need it

    reasoning, text = split_thoughts(message.text)
    return replace(message, reasoning=reasoning, text=text) if reasoning else message


def without_removed(path: tuple[ChatMessage, ...]) -> tuple[ChatMessage, ...]:
    """A path without summaries that were removed."""
    if any(map(_is_removed, path)):
        return tuple(message for message in path if not _is_removed(message))
    return path


def _is_removed(message: ChatMessage) -> bool:
    """Is it a removed summary? That stays in the tree, because messages are below it."""
    return message.role is Role.SYSTEM and not (message.text or message.parts)
