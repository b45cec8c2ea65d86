"""Mirror folder: a Markdown file of every conversation, and what became of these files."""

import os
import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Self

from fakegpt_tui.domain import ChatMessage, Conversation, LoadError, SaveError
from fakegpt_tui.formats.assets import ReadBlob, remove_assets
from fakegpt_tui.formats.files import (
    is_empty_claim,
    is_own_name,
    is_unmodified_file,
    save_sentence,
    sign,
)
from fakegpt_tui.formats.markdown import read_markdown, write_markdown
from fakegpt_tui.formats.saving import save_as, save_at
from fakegpt_tui.temporary_files import temporary_file
from fakegpt_tui.text import safe_line

_MOST_FILES = 20_000
"""Files of a folder that are looked at for those that were moved."""

_HEAD_BYTES = 4096
_HEADING = re.compile(r"\A(---\n.*?\n---\n\n)# ([^\n]*)\n", re.DOTALL)
"""The front matter, and the heading below it."""


class MirrorFolder:
    """The files of a mirror folder.

    A file that was edited stays as it is, and the conversation continues in another one. One that
    was moved or renamed within the folder is continued where it is. A conversation with another
    title has a file of another name, in place of its last one.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder

    def write(
        self,
        conversation: Conversation,
        messages: Sequence[ChatMessage],
        known: Iterable[Path],
        read_blob: ReadBlob | None = None,
    ) -> Path:
        """Write a conversation as it is; `known` are its files so far. Tells where it is.

        Raises:
            SaveError: It could not be written.
        """
        ours = [path for path in known if is_unmodified_file(path, conversation.id)]
        moved = [path for path in ours if not self._is_named_by_us(path, conversation.id)]
        if moved:
            written = save_at(conversation, messages, moved[0], read_blob=read_blob)
        else:
            written = save_as(conversation, messages, self.path, read_blob=read_blob)
        self.remove((path for path in ours if path != written), conversation.id)
        return written

    def remove(self, paths: Iterable[Path], conversation_id: str) -> None:
        """Remove files of a conversation that are as they were written, with what is beside them.

        Raises:
            SaveError: One could not be removed.
        """
        for path in paths:
            if not (is_unmodified_file(path, conversation_id) or is_empty_claim(path)):
                continue
            try:
                path.unlink(missing_ok=True)
                remove_assets(path.with_suffix(".assets"), ())
            except OSError as error:
                reason = f"{error.strerror or error}"
                raise SaveError(f"{safe_line(str(path))} cannot be removed: {reason}.") from error

    def is_intact(self, path: Path, conversation_id: str) -> bool:
        """Is it as it was written, but for how its lines end?"""
        return is_unmodified_file(path, conversation_id)

    def stamp(self, path: Path) -> str:
        """Tells without reading whether a file has changed; empty if there is no file."""
        try:
            found = path.stat()
        except OSError:
            return ""
        return f"{found.st_size} {found.st_mtime_ns}"

    def find_all(self) -> dict[str, list[Path]]:
        """The Markdown files that name conversations, by the ids of these."""
        found: dict[str, list[Path]] = {}
        for path in islice(_markdown_below(self.path), _MOST_FILES):
            if conversation_id := _id_in(path):
                found.setdefault(conversation_id, []).append(path)
        return found

    def _is_named_by_us(self, path: Path, conversation_id: str) -> bool:
        return path.parent == self.path and is_own_name(path.name, conversation_id)


@dataclass(frozen=True, slots=True)
class EditedFile:
    """What an edited file says, and its bytes. Does it hold more than its messages and fields?

    The `heading` shows the title, and may have been edited in its place.
    """

    conversation: Conversation
    messages: tuple[ChatMessage, ...]
    heading: str
    data: bytes
    holds_more: bool

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read an edited file.

        Raises:
            LoadError: It cannot be read, or is no longer a file of a conversation.
        """
        try:
            data = path.read_bytes()
            text = data.decode("utf-8-sig").replace("\r\n", "\n")
        except (OSError, UnicodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8"
            raise LoadError(f"{safe_line(str(path))} cannot be read: {reason}.") from error
        assets: dict[str, str] = {}
        conversation, messages = read_markdown(text, assets)
        written = write_markdown(conversation, messages, assets=assets)
        heading = _HEADING.match(text)
        without = [sign(_HEADING.sub(r"\1", each).encode(), "") for each in (written, text)]
        return cls(
            conversation, messages, heading[2] if heading else "", data, without[0] != without[1]
        )

    def accept(self, path: Path) -> None:
        """Note that this program wrote the file, so that it may be replaced.

        Raises:
            SaveError: It holds something else by now, or cannot be written.
        """
        text = self.data.removeprefix(BOM_UTF8).replace(b"\r\n", b"\n")
        try:
            with temporary_file(path.parent, sign(text, self.conversation.id)) as half:
                if path.is_symlink() or path.read_bytes() != self.data:
                    shown = safe_line(str(path))
                    raise SaveError(f"{shown} was changed meanwhile. Read it back again.")
                half.replace(path)
        except OSError as error:
            raise SaveError(save_sentence(path.parent, error)) from error


def _markdown_below(folder: Path) -> Iterator[Path]:
    """The Markdown files in a folder and those below it, but for what is hidden."""
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(place, name) for name in names if name.endswith(".md"))


def _id_in(path: Path) -> str:
    """The id of the conversation in the beginning of a file; empty where it names none."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return ""
    line = next((each for each in head.splitlines() if each.startswith(b'id: "')), b"")
    return line[5:-1].decode(errors="replace")
