"""Mirror folder: an up-to-date Markdown file of every conversation."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import TypeAlias

from fakegpt_tui.domain import ChatMessage, Conversation, SaveError
from fakegpt_tui.formats.files import is_empty_claim, is_unmodified_file, short_id

MirrorUpdate: TypeAlias = Callable[
    [Conversation, Sequence[ChatMessage], Callable[[str], bytes] | None], None
]
"""Is given a conversation that has changed, its whole tree, and what reads its pictures."""


class Mirror:
    """Writes files in a thread of its own, so that no caller waits for a disk.

    A file that was edited stays as it is, and the conversation continues in another file. One that
    was moved or renamed within the folder is continued where it is.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._waiting: dict[str, Callable[[Path | None], Path]] = {}
        self._thread = ThreadPoolExecutor(1, "mirror")
        self._moved: dict[str, Path] = {}
        self.error: SaveError | None = None
        """Why the last file could not be written; `None` if it could."""

    def update(
        self,
        conversation: Conversation,
        messages: Sequence[ChatMessage],
        read_blob: Callable[[str], bytes] | None = None,
    ) -> None:
        """Write the conversation soon; of several updates only the last need be written."""

        def save(moved: Path | None) -> Path:
            # In the mirror's thread, because importing all formats takes a tenth of a second.
            from fakegpt_tui.formats.registry import save_as, save_at  # noqa: PLC0415

            if moved is None:
                return save_as(conversation, messages, self._folder, read_blob=read_blob)
            return save_at(conversation, messages, moved, read_blob=read_blob)

        with self._lock:
            is_on_its_way = conversation.id in self._waiting
            self._waiting[conversation.id] = save
        if not is_on_its_way:
            self._thread.submit(self._write, conversation.id)

    def close(self) -> None:
        """Write what is waiting."""
        self._thread.shutdown()

    def _write(self, conversation_id: str) -> None:
        with self._lock:
            save = self._waiting.pop(conversation_id)
        try:
            self._remove_old_names(conversation_id, save(self._find_moved(conversation_id)))
        except SaveError as error:
            self.error = error
        except OSError as error:
            self.error = SaveError(f"The mirror folder cannot be tidied: {error.strerror}.")
        else:
            self.error = None

    def _find_moved(self, conversation_id: str) -> Path | None:
        """Where a person has put the file of a conversation, if it has no name of ours any more."""
        ours = _own_names(conversation_id)
        if not self._folder.is_dir() or any(
            ours.fullmatch(path.name) for path in self._folder.iterdir()
        ):
            return None
        known = self._moved.get(conversation_id)
        if known is not None and is_unmodified_file(known, conversation_id):
            return known
        for path in islice(_markdown_below(self._folder), _MOST_FILES):
            if _names(path, conversation_id) and is_unmodified_file(path, conversation_id):
                self._moved[conversation_id] = path
                return path
        return None

    def _remove_old_names(self, conversation_id: str, written: Path) -> None:
        """Remove the file that had the conversation's last title, if it is as it was written."""
        from fakegpt_tui.formats.assets import remove_assets  # noqa: PLC0415 - as above

        ours = _own_names(conversation_id)
        for path in self._folder.iterdir():
            is_other = path != written and ours.fullmatch(path.name)
            if is_other and (is_unmodified_file(path, conversation_id) or is_empty_claim(path)):
                path.unlink(missing_ok=True)
                remove_assets(path.with_suffix(".assets"), ())


_MOST_FILES = 20_000
"""Files of a folder that are looked at for one that was moved."""

_HEAD_BYTES = 4096


def _own_names(conversation_id: str) -> re.Pattern[str]:
    return re.compile(rf".*\b{short_id(conversation_id)}(-\d+)?\.md")


def _markdown_below(folder: Path) -> Iterator[Path]:
    """The Markdown files in a folder and those below it, but for what is hidden."""
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(place, name) for name in names if name.endswith(".md"))


def _names(path: Path, conversation_id: str) -> bool:
    """Is the id of the conversation in the beginning of a file?"""
    try:
        with path.open("rb") as file:
            return conversation_id.encode(errors="replace") in file.read(_HEAD_BYTES)
    except OSError:
        return False
