"""The store on disk, and the one that temporary conversations are kept in instead."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime

from fakegpt_tui.chat.drafts import conversation_of_draft
from fakegpt_tui.chat.memory import MemoryStore
from fakegpt_tui.chat.store_interface import ChatStore
from fakegpt_tui.domain import (
    Bookmark,
    ChatMessage,
    Conversation,
    Draft,
    MessageStatus,
    QueuedPrompt,
    SearchHit,
    SearchQuery,
)


class RoutingStore:
    """Both stores as one, so that nobody else has to know which conversation is where."""

    def __init__(self, disk: ChatStore) -> None:
        self._disk = disk
        self._memory = MemoryStore()
        self._temporary: set[str] = set()

    def make_temporary(self, conversation_id: str) -> None:
        """Let nothing of a conversation reach the disk; to be called before it has anything."""
        self._temporary.add(conversation_id)

    def is_temporary(self, conversation_id: str) -> bool:
        return conversation_id in self._temporary

    def conversations(self) -> list[Conversation]:
        return [*self._disk.conversations(), *self._memory.conversations()]

    def trashed(self) -> list[Conversation]:
        return [*self._disk.trashed(), *self._memory.trashed()]

    def conversation(self, conversation_id: str) -> Conversation | None:
        return self._store_of(conversation_id).conversation(conversation_id)

    def messages(self, conversation_id: str) -> Sequence[ChatMessage]:
        return self._store_of(conversation_id).messages(conversation_id)

    def path_end(self, leaf_id: str, count: int) -> Sequence[ChatMessage]:
        return self._store_with_message(leaf_id).path_end(leaf_id, count)

    def count_messages(self, conversation_id: str) -> int:
        return self._store_of(conversation_id).count_messages(conversation_id)

    def add_turn(self, conversation: Conversation, *messages: ChatMessage) -> Future[None]:
        return self._store_of(conversation.id).add_turn(conversation, *messages)

    def append_reply(self, reply_id: str, text: str, keep: int | None = None) -> None:
        self._store_with_message(reply_id).append_reply(reply_id, text, keep)

    def set_status(self, message_id: str, status: MessageStatus) -> Future[None]:
        return self._store_with_message(message_id).set_status(message_id, status)

    def finish_reply(self, reply: ChatMessage) -> Future[None]:
        return self._store_of(reply.conversation_id).finish_reply(reply)

    def save_conversation(self, conversation: Conversation) -> Future[None]:
        return self._store_of(conversation.id).save_conversation(conversation)

    def delete_conversation(self, conversation_id: str) -> Future[None]:
        return self._store_of(conversation_id).delete_conversation(conversation_id)

    def trash_messages(self, message_ids: Sequence[str], at: datetime | None) -> Future[None]:
        """Those of one conversation."""
        return self._store_with_message(message_ids[0]).trash_messages(message_ids, at)

    def delete_trashed(self, before: datetime) -> Future[None]:
        return self._disk.delete_trashed(before)

    def drafts(self) -> Mapping[str, Draft]:
        return {**self._disk.drafts(), **self._memory.drafts()}

    def save_draft(self, draft: Draft) -> Future[None]:
        return self._store_of(conversation_of_draft(draft.conversation_id)).save_draft(draft)

    def bookmark(self, conversation_id: str) -> Bookmark | None:
        return self._store_of(conversation_id).bookmark(conversation_id)

    def save_bookmark(self, bookmark: Bookmark) -> Future[None]:
        return self._store_of(bookmark.conversation_id).save_bookmark(bookmark)

    def delete_bookmark(self, conversation_id: str) -> Future[None]:
        return self._store_of(conversation_id).delete_bookmark(conversation_id)

    def queued_prompts(self) -> Mapping[str, Sequence[QueuedPrompt]]:
        return {**self._disk.queued_prompts(), **self._memory.queued_prompts()}

    def save_queue(self, conversation_id: str, prompts: Sequence[QueuedPrompt]) -> Future[None]:
        return self._store_of(conversation_id).save_queue(conversation_id, prompts)

    def prompts(self, limit: int) -> Sequence[str]:
        return self._disk.prompts(limit)

    def search(
        self,
        query: SearchQuery,
        limit: int,
        *,
        best_first: bool = False,
        stopped: Callable[[], bool] | None = None,
    ) -> Sequence[SearchHit]:
        return self._disk.search(query, limit, best_first=best_first, stopped=stopped)

    def poll_changes(self) -> bool:
        return self._disk.poll_changes()

    def _store_of(self, conversation_id: str) -> ChatStore:
        return self._memory if conversation_id in self._temporary else self._disk

    def _store_with_message(self, message_id: str) -> ChatStore:
        return self._memory if message_id in self._memory.nodes else self._disk
