"""Conversation store: reads and queued writes of conversations and chat messages."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec, Self, TypeVar

from fakegpt_tui.store import open_store, queries, rows, side_tables, write_operations
from fakegpt_tui.store.blob_access import BlobAccess
from fakegpt_tui.store.change_log import ChangeLog
from fakegpt_tui.store.connection import transaction
from fakegpt_tui.store.errors import DamagedStore, translate_errors
from fakegpt_tui.store.maintenance import Maintenance
from fakegpt_tui.store.search import SearchConnection
from fakegpt_tui.store.writer import StoreWriter

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
        StoreError,
    )
    from fakegpt_tui.domain.folders import Folder
    from fakegpt_tui.domain.parts import Origin, Part
    from fakegpt_tui.domain.prices import SpendingEntry

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


class ConversationStore(BlobAccess, AbstractContextManager["ConversationStore"]):
    """Conversations and their trees of chat messages, shared with other running instances.

    A read sees every write whose future is done. A write is in the writer's queue when its method
    returns, in order, and cannot be cancelled; its future tells when it is on disk, or raises
    `StoreError`. After a `NotSavedYet` the write is kept in memory and tried again. All methods
    may be called from any thread.
    """

    def __init__(self, files: open_store.StoreFiles) -> None:
        """Use what `open_store` or `open_in_memory` has opened."""
        super().__init__(files)
        path = self._path = files.path
        self._owner = files.instance.id
        self._reader = files.reader
        self._reading = threading.Lock()
        self._found_damage = False
        self._seen_changes = 0
        self._search = SearchConnection(path, files.open_reader)
        self._writer = StoreWriter(path, files.writer, files.hold_lock, identity=files.identity)
        self.changes = ChangeLog(path, self._read, self._writer)
        self._maintenance: Maintenance | None = None
        if files.needs_maintenance:
            self._maintenance = Maintenance(
                path, files.open_reader, self._writer, is_suspect=files.is_suspect
            )

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the store at `path`; its folder and its tables are made if need be.

        Raises:
            StoreError: It cannot be opened, or a newer version of the program wrote it.
        """
        return cls(open_store.open_store(path.absolute().resolve()))

    @classmethod
    def open_in_memory(cls) -> Self:
        """Open an empty store that never touches a disk, and is gone when it is closed."""
        return cls(open_store.open_in_memory())

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def last_error(self) -> StoreError | None:
        """Why the last write failed, deltas of replies included; `None` if it did not."""
        return self._writer.last_error

    @property
    def notices(self) -> tuple[str, ...]:
        """Sentences for a person about how the store was found; may grow."""
        return self._files.notices + (self._maintenance.notices if self._maintenance else ())

    def close(self, deadline: float = 5.0) -> bool:
        """Write what is queued, for `deadline` seconds at most; was everything written?"""
        if self._maintenance is not None:
            self._maintenance.close()
            self._found_damage |= self._maintenance.found_damage
        self._search.close()
        with self._reading:
            self._reader.close()
        is_written = self._writer.close(deadline)
        met_damage = self._found_damage or isinstance(self.last_error, DamagedStore)
        self._files.instance.close(met_damage=met_damage)
        return is_written

    def conversations(self) -> tuple[Conversation, ...]:
        """All that are not in the trash, the last updated first."""
        return self._read(queries.list_conversations)

    def trashed(self) -> tuple[Conversation, ...]:
        """The conversations in the trash, the last trashed first."""
        return self._read(queries.list_trashed)

    def conversation(self, conversation_id: str) -> Conversation | None:
        return self._read(queries.get_conversation, conversation_id)

    def path(self, conversation_id: str) -> tuple[ChatMessage, ...]:
        """The chat messages from the root to the conversation's leaf."""
        return self._read(queries.get_path, conversation_id)

    def messages(self, conversation_id: str) -> tuple[ChatMessage, ...]:
        """The whole tree, in the order in which the chat messages were added."""
        return self._read(queries.list_messages, conversation_id)

    def path_end(self, leaf_id: str, count: int) -> tuple[ChatMessage, ...]:
        """The last `count` chat messages on the way to a leaf, oldest first."""
        return self._read(queries.get_path_end, leaf_id, count)

    def count_messages(self, conversation_id: str) -> int:
        """How many chat messages the whole tree has."""
        return self._read(queries.count_messages, conversation_id)

    def save_conversation(self, conversation: Conversation) -> Future[None]:
        """Change the header. It fails where the conversation has been deleted."""
        return self._writer.submit(write_operations.save_conversation(conversation))

    def delete_conversation(self, conversation_id: str) -> Future[None]:
        return self._writer.submit(write_operations.delete_conversation(conversation_id))

    def add_turn(self, conversation: Conversation, *messages: ChatMessage) -> Future[None]:
        """Add chat messages, parents first, and save the header; all survives a power cut or none.

        A new conversation is added. If all messages are there already, nothing is changed.
        """
        operation = write_operations.add_turn(conversation, messages, self._owner)
        operation = self._with_blobs(operation, *(message.parts for message in messages))
        return self._writer.submit(operation, durable=True)

    def append_reply(self, reply_id: str, text: str, keep: int | None = None) -> None:
        """Keep the first `keep` code points of a reply, or all of them, and add `text`.

        It is on disk a quarter second later, or after 4 kB, or with the next write. What comes
        after the reply was finished is dropped.
        """
        self._writer.append_reply(reply_id, text, keep)

    def append_reasoning(self, reply_id: str, text: str) -> None:
        """Add to the reasoning of a reply, as `append_reply` adds to its text."""
        self._writer.append_reply(reply_id, text, None, queries.REASONING)

    def append_part(self, reply_id: str, part: Part | Origin) -> None:
        """Add a part at the end of a reply, or the origin of the text that ends there.

        Bytes that it uses must have been kept before.
        """
        self._writer.append_reply(reply_id, "", None, rows.part_json().encode_step(part))

    def finish_reply(self, reply: ChatMessage) -> Future[None]:
        """Save a reply as it ended, in place of its deltas; it survives a power cut."""
        operation = write_operations.finish_reply(reply, self._owner)
        return self._writer.submit(self._with_blobs(operation, reply.parts), durable=True)

    def set_status(self, message_id: str, status: MessageStatus) -> Future[None]:
        return self._writer.submit(write_operations.set_status(message_id, status, self._owner))

    def trash_messages(self, message_ids: Sequence[str], at: datetime | None) -> Future[None]:
        """Put just these chat messages into the trash, or take them out of it."""
        return self._writer.submit(write_operations.trash_messages(message_ids, at))

    def delete_trashed(self, before: datetime) -> Future[None]:
        """Delete for good what was put into the trash before that time."""
        return self._writer.submit(write_operations.delete_trashed(before))

    def drafts(self) -> Mapping[str, Draft]:
        """Drafts by conversation, which need not be in the store yet."""
        return self._read(side_tables.read_drafts)

    def save_draft(self, draft: Draft) -> Future[None]:
        """Save the draft of its conversation, or delete it if it has no text and no attachment.

        Coalesced, so that typing costs few writes.
        """
        name = f"draft {draft.conversation_id}"
        return self._writer.submit_coalesced(name, side_tables.save_draft(draft))

    def spending(self, since: datetime | None = None) -> Sequence[SpendingEntry]:
        """What services were asked for from `since` on, oldest first."""
        return self._read(side_tables.read_spending, since)

    def add_spending(self, entry: SpendingEntry) -> Future[None]:
        """Add what is no reply of a tree; replies are added as they end."""
        return self._writer.submit(side_tables.add_spending(entry))

    def folders(self) -> Sequence[Folder]:
        """The folders that were made apart from any conversation in them, by their paths."""
        return self._read(side_tables.read_folders)

    def save_folder(self, folder: Folder) -> Future[None]:
        """Make a folder, or change its preset."""
        return self._writer.submit(side_tables.save_folder(folder))

    def delete_folder(self, path: str) -> Future[None]:
        """Delete a folder alone: no other one, and no conversation."""
        return self._writer.submit(side_tables.delete_folder(path))

    def bookmark(self, conversation_id: str) -> Bookmark | None:
        """Where reading stopped in the conversation, short of its end."""
        return self._read(side_tables.read_bookmark, conversation_id)

    def save_bookmark(self, bookmark: Bookmark) -> Future[None]:
        """Save the bookmark of its conversation; coalesced."""
        operation = side_tables.save_bookmark(bookmark)
        return self._writer.submit_coalesced(f"bookmark {bookmark.conversation_id}", operation)

    def delete_bookmark(self, conversation_id: str) -> Future[None]:
        operation = side_tables.delete_bookmark(conversation_id)
        return self._writer.submit_coalesced(f"bookmark {conversation_id}", operation)

    def queued_prompts(self) -> Mapping[str, Sequence[QueuedPrompt]]:
        """By conversation, in the order in which they are to be sent."""
        return self._read(side_tables.read_queued_prompts)

    def save_queue(self, conversation_id: str, queue: Sequence[QueuedPrompt]) -> Future[None]:
        """Make these the queued prompts of the conversation."""
        operation = side_tables.save_queue(conversation_id, queue)
        operation = self._with_blobs(operation, *(prompt.parts for prompt in queue))
        return self._writer.submit(operation, durable=True)

    def prompts(self, limit: int) -> tuple[str, ...]:
        """The texts of earlier prompts, newest first, without doubles."""
        return self._read(side_tables.read_sent_prompts, limit)

    def search(
        self,
        query: SearchQuery,
        limit: int,
        *,
        best_first: bool = False,
        stopped: Callable[[], bool] | None = None,
    ) -> tuple[SearchHit, ...]:
        """Titles first, then chat messages, newest or best first; to be called in a thread.

        It ends without a hit once `stopped` says so, or when another search begins.
        """
        with self._noting_damage():
            return self._search.search(query, limit, best_first=best_first, stopped=stopped)

    def poll_changes(self) -> bool:
        """Has another instance written since the last call?

        The look itself comes after the call, so that the answer may come with the next one.
        """
        before, self._seen_changes = self._seen_changes, self._writer.foreign_changes
        self._writer.poll()
        return before != self._seen_changes

    def _read(
        self,
        query: Callable[Concatenate[sqlite3.Connection, _Arguments], _Result],
        *arguments: _Arguments.args,
        **options: _Arguments.kwargs,
    ) -> _Result:
        # One transaction, so that a reply that is finished meanwhile is not seen half folded.
        with (
            self._noting_damage(),
            self._reading,
            translate_errors(self._path),
            transaction(self._reader, "BEGIN"),
        ):
            return query(self._reader, *arguments, **options)

    @contextmanager
    def _noting_damage(self) -> Iterator[None]:
        try:
            yield
        except DamagedStore as damage:
            self._found_damage = True
            raise DamagedStore(f"{damage} The next start brings over what is whole.") from damage
