"""Reading a store that cannot be written here."""

import sqlite3
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import quote

from fakegpt_tui.domain import StoreError
from fakegpt_tui.store import connection, migrations
from fakegpt_tui.store.trouble import TransientStoreError
from fakegpt_tui.text import safe_line


class ReadOnlyLock:
    """In place of the lock of a store that cannot be written: nothing may be begun."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def hold(self) -> AbstractContextManager[None]:
        """Raise `PassingTrouble`."""
        raise TransientStoreError(f"The store {safe_line(str(self._path))} can only be read here.")


class ReadOnlyInstance:
    """An instance that leaves no trace beside the store."""

    id = "onlooker"

    def close(self, *, met_damage: bool = False) -> None:
        """Nothing was made, so nothing is to be given up."""


def open_read_only(path: Path) -> sqlite3.Connection:
    """A connection that needs no file beside the store.

    Raises:
        StoreError: The store is of another version, or damaged.
    """
    try:
        return _open_uri(path, "mode=ro")
    except sqlite3.OperationalError:
        # The log of a store that is closed is gone, and its folder takes no new one.
        return _open_uri(path, "immutable=1")


def read_only_notice(path: Path) -> str:
    sentence = (
        f"The store {safe_line(str(path))} can only be read here. What is said now is kept in "
        "memory, and written into files when the program ends."
    )
    log = path.with_name(f"{path.name}-wal")
    if log.exists() and log.stat().st_size:
        sentence += " What was said last before may be missing."
    return sentence


def _open_uri(path: Path, mode: str) -> sqlite3.Connection:
    uri = f"file:{quote(str(path))}?{mode}"
    found = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    try:
        _require_current_version(found, path)
        connection.configure_reader(found)
    except BaseException:
        found.close()
        raise
    return found


def _require_current_version(found: sqlite3.Connection, path: Path) -> None:
    if migrations.check_version(found, path) != migrations.VERSION:
        raise StoreError(
            f"The store {safe_line(str(path))} was written by an older version of this program, "
            "and can only be read here, so it cannot be brought up to date."
        )
