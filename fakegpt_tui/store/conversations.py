"""The store of conversations."""

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from fakegpt_tui.domain import ChatMessage, Conversation, MessageStatus, StoreError
from fakegpt_tui.store import connection, opening, reading, writing
from fakegpt_tui.store.trouble import DamagedStore, translated
from fakegpt_tui.store.writer import Work, Writer
from fakegpt_tui.text import repaired

_Found = TypeVar("_Found")


class ConversationStore:
    """Conversations and their trees of chat messages, shared with other running instances.

    A read sees every write whose future is done. A write is in the writer's queue when its method
    returns, in order, and nothing can call it back; its future tells when it is on disk, or raises
    `StoreError`. Any thread may ask.
    """

    def __init__(self, path: Path, files: opening.OpenFiles) -> None:
        """Use what `open` has opened."""
        self.path_on_disk = path
        self.notices = files.notices
        """What a person should know about how the store was found, in sentences."""
        self._files = files
        self._reader = files.reader
        self._reading = threading.Lock()
        self._met_damage = False
        self._writer = Writer(path, files.writer, files.lock)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the store at `path`, making it, its folder and its tables if need be.

        Raises:
            StoreError: It cannot be opened, or a newer version of the program wrote it.
        """
        path = path.absolute().resolve()
        return cls(path, opening.open_files(path))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def trouble(self) -> StoreError | None:
        """Why the last write failed, be it growth that nobody waits for; `None` if it did not."""
        return self._writer.trouble

    def close(self, deadline: float = 5.0) -> bool:
        """Write what is queued, for `deadline` seconds at most; was everything written?"""
        with self._reading:
            self._reader.close()
        is_written = self._writer.close(deadline)
        met_damage = self._met_damage or isinstance(self.trouble, DamagedStore)
        self._files.instance.close(met_damage=met_damage)
        return is_written

    def conversations(self) -> tuple[Conversation, ...]:
        """All conversations, the one that was updated last first."""
        return self._read(reading.conversations)

    def conversation(self, conversation_id: str) -> Conversation | None:
        return self._read(lambda reader: reading.conversation(reader, repaired(conversation_id)))

    def path(self, conversation_id: str) -> tuple[ChatMessage, ...]:
        """The chat messages from the root to the conversation's leaf."""
        return self._read(lambda reader: reading.path(reader, repaired(conversation_id)))

    def messages(self, conversation_id: str) -> tuple[ChatMessage, ...]:
        """The whole tree, in the order in which the chat messages were added."""
        return self._read(lambda reader: reading.messages(reader, repaired(conversation_id)))

    def add_conversation(self, conversation: Conversation) -> Future[None]:
        return self._write(writing.add_conversation(conversation))

    def save_conversation(self, conversation: Conversation) -> Future[None]:
        """Change the header. It fails where the conversation has been deleted."""
        return self._write(writing.save_conversation(conversation))

    def delete_conversation(self, conversation_id: str) -> Future[None]:
        return self._write(writing.delete_conversation(conversation_id))

    def add_turn(
        self, conversation: Conversation, prompt: ChatMessage, reply: ChatMessage
    ) -> Future[None]:
        """Add both chat messages and save the header, or none of it; a power cut spares it.

        The conversation is added if it is new.
        """
        work = writing.add_turn(conversation, prompt, reply, self._files.instance.id)
        return self._write(work, durable=True)

    def add_message(self, message: ChatMessage) -> Future[None]:
        return self._write(writing.add_message(message, self._files.instance.id))

    def grow_reply(self, reply_id: str, text: str, keep: int | None = None) -> None:
        """Keep the first `keep` code points of a reply, or all of them, and add `text`.

        It is on disk 250 ms later, or 4 kB, or with the next write. What a reply gains after it
        was finished is dropped.
        """
        self._writer.grow(reply_id, text, keep)

    def finish_reply(self, reply: ChatMessage) -> Future[None]:
        """Save a reply as it ended, in place of what it grew by; a power cut spares it."""
        return self._write(writing.finish_reply(reply, self._files.instance.id), durable=True)

    def set_status(self, message_id: str, status: MessageStatus) -> Future[None]:
        return self._write(writing.set_status(message_id, status, self._files.instance.id))

    def _write(self, work: Work, *, durable: bool = False) -> Future[None]:
        return self._writer.submit(work, durable=durable)

    def _read(self, read: Callable[[sqlite3.Connection], _Found]) -> _Found:
        try:
            # One transaction, so that a reply that is finished meanwhile is not seen half folded.
            with (
                self._reading,
                translated(self.path_on_disk),
                connection.transaction(self._reader, "BEGIN"),
            ):
                return read(self._reader)
        except DamagedStore as damage:
            self._met_damage = True
            raise DamagedStore(f"{damage} The next start brings over what is whole.") from damage
