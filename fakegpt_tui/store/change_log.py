"""Change log: undo, signs of failed replies, and what a mirror folder shows, of an open store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any

from fakegpt_tui.domain import StoreError
from fakegpt_tui.store import changes, queries, undo_log
from fakegpt_tui.store.errors import TransientStoreError
from fakegpt_tui.store.instances import FileLock

if TYPE_CHECKING:
    from pathlib import Path

    from fakegpt_tui.domain.undo import UndoAction, UndoStep
    from fakegpt_tui.store.changes import MirroredFile
    from fakegpt_tui.store.writer import StoreWriter


class ChangeLog:
    """What is kept beside conversations about their changes. Reads and writes are the store's."""

    def __init__(self, path: Path, read: Callable[..., Any], writer: StoreWriter) -> None:
        """`read` runs a query on a connection to the store at `path`."""
        self._read = read
        self._writer = writer
        self._submit = writer.submit
        self._lock = FileLock(path.with_name(f"{path.name}.mirror.lock"))

    def failed_replies(self) -> Mapping[str, str]:
        """The replies that failed last, by conversation, until it goes on."""
        found: dict[str, str] = self._read(queries.list_failures)
        return found

    def last_action(self, scope: str, *, but_not: Iterable[str] = ()) -> UndoAction | None:
        """The last action of a scope or on whole conversations, of any instance."""
        found: UndoAction | None = self._read(undo_log.find_last, scope, but_not)
        return found

    def add_action(self, action: UndoAction) -> Future[None]:
        """Keep an action; those that are too old or too many go."""
        return self._submit(undo_log.add_action(action))

    def extend_action(
        self, action: UndoAction, steps: Sequence[UndoStep], begin: int
    ) -> Future[None]:
        """Add steps to an action, of which so many are there already; it is kept with the first."""
        return self._submit(undo_log.extend_action(action, steps, begin))

    def renew_action(self, action_id: str) -> Future[None]:
        """Make an action the last one, as of now."""
        return self._submit(undo_log.renew_action(action_id))

    def remove_action(self, action_id: str) -> Future[None]:
        return self._submit(undo_log.remove_action(action_id))

    def watch(self, changed: Callable[[], None]) -> None:
        """Call `changed` from now on, in another thread, after each write of any instance."""
        self._writer.on_change = changed

    def settle(self, seconds: float) -> None:
        """Wait until what was queued until now is written, for so many seconds at most."""
        with suppress(StoreError, TimeoutError):
            self._submit(lambda _connection: None).result(seconds)

    @contextmanager
    def mirror_lock(self) -> Iterator[bool]:
        """Holds other instances off mirror folders; false where one does not let go of them."""
        with ExitStack() as stack:
            try:
                stack.enter_context(self._lock.hold())
            except TransientStoreError:
                yield False
            else:
                yield True

    def newest_change(self) -> int:
        """A number that grows with every change of any conversation."""
        return int(self._read(changes.newest_change))

    def unmirrored(self, folder: str, since: int = -1) -> Sequence[tuple[str, int | None]]:
        """The conversations that a folder does not show as they are; without a change, gone.

        What has not changed `since` is known to be shown.
        """
        found: list[tuple[str, int | None]] = self._read(changes.list_unmirrored, folder, since)
        return found

    def mirrored_files(
        self, folder: str, conversation_id: str | None = None
    ) -> Sequence[MirroredFile]:
        """What is known of the files of a folder, or just of those of a conversation."""
        found: list[MirroredFile] = self._read(changes.list_files, folder, conversation_id)
        return found

    def note_files(
        self, folder: str, files: Sequence[MirroredFile], gone: Iterable[str] = ()
    ) -> Future[None]:
        """Note what is known of files now, and forget those at the paths that are `gone`."""
        return self._submit(changes.note_files(folder, files, gone))
