"""A fake store in dictionaries."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from fakegpt_tui.domain import (
    Bookmark,
    ChatMessage,
    Conversation,
    Draft,
    MessageStatus,
    QueuedPrompt,
    Role,
    SearchHit,
    SearchQuery,
)
from fakegpt_tui.domain.folders import Folder
from fakegpt_tui.domain.parts import Blob, Origin, Part
from fakegpt_tui.domain.prices import SpendingEntry
from fakegpt_tui.domain.undo import UndoAction, UndoStep
from fakegpt_tui.store.blobs import MemoryBlobs


class DictChanges:
    """Has what is kept about changes; every write is done at once."""

    def __init__(self) -> None:
        self.failures: dict[str, str] = {}
        self.actions: dict[str, UndoAction] = {}

    def failed_replies(self) -> dict[str, str]:
        return dict(self.failures)

    def last_action(self, scope: str, *, but_not: Iterable[str] = ()) -> UndoAction | None:
        left = (self.actions[each] for each in reversed(self.actions) if each not in but_not)
        return next((each for each in left if each.scope in ("", scope)), None)

    def add_action(self, action: UndoAction) -> Future[None]:
        self.actions[action.id] = action
        return settled()

    def extend_action(
        self, action: UndoAction, steps: Sequence[UndoStep], begin: int
    ) -> Future[None]:
        known = self.actions.get(action.id, action)
        self.actions[action.id] = replace(known, steps=(*known.steps[:begin], *steps))
        return settled()

    def renew_action(self, action_id: str) -> Future[None]:
        self.actions[action_id] = self.actions.pop(action_id)
        return settled()

    def remove_action(self, action_id: str) -> Future[None]:
        self.actions.pop(action_id, None)
        return settled()


class DictStore:
    """Has what the chat service needs of a store; every write is done at once."""

    def __init__(self) -> None:
        self.headers: dict[str, Conversation] = {}
        self.nodes: dict[str, ChatMessage] = {}
        self.blobs = MemoryBlobs()
        self.changes = DictChanges()
        self.entries: list[SpendingEntry] = []
        self.kept_folders: dict[str, Folder] = {}
        self._drafts: dict[str, Draft] = {}
        self._bookmarks: dict[str, Bookmark] = {}
        self._queues: dict[str, tuple[QueuedPrompt, ...]] = {}

    def spending(self, since: datetime | None = None) -> list[SpendingEntry]:
        found = [
            SpendingEntry(
                reply_id=each.id,
                conversation_id=each.conversation_id,
                at=each.created_at,
                service=each.service,
                model=each.model,
                status=each.status,
                usage=each.usage,
                title=self.headers[each.conversation_id].title,
            )
            for each in self.nodes.values()
            if each.role is Role.ASSISTANT and each.service and each.status.is_final
        ]
        return [each for each in (*found, *self.entries) if since is None or each.at >= since]

    def add_spending(self, entry: SpendingEntry) -> Future[None]:
        self.entries.append(entry)
        return settled()

    def conversations(self) -> list[Conversation]:
        return [each for each in self.headers.values() if each.trashed_at is None]

    def trashed(self) -> list[Conversation]:
        return [each for each in self.headers.values() if each.trashed_at is not None]

    def conversation(self, conversation_id: str) -> Conversation | None:
        return self.headers.get(conversation_id)

    def messages(self, conversation_id: str) -> list[ChatMessage]:
        return [node for node in self.nodes.values() if node.conversation_id == conversation_id]

    def path_end(self, leaf_id: str, count: int) -> list[ChatMessage]:
        upwards: list[ChatMessage] = []
        step: str | None = leaf_id
        while len(upwards) < count and step is not None and (node := self.nodes.get(step)):
            upwards.append(node)
            step = node.parent_id
        return upwards[::-1]

    def count_messages(self, conversation_id: str) -> int:
        return len(self.messages(conversation_id))

    def add_turn(self, conversation: Conversation, *messages: ChatMessage) -> Future[None]:
        self.headers[conversation.id] = conversation
        self.nodes |= {message.id: message for message in messages}
        return settled()

    def append_reply(self, reply_id: str, text: str, keep: int | None = None) -> None:
        # A conversation may be deleted while it streams.
        if (node := self.nodes.get(reply_id)) is not None:
            self.nodes[reply_id] = replace(node, text=node.text[:keep] + text)

    def append_reasoning(self, reply_id: str, text: str) -> None:
        if (node := self.nodes.get(reply_id)) is not None:
            self.nodes[reply_id] = replace(node, reasoning=node.reasoning + text)

    def append_part(self, reply_id: str, part: Part | Origin) -> None:
        if (node := self.nodes.get(reply_id)) is not None and not isinstance(part, Origin):
            self.nodes[reply_id] = replace(node, parts=(*node.parts, part))

    def put_blob(self, source: bytes | BinaryIO, *, limit: int | None = None) -> Blob:
        return self.blobs.put(source, limit=limit)

    def read_blob(self, digest: str) -> bytes:
        return self.blobs.read(digest)

    def has_blob(self, blob: Blob) -> bool:
        return self.blobs.has(blob)

    def blobs_size(self) -> int:
        return self.blobs.size()

    def blob_path(self, digest: str) -> Path | None:
        return self.blobs.path(digest)

    def set_status(self, message_id: str, status: MessageStatus) -> Future[None]:
        if (node := self.nodes.get(message_id)) is not None:
            self.nodes[message_id] = replace(node, status=status)
        return settled()

    def finish_reply(self, reply: ChatMessage) -> Future[None]:
        if reply.id in self.nodes:
            self.nodes[reply.id] = reply
        if reply.status in (MessageStatus.FAILED, MessageStatus.INTERRUPTED):
            self.changes.failures[reply.conversation_id] = reply.id
        return settled()

    def save_conversation(self, conversation: Conversation) -> Future[None]:
        self.headers[conversation.id] = conversation
        return settled()

    def delete_conversation(self, conversation_id: str) -> Future[None]:
        self.headers.pop(conversation_id, None)
        for message in self.messages(conversation_id):
            del self.nodes[message.id]
        self._drafts.pop(conversation_id, None)
        self._bookmarks.pop(conversation_id, None)
        self._queues.pop(conversation_id, None)
        return settled()

    def trash_messages(self, message_ids: Sequence[str], at: datetime | None) -> Future[None]:
        for message_id in message_ids:
            self.nodes[message_id] = replace(self.nodes[message_id], trashed_at=at)
        return settled()

    def delete_trashed(self, before: datetime) -> Future[None]:
        for conversation in self.trashed():
            if conversation.trashed_at is not None and conversation.trashed_at < before:
                self.delete_conversation(conversation.id)
        for node in list(self.nodes.values()):
            if node.trashed_at is not None and node.trashed_at < before:
                del self.nodes[node.id]
        return settled()

    def drafts(self) -> Mapping[str, Draft]:
        return dict(self._drafts)

    def save_draft(self, draft: Draft) -> Future[None]:
        if draft.text or draft.header:
            self._drafts[draft.conversation_id] = draft
        else:
            self._drafts.pop(draft.conversation_id, None)
        return settled()

    def bookmark(self, conversation_id: str) -> Bookmark | None:
        return self._bookmarks.get(conversation_id)

    def save_bookmark(self, bookmark: Bookmark) -> Future[None]:
        self._bookmarks[bookmark.conversation_id] = bookmark
        return settled()

    def delete_bookmark(self, conversation_id: str) -> Future[None]:
        self._bookmarks.pop(conversation_id, None)
        return settled()

    def queued_prompts(self) -> Mapping[str, Sequence[QueuedPrompt]]:
        return {each: prompts for each, prompts in self._queues.items() if prompts}

    def save_queue(self, conversation_id: str, prompts: Sequence[QueuedPrompt]) -> Future[None]:
        self._queues[conversation_id] = tuple(prompts)
        return settled()

    def prompts(self, limit: int) -> list[str]:
        asked = (node for node in reversed(list(self.nodes.values())) if node.role is Role.USER)
        texts = dict.fromkeys(node.text for node in asked if node.trashed_at is None and node.text)
        return list(texts)[:limit]

    def search(
        self,
        query: SearchQuery,  # noqa: ARG002 - a store's signature
        limit: int,  # noqa: ARG002 - a store's signature
        *,
        best_first: bool = False,  # noqa: ARG002 - a store's signature
        stopped: Callable[[], bool] | None = None,  # noqa: ARG002 - a store's signature
    ) -> list[SearchHit]:
        return []

    def folders(self) -> list[Folder]:
        return [self.kept_folders[path] for path in sorted(self.kept_folders)]

    def save_folder(self, folder: Folder) -> Future[None]:
        self.kept_folders[folder.path] = folder
        return settled()

    def delete_folder(self, path: str) -> Future[None]:
        self.kept_folders.pop(path, None)
        return settled()

    def poll_changes(self) -> bool:
        return False


def settled() -> Future[None]:
    future: Future[None] = Future()
    future.set_result(None)
    return future
