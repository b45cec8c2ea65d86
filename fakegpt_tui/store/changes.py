"""Changes of conversations, counted, and the files of a mirror folder that show them."""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final

from fakegpt_tui.domain.fast_dataclass import dataclass
from fakegpt_tui.store import rows
from fakegpt_tui.store.connection import WriteOperation

_NEWEST: Final = "SELECT coalesce(max(position), 0) FROM conversation_change"
_UNMIRRORED: Final = """
    SELECT conversation.id, coalesce(last.position, 0)
    FROM conversation
        LEFT JOIN conversation_change AS last ON last.conversation_id = conversation.id
    WHERE conversation.trashed_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM mirrored_file AS file
        WHERE file.folder = :folder AND file.conversation_id = conversation.id
            AND file.change = coalesce(last.position, 0)
    )
    UNION ALL
    SELECT DISTINCT file.conversation_id, NULL
    FROM mirrored_file AS file LEFT JOIN conversation ON conversation.id = file.conversation_id
    WHERE file.folder = :folder
        AND (conversation.id IS NULL OR conversation.trashed_at IS NOT NULL)
"""
_COLUMNS: Final = ("path", "conversation_id", "change", "stamp", "state")
_FILES: Final = f"""
    {rows.select_statement("mirrored_file", _COLUMNS)} WHERE folder = :folder ORDER BY path
"""
_FORGET: Final = "DELETE FROM mirrored_file WHERE folder = :folder AND path = :path"
_NOTE_FILE: Final = rows.insert_statement("mirrored_file", ("folder", *_COLUMNS))


@dataclass(frozen=True, slots=True)
class MirroredFile:
    """A file of a mirror folder.

    `path` is below the folder, `change` the change of its conversation that it shows, and `stamp`
    what its size and time were. The `state` is empty where it is as it was written.
    """

    path: str
    conversation_id: str
    change: int
    stamp: str
    state: str = ""


def newest_change(connection: sqlite3.Connection) -> int:
    """A number that grows with every change of any conversation."""
    (found,) = connection.execute(_NEWEST).fetchone()
    return int(found)


def list_unmirrored(connection: sqlite3.Connection, folder: str) -> list[tuple[str, int | None]]:
    """The conversations that the folder does not show as they are, with their last change.

    Those that are in the trash, or gone, and still have files have no change.
    """
    found = connection.execute(_UNMIRRORED, {"folder": folder})
    return [(conversation_id, change) for conversation_id, change in found]


def list_files(connection: sqlite3.Connection, folder: str) -> list[MirroredFile]:
    """What is known of the files of a folder, by path."""
    return [MirroredFile(*row) for row in connection.execute(_FILES, {"folder": folder})]


def note_files(
    folder: str, files: Sequence[MirroredFile], gone: Iterable[str] = ()
) -> WriteOperation:
    """Note what is known of files now, and forget those at the paths that are `gone`."""
    names = _COLUMNS
    noted = [{"folder": folder} | {name: getattr(each, name) for name in names} for each in files]
    forgotten = [{"folder": folder, "path": path} for path in (*gone, *(f.path for f in files))]

    def write(connection: sqlite3.Connection) -> None:
        connection.executemany(_FORGET, forgotten)
        connection.executemany(_NOTE_FILE, noted)

    return write
