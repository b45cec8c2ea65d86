"""Writes that are not known to be on disk, and are retried."""

from collections.abc import Callable, Collection
from concurrent.futures import Future
from typing import TypeAlias

from fakegpt_tui.domain import ChatMessage, StoreError
from fakegpt_tui.domain.fast_dataclass import dataclass

WriteKey: TypeAlias = tuple[str, ...]
"""What is written: its kind, the conversation that it is of, and what else tells it apart."""

Write: TypeAlias = Callable[[], Future[None]]
"""Puts a write into the store's queue."""


@dataclass(slots=True)
class _Pending:
    write: Write
    future: Future[None]


class PendingWrites:
    """Remembers each write until it is on disk, and makes those again that failed.

    A later write of the same key takes the place of an earlier one.
    """

    def __init__(self) -> None:
        self._pending: dict[WriteKey, _Pending] = {}

    def submit(self, key: WriteKey, write: Write) -> Future[None]:
        """Write now, and again if that fails."""
        self._pending.pop(key, None)
        future = write()
        self._pending[key] = _Pending(write, future)
        return future

    def is_pending(self, key: WriteKey) -> bool:
        """Is the last write of `key` still under way, or did it fail?"""
        pending = self._pending.get(key)
        if pending is None:
            return False
        if pending.future.done() and pending.future.exception() is None:
            del self._pending[key]
            return False
        return True

    def pending(self, kind: str) -> set[str]:
        """The conversations that have a pending write of that kind."""
        return {key[1] for key in list(self._pending) if key[0] == kind and self.is_pending(key)}

    def discard(self, key: WriteKey) -> None:
        """Give up on a write that has become pointless."""
        self._pending.pop(key, None)

    def discard_conversation(self, conversation_id: str) -> None:
        """Give up on all that is of a conversation that is gone."""
        for key in [key for key in self._pending if key[1] == conversation_id]:
            del self._pending[key]

    def retry(self) -> None:
        """Make the writes again that failed, in their order."""
        for key in list(self._pending):
            pending = self._pending[key]
            if self.is_pending(key) and _error_of(pending.future) is not None:
                pending.future = pending.write()

    def futures(self, kinds: Collection[str]) -> list[Future[None]]:
        """Of the writes of those kinds that are not known to be on disk."""
        return [pending.future for key, pending in self._pending.items() if key[0] in kinds]

    @property
    def error(self) -> StoreError | None:
        """Why something that should be on disk is not, as far as is known."""
        errors = (_error_of(pending.future) for pending in self._pending.values())
        return next((error for error in errors if error is not None), None)


def _error_of(future: Future[None]) -> StoreError | None:
    error = future.exception() if future.done() else None
    if error is None or isinstance(error, StoreError):
        return error
    raise error


def reply_key(reply: ChatMessage) -> tuple[str, str, str]:
    return "reply", reply.conversation_id, reply.id
