"""Folders in the store: those that were made, with their presets, by their paths."""

import sqlite3
from typing import Final

from fakegpt_tui.domain.folders import Folder
from fakegpt_tui.store import rows
from fakegpt_tui.store.connection import WriteOperation
from fakegpt_tui.text import replace_surrogates

_FOLDER: Final = rows.RowMapping(Folder)
_LIST: Final = f"{rows.select_statement('folder', _FOLDER.columns)} ORDER BY path"
_CHANGES: Final = rows.assignments(name for name in _FOLDER.columns if name != "path")
_INSERT: Final = rows.insert_statement("folder", _FOLDER.columns)
_SAVE: Final = f"{_INSERT} ON CONFLICT (path) DO UPDATE SET {_CHANGES}"
_DELETE: Final = "DELETE FROM folder WHERE path = :path"


def list_folders(connection: sqlite3.Connection) -> list[Folder]:
    return [_FOLDER.decode(row) for row in connection.execute(_LIST)]


def save_folder(folder: Folder) -> WriteOperation:
    """Make a folder, or change its preset."""
    values = _FOLDER.encode(folder)

    def write(connection: sqlite3.Connection) -> None:
        connection.execute(_SAVE, values)

    return write


def delete_folder(path: str) -> WriteOperation:
    """Delete a folder alone; conversations in it keep its path."""
    values = {"path": replace_surrogates(path)}

    def write(connection: sqlite3.Connection) -> None:
        connection.execute(_DELETE, values)

    return write
