"""Message trees of all conversations: showing variants, adding, editing and trashing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from fakegpt_tui.chat import undo
from fakegpt_tui.chat.pending_writes import reply_key
from fakegpt_tui.chat.tree_cache import TreeCache, without_removed
from fakegpt_tui.domain import (
    ChatMessage,
    MessageStatus,
    NotFound,
    Role,
    StillReplying,
    new_id,
    now,
)
from fakegpt_tui.domain.message_tree import MessageTree, TurnRow, Variants
from fakegpt_tui.text import replace_surrogates

if TYPE_CHECKING:
    from fakegpt_tui.chat.active_turns import ActiveTurns
    from fakegpt_tui.chat.conversation_index import ConversationIndex
    from fakegpt_tui.chat.pending_writes import PendingWrites, Stores
    from fakegpt_tui.chat.undo import UndoHistory
    from fakegpt_tui.domain.diff import DiffPart
    from fakegpt_tui.domain.undo import UndoStep


class MessageTrees(TreeCache):
    """The message trees of all conversations, read on demand, with active replies as they stand.

    Every method raises `NotFound` where there is no such conversation or chat message.
    """

    def __init__(
        self,
        stores: Stores,
        index: ConversationIndex,
        writes: PendingWrites,
        history: UndoHistory,
        turns: ActiveTurns,
    ) -> None:
        """`turns` are the active ones."""
        super().__init__(stores, index, writes, turns)
        self._history = history
        self._last_shown: dict[str, str] = {}

    def path(self, conversation_id: str) -> tuple[ChatMessage, ...]:
        """The chat messages that are shown, oldest first."""
        leaf_id = self._index.get(conversation_id).leaf_id
        path = () if leaf_id is None else self.of(conversation_id).path(leaf_id)
        return without_removed(path)

    def path_to(self, conversation_id: str, message_id: str) -> tuple[ChatMessage, ...]:
        """The path from the root to a chat message."""
        return self.of(conversation_id).path(self.message(conversation_id, message_id).id)

    def message(self, conversation_id: str, message_id: str) -> ChatMessage:
        """A chat message that is not in the trash."""
        message = self.of(conversation_id).get(message_id)
        if message is None or message.trashed_at is not None:
            raise NotFound("This message is no longer in the conversation.")
        return message

    def prompt_of(self, conversation_id: str, message_id: str) -> ChatMessage:
        """The prompt that a chat message is, or that it replies to."""
        message = self.message(conversation_id, message_id)
        if message.role is not Role.USER and message.parent_id is not None:
            message = self.message(conversation_id, message.parent_id)
        if message.role is not Role.USER:
            raise NotFound("There is no prompt here that could be asked again.")
        return message

    def variants(self, conversation_id: str, message_id: str) -> Variants:
        """The siblings of a chat message, itself among them."""
        message = self.message(conversation_id, message_id)
        return self.of(conversation_id).variants(message)

    def forks(self, conversation_id: str, path: Iterable[ChatMessage]) -> dict[str, Variants]:
        """The variants of those messages of a path that have any."""
        return self.of(conversation_id).forks(path)

    def show_variant(self, conversation_id: str, message_id: str) -> None:
        """Show the path through a chat message, down to the leaf that was shown last below it."""
        self.message(conversation_id, message_id)
        self._show(conversation_id, message_id)

    def step_variant(self, conversation_id: str, message_id: str, step: int) -> str | None:
        """Show the variant that is `step` positions further; its id, or `None` if there is none."""
        variants = self.variants(conversation_id, message_id)
        index = variants.position - 1 + step
        if step == 0 or not 0 <= index < variants.count:
            return None
        self._show(conversation_id, variants.ids[index])
        return variants.ids[index]

    def turn_rows(self, conversation_id: str) -> tuple[TurnRow, ...]:
        """The whole tree for a tree view, top down."""
        leaf_id = self._index.get(conversation_id).leaf_id
        return self.of(conversation_id).turn_rows(leaf_id)

    def compare(self, conversation_id: str, before_id: str, after_id: str) -> tuple[DiffPart, ...]:
        """Word diff of two chat messages."""
        from fakegpt_tui.domain.diff import diff_words  # noqa: PLC0415 - not at every start

        before = self.message(conversation_id, before_id)
        return diff_words(before.text, self.message(conversation_id, after_id).text)

    def edit_reply(self, conversation_id: str, reply_id: str, text: str) -> ChatMessage:
        """A variant of a reply with another text, which is shown and can be gone on from.

        Raises:
            StillReplying: A reply is under way in the conversation.
            NotFound: That is no reply.
        """
        reply = self.message(conversation_id, reply_id)
        if reply.role is not Role.ASSISTANT or not text.strip():
            raise NotFound("There is no reply here that could have that text.")
        self.check_idle(conversation_id)
        edited = replace(
            reply,
            id=new_id(),
            text=replace_surrogates(text),
            reasoning="",
            parts=(),
            status=MessageStatus.COMPLETE,
            created_at=now(),
            error=None,
            finish=None,
            usage=None,
            server_id="",
        )
        self.add_leaf(edited, "A reply was", "edited")
        return edited

    def check_idle(self, conversation_id: str) -> None:
        """Refuse what has to wait for the end of a reply.

        Raises:
            StillReplying: One is under way.
        """
        if conversation_id in self._turns:
            raise StillReplying("A reply is under way in this conversation; stop it first.")

    def change_message(self, message: ChatMessage, what: str, done: str) -> None:
        """Save another version of a message in its own place; can be undone."""
        before = self.message(message.conversation_id, message.id)
        steps = [undo.message_step(before)]
        self._history.record(done, steps, what=what, scope=message.conversation_id)
        self.save_version(message)

    def save_version(self, version: ChatMessage) -> None:
        """Save another version of a message in its own place."""
        store, key = self._stores.of(version.conversation_id), reply_key(version)
        self._writes.submit(key, lambda: store.finish_reply(version))
        self.put(version, key)

    def add_leaf(self, message: ChatMessage, what: str, done: str) -> None:
        """Save a new message, and show it; undoing puts it into the trash."""
        conversation_id = message.conversation_id
        steps = [
            undo.trash_messages_step(conversation_id, [message.id]),
            undo.header_step(self._index.get(conversation_id), ["leaf_id", "updated_at"]),
        ]
        self._history.record(done, steps, what=what, scope=conversation_id)
        self.remember_shown_path(conversation_id)
        header = replace(self._index.current(conversation_id), leaf_id=message.id, updated_at=now())
        store, key = self._stores.of(conversation_id), reply_key(message)
        self._writes.submit(key, lambda: store.add_turn(header, message))
        self.put(message, key)
        self._index.put(header)

    def trash(self, conversation_id: str, message_id: str) -> int:
        """Move a chat message and all below it to the trash; their number. Can be undone.

        Raises:
            StillReplying: A reply is under way among them.
        """
        ids = self._deletable(conversation_id, message_id)
        steps = [
            undo.trash_time_step(conversation_id, ids, None),
            self._leaf_step(conversation_id),
        ]
        what = "A message was" if len(ids) == 1 else f"{len(ids)} messages were"
        self._history.record("deleted", steps, what=what, scope=conversation_id)
        self._trash_subtree(conversation_id, message_id)
        return len(ids)

    def trash_without_undo(self, conversation_id: str, message_ids: Iterable[str]) -> None:
        """Move chat messages to the trash as the undoing of another action."""
        for message_id in message_ids:
            message = self.of(conversation_id).get(message_id)
            if message is not None and message.trashed_at is None:
                self._trash_subtree(conversation_id, message_id)

    def trashed(self, conversation_id: str) -> list[ChatMessage]:
        """The topmost message of each group in the trash of a conversation."""
        self._index.get(conversation_id)
        return self.of(conversation_id).trashed_roots()

    def restore(self, conversation_id: str, message_id: str) -> None:
        """Restore and show what was trashed together with this message. Can be undone."""
        tree = self.of(conversation_id)
        message = tree.get(message_id)
        if message is None or message.trashed_at is None:
            raise NotFound("This message is not in the trash.")
        found = tree.trashed_together(message_id)
        ids_by_time: dict[datetime | None, list[str]] = {}
        for each in found:
            ids_by_time.setdefault(each.trashed_at, []).append(each.id)
        steps = [
            *(
                undo.trash_time_step(conversation_id, ids, time)
                for time, ids in ids_by_time.items()
            ),
            self._leaf_step(conversation_id),
        ]
        self._history.record("restored", steps, what="A message was", scope=conversation_id)
        self.set_trash_time(conversation_id, [each.id for each in found], None)
        self._show(conversation_id, message_id)

    def remember_shown_path(self, conversation_id: str) -> None:
        """Record the shown path, so that showing its messages again leads to the same leaf."""
        for message in self.path(conversation_id):
            self._last_shown[message.parent_id or conversation_id] = message.id

    def _deletable(self, conversation_id: str, message_id: str) -> list[str]:
        """A chat message and all below it, unless a reply is under way among them."""
        self.message(conversation_id, message_id)
        ids = [each.id for each in self.of(conversation_id).subtree(message_id)]
        if any(turn.reply_id in ids for turn in self._turns.of(conversation_id)):
            raise StillReplying("A reply is under way below this message; stop it first.")
        return ids

    def _trash_subtree(self, conversation_id: str, message_id: str) -> None:
        """Move a chat message and all below it to the trash."""
        ids = self._deletable(conversation_id, message_id)
        neighbour = _neighbour(self.of(conversation_id), self.message(conversation_id, message_id))
        self.set_trash_time(conversation_id, ids, now())
        if self._index.get(conversation_id).leaf_id in ids:
            self._show(conversation_id, neighbour)

    def _show(self, conversation_id: str, message_id: str | None) -> None:
        tree = self.of(conversation_id)
        self.remember_shown_path(conversation_id)
        leaf_id = None if message_id is None else tree.latest_leaf(message_id, self._last_shown)
        self._set_leaf(conversation_id, leaf_id)

    def _leaf_step(self, conversation_id: str) -> UndoStep:
        return undo.header_step(self._index.get(conversation_id), ["leaf_id"])

    def _set_leaf(self, conversation_id: str, leaf_id: str | None) -> None:
        if self._index.get(conversation_id).leaf_id != leaf_id:
            self._index.update(conversation_id, lambda each: replace(each, leaf_id=leaf_id))

    def set_trash_time(
        self, conversation_id: str, message_ids: Iterable[str], at: datetime | None
    ) -> None:
        """Move just these chat messages to the trash, or out of it, without an undo."""
        tree = self.of(conversation_id)
        known = [message for each in message_ids if (message := tree.get(each)) is not None]
        if not known:
            return
        ids = [message.id for message in known]
        key = ("trash", conversation_id, ids[0])
        store = self._stores.of(conversation_id)
        self._writes.submit(key, lambda: store.trash_messages(ids, at))
        for message in known:
            self.put(replace(message, trashed_at=at), key)


def _neighbour(tree: MessageTree, message: ChatMessage) -> str | None:
    """What to show in place of a chat message: the variant before or after it, or its parent."""
    variants = tree.variants(message)
    if variants.count == 1:
        return message.parent_id
    return variants.ids[variants.position - 2 if variants.position > 1 else 1]
