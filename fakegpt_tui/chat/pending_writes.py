"""Where conversations are kept, and writes that are not known to be on disk, and are retried."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeAlias

from fakegpt_tui.domain import ChatMessage, StoreError
from fakegpt_tui.fast_import import dataclass

if TYPE_CHECKING:
    from fakegpt_tui.chat.store_interface import ChatStore, TemporaryStore

WriteKey: TypeAlias = tuple[str, ...]
"""Kind of the write, id of the conversation, and what else identifies it."""

Write: TypeAlias = Callable[[], Future[None]]
"""Puts a write into the store's queue."""


@dataclass(slots=True)
class _Pending:
    write: Write
    future: Future[None]


class PendingWrites:
    """Keeps each write until it is on disk, and retries writes that failed.

    A later write with the same key replaces an earlier one.
    """

    def __init__(self) -> None:
        self._pending: dict[WriteKey, _Pending] = {}

    def submit(self, key: WriteKey, write: Write) -> Future[None]:
        """Write now, and let `retry` write again if that fails."""
        self._pending.pop(key, None)
        future = write()
        self._pending[key] = _Pending(write, future)
        return future

    def is_pending(self, key: WriteKey) -> bool:
        """Is the last write with this key unfinished or failed?"""
        pending = self._pending.get(key)
        if pending is None:
            return False
        if pending.future.done() and pending.future.exception() is None:
            del self._pending[key]
            return False
        return True

    def pending(self, kind: str) -> set[str]:
        """The conversations with a pending write of that kind."""
        return {key[1] for key in list(self._pending) if key[0] == kind and self.is_pending(key)}

    def discard(self, key: WriteKey) -> None:
        """Drop a write that is no longer needed."""
        self._pending.pop(key, None)

    def discard_conversation(self, conversation_id: str) -> None:
        """Drop the writes of a conversation that is deleted."""
        for key in [key for key in self._pending if key[1] == conversation_id]:
            del self._pending[key]

    def retry(self) -> None:
        """Repeat the writes that failed, in their order."""
        for key in list(self._pending):
            pending = self._pending[key]
            if self.is_pending(key) and _error_of(pending.future) is not None:
                pending.future = pending.write()

    def futures(self, kinds: Collection[str]) -> list[Future[None]]:
        """The futures of pending writes of those kinds."""
        return [pending.future for key, pending in self._pending.items() if key[0] in kinds]

    def wait(self) -> None:
        """Wait until all is on disk.

        Raises:
            StoreError: Something could not be written.
        """
        for pending in self._pending.values():
            pending.future.result()

    @property
    def error(self) -> StoreError | None:
        """Why a write failed that is still pending; `None` if all is well."""
        errors = (_error_of(pending.future) for pending in self._pending.values())
        return next((error for error in errors if error is not None), None)


def _error_of(future: Future[None]) -> StoreError | None:
    error = future.exception() if future.done() else None
    if error is None or isinstance(error, StoreError):
        return error
    raise error


def reply_key(reply: ChatMessage) -> tuple[str, str, str]:
    return "reply", reply.conversation_id, reply.id


class Stores:
    """The store of each conversation: on disk, or in memory for temporary conversations."""

    def __init__(self, open_disk: Callable[[], ChatStore]) -> None:
        """`open_disk` returns the store on disk, which may be opened by the first call."""
        self._open_disk = open_disk
        self._memory: TemporaryStore | None = None
        self._temporary: set[str] = set()

    @property
    def disk(self) -> ChatStore:
        return self._open_disk()

    def of(self, conversation_id: str) -> ChatStore:
        if self._memory is not None and conversation_id in self._temporary:
            return self._memory
        return self.disk

    def all(self) -> list[ChatStore]:
        return [self.disk] if self._memory is None else [self.disk, self._memory]

    def make_temporary(self, conversation_id: str) -> None:
        """Keep a conversation off the disk; to be called before anything of it is saved."""
        if self._memory is None:
            from fakegpt_tui.store.conversation_store import ConversationStore  # noqa: PLC0415 - not at every start

            self._memory = ConversationStore.open_in_memory()
        self._temporary.add(conversation_id)

    def is_temporary(self, conversation_id: str) -> bool:
        return conversation_id in self._temporary

    def close(self) -> None:
        """Drop the temporary conversations; the store on disk stays open."""
        if self._memory is not None:
            self._memory.close()


async def wait_for_write(saved: Future[None]) -> None:
    """Wait for a write; cancelling the wait does not cancel the write."""
    await asyncio.shield(asyncio.wrap_future(saved))
