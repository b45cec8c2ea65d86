"""Mirror: a folder with a Markdown file of every conversation, which follows the store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING, Final

from fakegpt_tui.chat.tree_cache import fold_reasoning
from fakegpt_tui.domain import FakeGPTError, SaveError, StoreError
from fakegpt_tui.store.change_log import MirroredFile
from fakegpt_tui.text import replace_surrogates, safe_line

if TYPE_CHECKING:
    from fakegpt_tui.chat.store_interface import ChatStore

EDITED: Final = "edited"
DELETED: Final = "deleted"
"""What became of a file since it was written."""

_TITLE_LENGTH: Final = 40
_SETTLE_SECONDS: Final = 5.0


class Mirror:
    """Keeps a folder as the store is, also when other instances and commands change that.

    What the folder shows is noted in the store: what a crash has kept from it is written later, and
    a file that was deleted by hand stays deleted until its conversation changes.
    """

    def __init__(self, store: ChatStore, folder: Path) -> None:
        self._store = store
        self._changes = store.changes
        self._name = replace_surrogates(str(folder.absolute()))
        # Importing all formats takes a tenth of a second, which only the thread has.
        from fakegpt_tui.formats.mirror import MirrorFolder  # noqa: PLC0415 - see above

        self._files = MirrorFolder(folder.absolute())
        self._shown = -1
        self._found: dict[str, list[Path]] | None = None
        self._news: list[str] = []

    def update(self, is_over: Callable[[], bool] = lambda: False) -> None:
        """Write what the folder does not show yet; `is_over` ends that between two files.

        While another instance keeps the folder, nothing is done: a later call does it.

        Raises:
            SaveError: A file could not be written.
            StoreError: The store cannot be read.
        """
        newest = self._changes.newest_change()
        if newest == self._shown:
            return
        with self._changes.mirror_lock() as is_ours:
            if not is_ours:
                return
            # A folder of an earlier version may have files that nothing was noted of.
            is_first = self._shown < 0 and not self._changes.mirrored_files(self._name)
            self._found = self._files.find_all() if is_first else None
            for conversation_id, change in self._changes.unmirrored(self._name, self._shown):
                if is_over():
                    return
                files = self._changes.mirrored_files(self._name, conversation_id)
                if change is None:
                    self._remove(conversation_id, files)
                else:
                    self._write(conversation_id, change, files)
            self._changes.settle(_SETTLE_SECONDS)
        self._shown = newest

    def look(self) -> list[str]:
        """Note which files were edited, moved or deleted; a sentence for each that is new.

        Raises:
            StoreError: The store cannot be read.
        """
        self._found = None
        with self._changes.mirror_lock() as is_ours:
            files = self._changes.mirrored_files(self._name) if is_ours else ()
            stamps = [(file, self._files.stamp(self._path(file))) for file in files]
            changed = [(file, stamp) for file, stamp in stamps if stamp != file.stamp]
            for file, stamp in changed:
                now = self._look_at(file, stamp)
                self._changes.note_files(self._name, [now], gone=[file.path])
                self._note_news(file, now)
            if changed:
                self._changes.settle(_SETTLE_SECONDS)
        news, self._news = self._news, []
        return news

    def changed_files(self) -> list[tuple[MirroredFile, Path]]:
        """The files that were edited or deleted, as far as that was noted, and where they are."""
        files = self._changes.mirrored_files(self._name)
        return [(each, self._path(each)) for each in files if each.state]

    def is_shown(self, path: Path) -> bool:
        """Is that the file of a conversation that has not changed since it was written?"""
        late = {each for each, _ in self._changes.unmirrored(self._name)}
        files = self._changes.mirrored_files(self._name)
        newest = {each.conversation_id: each for each in sorted(files, key=lambda it: it.change)}
        return any(
            self._path(each) == path and each.conversation_id not in late
            for each in newest.values()
        )

    def _write(self, conversation_id: str, change: int, files: Sequence[MirroredFile]) -> None:
        conversation = self._store.conversation(conversation_id)
        if conversation is None:
            return
        # What streams comes with its end; what was read is no matter of the file.
        messages = [
            each
            for each in fold_reasoning(self._store.messages(conversation_id))
            if each.status.is_final
        ]
        paths = [path for file in files for path in self._paths(file)]
        if self._found is not None:
            paths += self._found.get(conversation_id, [])
        written = self._files.write(
            replace(conversation, unread=False), messages, paths, self._store.read_blob
        )
        noted = MirroredFile(
            str(written.relative_to(self._files.path)),
            conversation_id,
            change,
            self._files.stamp(written),
        )
        kept = [self._edited(file) for file in files if self._path(file) != written]
        self._changes.note_files(
            self._name,
            [noted, *(file for file in kept if file is not None)],
            gone=[file.path for file in files],
        )

    def _edited(self, file: MirroredFile) -> MirroredFile | None:
        """A file that is no longer written to, if it is still there, because it was edited."""
        stamp = self._files.stamp(self._path(file))
        if not stamp:
            return None
        now = replace(file, stamp=stamp, state=EDITED)
        self._note_news(file, now)
        return now

    def _remove(self, conversation_id: str, files: Sequence[MirroredFile]) -> None:
        """Remove the files of a conversation in the trash, but for those that were edited."""
        paths = (path for file in files for path in self._paths(file))
        self._files.remove(paths, conversation_id)
        self._changes.note_files(self._name, [], gone=[file.path for file in files])

    def _look_at(self, file: MirroredFile, stamp: str) -> MirroredFile:
        if not stamp:
            moved = [path for path in self._paths(file) if path != self._path(file)]
            if not moved:
                return replace(file, stamp="", state=DELETED)
            path = str(moved[0].relative_to(self._files.path))
            return replace(file, path=path, stamp=self._files.stamp(moved[0]), state="")
        is_edited = not self._files.is_intact(self._path(file), file.conversation_id)
        return replace(file, stamp=stamp, state=EDITED if is_edited else "")

    def _note_news(self, before: MirroredFile, now: MirroredFile) -> None:
        if now.state and now.state != before.state:
            self._news.append(self._describe(now))

    def _paths(self, file: MirroredFile) -> list[Path]:
        """Where a file is, or may be where it was moved."""
        path = self._path(file)
        if self._files.stamp(path):
            return [path]
        if self._found is None:
            self._found = self._files.find_all()
        known = self._found.get(file.conversation_id, [])
        return [each for each in known if self._files.is_intact(each, file.conversation_id)]

    def _path(self, file: MirroredFile) -> Path:
        return self._files.path / file.path

    def _describe(self, file: MirroredFile) -> str:
        known = self._store.conversation(file.conversation_id)
        title = f"“{safe_line(known.title, _TITLE_LENGTH)}”" if known else "a conversation"
        name = safe_line(file.path)
        if file.state == EDITED:
            return f"The mirror file of {title} was edited: {name}. /mirror reads it back."
        return (
            f"The mirror file of {title} was deleted: {name}. It comes back once the "
            "conversation changes."
        )


_LOOK_SECONDS: Final = 10.0
"""How often files are looked at that may have been edited or deleted."""


class MirrorThread:
    """Follows a store from the moment on that it is opened."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._starting = Lock()
        self._wake = Event()
        self._thread: Thread | None = None
        self._mirror: Mirror | None = None
        self._store: ChatStore | None = None
        self._is_closing = False
        self.notices: tuple[str, ...] = ()
        """Sentences for a person about files that were edited or deleted; may grow."""
        self.error: FakeGPTError | None = None
        """Why the folder is not as the store is; `None` where it is."""

    def follow(self, store: ChatStore) -> None:
        """Follow a store from now on; a second call changes nothing."""
        with self._starting:
            if self._thread is None:
                self._store = store
                store.changes.watch(self._wake.set)
                self._thread = Thread(target=self._run, args=[store], name="mirror", daemon=True)
                self._thread.start()

    def close(self, seconds: float) -> None:
        """Write what has changed until now, for so many seconds; what is left comes later."""
        self._is_closing = True
        self._wake.set()
        if self._thread is None or self._store is None:
            return
        self._thread.join()
        end = monotonic() + seconds
        with self._keeping_error():
            self._store.changes.settle(seconds)
            self._opened(self._store).update(lambda: monotonic() > end)

    def _run(self, store: ChatStore) -> None:
        looked_at = -_LOOK_SECONDS
        while not self._is_closing:
            self._wake.clear()
            with self._keeping_error():
                self._opened(store).update(lambda: self._is_closing)
                if monotonic() - looked_at >= _LOOK_SECONDS and not self._is_closing:
                    looked_at = monotonic()
                    self.notices += tuple(self._opened(store).look())
            self._wake.wait(_LOOK_SECONDS)

    def _opened(self, store: ChatStore) -> Mirror:
        self._mirror = self._mirror or Mirror(store, self._folder)
        return self._mirror

    @contextmanager
    def _keeping_error(self) -> Iterator[None]:
        try:
            yield
        except (SaveError, StoreError) as error:
            self._tell(error)
        except OSError as error:
            self._tell(SaveError(f"The mirror folder cannot be used: {error.strerror or error}."))
        else:
            self.error = None

    def _tell(self, error: FakeGPTError) -> None:
        if str(error) != str(self.error):
            self.notices += (str(error),)
        self.error = error
