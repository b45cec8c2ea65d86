"""Mirror folder: an up-to-date Markdown file of every conversation."""

import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
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

    A file that was edited stays as it is, and the conversation continues in another file.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._waiting: dict[str, partial[Path]] = {}
        self._thread = ThreadPoolExecutor(1, "mirror")
        self.error: SaveError | None = None
        """Why the last file could not be written; `None` if it could."""

    def update(
        self,
        conversation: Conversation,
        messages: Sequence[ChatMessage],
        read_blob: Callable[[str], bytes] | None = None,
    ) -> None:
        """Write the conversation soon; of several updates only the last need be written."""
        from fakegpt_tui.formats.registry import save_as  # noqa: PLC0415 - not at every start

        save = partial(save_as, conversation, messages, self._folder, read_blob=read_blob)
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
            self._remove_old_names(conversation_id, save())
        except SaveError as error:
            self.error = error
        except OSError as error:
            self.error = SaveError(f"The mirror folder cannot be tidied: {error.strerror}.")
        else:
            self.error = None

    def _remove_old_names(self, conversation_id: str, written: Path) -> None:
        """Remove the file that had the conversation's last title, if it is as it was written."""
        from fakegpt_tui.formats.assets import remove_assets  # noqa: PLC0415 - as above

        ours = re.compile(rf".*\b{short_id(conversation_id)}(-\d+)?\.md")
        for path in self._folder.iterdir():
            is_other = path != written and ours.fullmatch(path.name)
            if is_other and (is_unmodified_file(path, conversation_id) or is_empty_claim(path)):
                path.unlink(missing_ok=True)
                remove_assets(path.with_suffix(".assets"), ())
