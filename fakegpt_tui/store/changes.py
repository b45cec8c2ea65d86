"""Changes of conversations, counted, and the files of a mirror folder that show them."""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final

from fakegpt_tui.domain.fast_dataclass import dataclass
from fakegpt_tui.store import rows
from fakegpt_tui.store.connection import WriteOperation
from fakegpt_tui.text import replace_surrogates

_NEWEST: Final = "SELECT coalesce(max(position), 0) FROM conversation_change"
_NOT_SHOWN: Final = """
    NOT EXISTS (
        SELECT 1 FROM mirrored_file AS file
        WHERE file.folder = :folder AND file.conversation_id = conversation.id
            AND file.change = coalesce(last.position, 0)
    )
"""
_ALL: Final = f"""
    SELECT conversation.id, coalesce(last.position, 0)
    FROM conversation
        LEFT JOIN conversation_change AS last ON last.conversation_id = conversation.id
    WHERE conversation.trashed_at IS NULL AND {_NOT_SHOWN}
"""  # noqa: S608 - constants
_RECENT: Final = f"""
    SELECT conversation.id, last.position
    FROM conversation_change AS last JOIN conversation ON conversation.id = last.conversation_id
    WHERE last.position > :since AND conversation.trashed_at IS NULL AND {_NOT_SHOWN}
"""  # noqa: S608 - constants
_LEFT_OVER: Final = """
    SELECT DISTINCT file.conversation_id, NULL
    FROM mirrored_file AS file LEFT JOIN conversation ON conversation.id = file.conversation_id
    WHERE file.folder = :folder
        AND (conversation.id IS NULL OR conversation.trashed_at IS NOT NULL)
"""
_COLUMNS: Final = ("path", "conversation_id", "change", "stamp", "state")
_FILES: Final = f"{rows.select_statement('mirrored_file', _COLUMNS)} WHERE folder = :folder"
_FILES_OF: Final = f"{_FILES} AND conversation_id = :conversation_id"
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


def list_unmirrored(
    connection: sqlite3.Connection, folder: str, since: int = -1
) -> list[tuple[str, int | None]]:
    """The conversations that the folder does not show as they are, with their last change.

    Those that are in the trash, or gone, and still have files have no change. What has not changed
    `since` is known to be shown.
    """
    values = {"folder": folder, "since": since}
    changed = connection.execute(_ALL if since < 0 else _RECENT, values).fetchall()
    left_over = connection.execute(_LEFT_OVER, values).fetchall()
    return [(conversation_id, change) for conversation_id, change in (*changed, *left_over)]


def list_files(
    connection: sqlite3.Connection, folder: str, conversation_id: str | None = None
) -> list[MirroredFile]:
    """What is known of the files of a folder, or just of those of a conversation."""
    statement = _FILES if conversation_id is None else _FILES_OF
    values = {"folder": folder, "conversation_id": conversation_id}
    return [MirroredFile(*row) for row in connection.execute(statement, values)]


def note_files(
    folder: str, files: Sequence[MirroredFile], gone: Iterable[str] = ()
) -> WriteOperation:
    """Note what is known of files now, and forget those at the paths that are `gone`."""
    names = _COLUMNS
    noted = [
        {"folder": folder}
        | {name: getattr(each, name) for name in names}
        | {"path": replace_surrogates(each.path)}
        for each in files
    ]
    forgotten = [
        {"folder": folder, "path": replace_surrogates(path)}
        for path in (*gone, *(each.path for each in files))
    ]

    def write(connection: sqlite3.Connection) -> None:
        connection.executemany(_FORGET, forgotten)
        connection.executemany(_NOTE_FILE, noted)

    return write
