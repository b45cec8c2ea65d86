"""Store interface: what chat needs of a store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

if TYPE_CHECKING:
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
    from fakegpt_tui.domain.folders import Folder
    from fakegpt_tui.domain.parts import Blob, Origin, Part
    from fakegpt_tui.domain.prices import SpendingEntry
    from fakegpt_tui.domain.undo import UndoAction, UndoStep
    from fakegpt_tui.store.change_log import MirroredFile


class TurnStore(Protocol):
    """What a turn needs of the store.

    A write is in the store's queue when the call returns, so that no cancellation can lose it. Its
    future is done when the write is on disk, or raises `StoreError`.
    """

    def add_turn(self, conversation: Conversation, *messages: ChatMessage) -> Future[None]:
        """Save the header and add the chat messages, parents first; all of it or nothing."""
        ...

    def append_reply(self, reply_id: str, text: str, keep: int | None = None) -> None: ...

    def append_reasoning(self, reply_id: str, text: str) -> None: ...

    def append_part(self, reply_id: str, part: Part | Origin) -> None:
        """Add a part at the end of a reply, or the origin of the text that ends there."""
        ...

    def put_blob(self, source: bytes | BinaryIO, *, limit: int | None = None) -> Blob:
        """Keep the bytes of a picture or file. It blocks, so call it in a thread.

        Raises:
            StoreError: They cannot be written, or are more than `limit`.
        """
        ...

    def read_blob(self, digest: str) -> bytes:
        """The bytes with that digest. It blocks, so call it in a thread.

        Raises:
            StoreError: They are missing or damaged.
        """
        ...

    def has_blob(self, blob: Blob) -> bool:
        """Are the bytes there as they were stored? They are read, which blocks."""
        ...

    def blobs_size(self) -> int:
        """How many bytes all of them have together. It blocks."""
        ...

    def blob_path(self, digest: str) -> Path | None:
        """The file with these bytes, to be read only; `None` where they are in memory."""
        ...

    def set_status(self, message_id: str, status: MessageStatus) -> Future[None]: ...

    def finish_reply(self, reply: ChatMessage) -> Future[None]: ...


class ChangeStore(Protocol):
    """What is kept about changes: undo, signs of failed replies, and what a mirror shows."""

    def failed_replies(self) -> Mapping[str, str]:
        """The replies that failed last, by conversation, until it goes on."""
        ...

    def last_action(self, scope: str, *, but_not: Iterable[str] = ()) -> UndoAction | None:
        """The last action of a scope or on whole conversations, of any instance."""
        ...

    def add_action(self, action: UndoAction) -> Future[None]:
        """Keep an action; those that are too old or too many go."""
        ...

    def extend_action(
        self, action: UndoAction, steps: Sequence[UndoStep], begin: int
    ) -> Future[None]:
        """Add steps to an action, of which so many are there already; it is kept with the first."""
        ...

    def renew_action(self, action_id: str) -> Future[None]:
        """Make an action the last one, as of now."""
        ...

    def remove_action(self, action_id: str) -> Future[None]: ...

    def watch(self, changed: Callable[[], None]) -> None:
        """Call `changed` from now on, in another thread, after each write of any instance."""
        ...

    def settle(self, seconds: float) -> None:
        """Wait until what was queued until now is written, for so many seconds at most."""
        ...

    def mirror_lock(self) -> AbstractContextManager[bool]:
        """Holds other instances off the folder; false where one does not let go of it."""
        ...

    def newest_change(self) -> int:
        """A number that grows with every change of any conversation."""
        ...

    def unmirrored(self, folder: str, since: int = -1) -> Sequence[tuple[str, int | None]]:
        """The conversations that a folder does not show as they are; without a change, gone.

        What has not changed `since` is known to be shown.
        """
        ...

    def mirrored_files(
        self, folder: str, conversation_id: str | None = None
    ) -> Sequence[MirroredFile]:
        """What is known of the files of a folder, or just of those of a conversation."""
        ...

    def note_files(
        self, folder: str, files: Sequence[MirroredFile], gone: Iterable[str] = ()
    ) -> Future[None]:
        """Note what is known of files now, and forget those at the paths that are `gone`."""
        ...


class ChatStore(TurnStore, Protocol):
    """What the chat service needs of the store; reads see every write that has settled."""

    @property
    def changes(self) -> ChangeStore: ...

    def conversations(self) -> Sequence[Conversation]:
        """All that are not in the trash."""
        ...

    def trashed(self) -> Sequence[Conversation]: ...

    def conversation(self, conversation_id: str) -> Conversation | None:
        """The one with that id, in the trash or not."""
        ...

    def messages(self, conversation_id: str) -> Sequence[ChatMessage]:
        """The whole tree in the order in which it grew, trash included."""
        ...

    def path_end(self, leaf_id: str, count: int) -> Sequence[ChatMessage]:
        """The last `count` messages of the path to a leaf, oldest first, trash included."""
        ...

    def count_messages(self, conversation_id: str) -> int:
        """The number of messages in the whole tree."""
        ...

    def save_conversation(self, conversation: Conversation) -> Future[None]: ...

    def delete_conversation(self, conversation_id: str) -> Future[None]:
        """Delete it with its tree, its drafts, its bookmark and its queue."""
        ...

    def trash_messages(self, message_ids: Sequence[str], at: datetime | None) -> Future[None]:
        """Move just these chat messages to the trash, or out of it."""
        ...

    def delete_trashed(self, before: datetime) -> Future[None]:
        """Delete what was trashed before that time."""
        ...

    def drafts(self) -> Mapping[str, Draft]:
        """Drafts by conversation; the conversation may not be saved yet."""
        ...

    def save_draft(self, draft: Draft) -> Future[None]:
        """Save the draft of its conversation; an empty one removes it."""
        ...

    def bookmark(self, conversation_id: str) -> Bookmark | None:
        """Where reading stopped, unless it was the end."""
        ...

    def save_bookmark(self, bookmark: Bookmark) -> Future[None]: ...

    def delete_bookmark(self, conversation_id: str) -> Future[None]: ...

    def queued_prompts(self) -> Mapping[str, Sequence[QueuedPrompt]]:
        """By conversation, in the order in which they are to be sent."""
        ...

    def save_queue(self, conversation_id: str, prompts: Sequence[QueuedPrompt]) -> Future[None]:
        """Replace the queued prompts of the conversation."""
        ...

    def prompts(self, limit: int) -> Sequence[str]:
        """The texts of earlier prompts, newest first, each of them once."""
        ...

    def search(
        self,
        query: SearchQuery,
        limit: int,
        *,
        best_first: bool = False,
        stopped: Callable[[], bool] | None = None,
    ) -> Sequence[SearchHit]:
        """Hits, newest or best first. It blocks, so call it in a thread.

        `stopped` is polled; the search ends when it returns true.
        """
        ...

    def spending(self, since: datetime | None = None) -> Sequence[SpendingEntry]:
        """What services were asked for from `since` on, also for what is deleted by now."""
        ...

    def add_spending(self, entry: SpendingEntry) -> Future[None]:
        """Add what is no reply of a tree, such as a title."""
        ...

    def folders(self) -> Sequence[Folder]:
        """Those that were made apart from any conversation in them."""
        ...

    def save_folder(self, folder: Folder) -> Future[None]:
        """Make a folder, or change its preset."""
        ...

    def delete_folder(self, path: str) -> Future[None]:
        """Delete a folder alone; conversations in it are changed apart."""
        ...

    def poll_changes(self) -> bool:
        """Has another instance written since the last call?"""
        ...


class TemporaryStore(ChatStore, Protocol):
    """A store that is gone when it is closed."""

    def close(self) -> object: ...
