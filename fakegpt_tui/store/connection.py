"""SQLite connections: private files, pragmas, transactions, quarantine of damaged stores."""

import os
import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import quote

from fakegpt_tui.domain import StoreError
from fakegpt_tui.store import migrations
from fakegpt_tui.store.errors import DamagedStore, ReplacedStore
from fakegpt_tui.text import safe_line

# Without flock a shared-memory log would rest on SQLite's own care alone, and versions before
# 3.51.3 can lose commits when two connections write and checkpoint at once.
JOURNAL = "DELETE" if sys.platform == "win32" else "WAL"

_OLDEST_SQLITE = (3, 37, 0)  # the first with STRICT tables
_BUSY_TIMEOUT = 5.0
_LOG_LIMIT = 4 * 1024 * 1024
_FILE_SUFFIXES = ("", "-wal", "-shm", "-journal")

WriteOperation: TypeAlias = Callable[[sqlite3.Connection], None]
"""Statements on plain values; they are run in a transaction."""


def run_statement(statement: str, values: Mapping[str, str | int | None]) -> WriteOperation:
    """A write operation that runs one statement."""

    def write(connection: sqlite3.Connection) -> None:
        connection.execute(statement, values)

    return write


decode_lossy = partial(str, encoding="utf-8", errors="replace")
"""Damaged text is shown as far as it goes, where Python's own decoding would raise."""


def prepare_file(path: Path) -> None:
    """Make the file private before anything is in it; the logs beside it take over its mode."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if os.fstat(descriptor).st_mode & 0o077:
            path.chmod(0o600)
    finally:
        os.close(descriptor)


def connect(path: Path, mode: str = "") -> sqlite3.Connection:
    """A connection that any thread may use, without a look at what the file holds.

    `mode` is the query of a URI, see https://www.sqlite.org/uri.html; without one the file is
    opened to be written.
    """
    return sqlite3.connect(
        f"file:{quote(path.as_posix())}?{mode}" if mode else path,
        uri=bool(mode),
        timeout=_BUSY_TIMEOUT,
        isolation_level=None,
        check_same_thread=False,
    )


def open_writer(path: Path, mode: str = "", *, journal: str = JOURNAL) -> sqlite3.Connection:
    """A connection that writes to the store at `path`.

    Raises:
        StoreError: The database is another program's, a newer version's, or damaged.
    """
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise StoreError(
            f"This Python brings SQLite {sqlite3.sqlite_version}, which is too old for the store; "
            f"{'.'.join(map(str, _OLDEST_SQLITE))} is needed."
        )
    with closing_on_failure(connect(path, mode)) as connection:
        check_version(connection, path)
        configure(connection)
        connection.execute(f"PRAGMA journal_mode = {journal}")
        connection.execute(f"PRAGMA journal_size_limit = {_LOG_LIMIT}")
        return connection


def open_reader(path: Path, mode: str = "") -> sqlite3.Connection:
    """A connection that only reads the store at `path`.

    Raises:
        StoreError: The database is another program's, a newer version's, or damaged.
    """
    with closing_on_failure(connect(path, mode)) as connection:
        check_version(connection, path)
        configure(connection)
        connection.execute("PRAGMA query_only = ON")
        return connection


def check_version(connection: sqlite3.Connection, path: Path) -> int:
    """The version of the store, which is 0 for an empty file.

    Raises:
        StoreError: A newer version of this program wrote it, or another program did.
    """
    found = migrations.read_version(connection)
    shown = safe_line(str(path))
    application = migrations.read_pragma(connection, "application_id")
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if application != migrations.APPLICATION_ID and (application or found or tables):
        raise StoreError(f"The file {shown} is a database of another program.")
    if found > migrations.VERSION:
        raise StoreError(
            f"The store {shown} was written by a newer version of this program "
            f"(its format is {found}, this version knows {migrations.VERSION}). Please update."
        )
    return found


def configure(connection: sqlite3.Connection) -> None:
    connection.row_factory = sqlite3.Row
    connection.text_factory = decode_lossy
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA trusted_schema = OFF")


@contextmanager
def closing_on_failure(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    try:
        yield connection
    except BaseException:
        connection.close()
        raise


@contextmanager
def transaction(connection: sqlite3.Connection, begin: str = "BEGIN IMMEDIATE") -> Iterator[None]:
    connection.execute(begin)
    try:
        yield
        connection.execute("COMMIT")
    finally:
        # Where the disk is full, SQLite has rolled back by itself.
        if connection.in_transaction:
            connection.execute("ROLLBACK")


class FileIdentity:
    """Which file was opened: a path may lead to another one later."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stat = path.stat()

    def check(self) -> None:
        """Raise `ReplacedStore` where writing would go to a file that no start will find."""
        try:
            if os.path.samestat(self._stat, self._path.stat()):
                return
        except FileNotFoundError:
            pass
        raise ReplacedStore(
            f"The store {safe_line(str(self._path))} was replaced or deleted while this program "
            "ran. Please start it again."
        )


def quarantine(path: Path, time: datetime) -> Path:
    """Give a damaged store, with its logs, another name; nothing of it is deleted."""
    return move_aside(path, time, "damaged")


def move_aside(path: Path, time: datetime, why: str) -> Path:
    """Give a store, with its logs, another name that says why; nothing of it is deleted."""
    target = unused_name(path, f"{file_timestamp(time)}.{why}")
    for part in _FILE_SUFFIXES:
        source = path.with_name(path.name + part)
        if source.exists():
            source.rename(target.with_name(target.name + part))
    return target


def unused_name(path: Path, suffix: str) -> Path:
    """A name beside `path` that no file has yet."""
    target = path.with_name(f"{path.name}.{suffix}")
    number = 1
    while target.exists():
        number += 1
        target = path.with_name(f"{path.name}.{suffix}-{number}")
    return target


def file_timestamp(time: datetime) -> str:
    """`time`, in UTC, as a part of file names that sorts."""
    return f"{time:%Y%m%dT%H%M%SZ}"


def check_structure(connection: sqlite3.Connection, path: Path, *, is_suspect: bool) -> None:
    """Raise `DamagedStore` where SQLite finds fault with the structure of the file.

    A suspect file is checked whole, its indexes against its tables, which takes longer.
    """
    check = "integrity_check" if is_suspect else "quick_check"
    _require_ok(connection, path, f"{check}(1)")


def check_table(connection: sqlite3.Connection, path: Path, table: str) -> None:
    """Raise `DamagedStore` where SQLite cannot read all of a table, or one of its indexes."""
    _require_ok(connection, path, f"quick_check('{table}')")


def _require_ok(connection: sqlite3.Connection, path: Path, check: str) -> None:
    if migrations.read_pragma(connection, check) != "ok":
        raise damage_of(path)


def damage_of(path: Path) -> DamagedStore:
    """The error of a store that is to be salvaged."""
    return DamagedStore(f"The store {safe_line(str(path))} is damaged.")


_WITH_LOG: Final = (3, 7, 0)
_FIXED: Final = (3, 51, 3)
_BACKPORTED: Final[Mapping[tuple[int, int], int]] = {(3, 50): 7, (3, 44): 6}
"""Older release lines with the fix, and the release that brought it."""


def has_commit_loss_bug(found: tuple[int, int, int] | None = None) -> bool:
    """Has this SQLite the bug by which connections that write and checkpoint at once lose commits?

    A lock of this program's own keeps its writers apart.
    """
    major, minor, patch = found or sqlite3.sqlite_version_info
    if not _WITH_LOG <= (major, minor, patch) < _FIXED:
        return False
    fixed_in = _BACKPORTED.get((major, minor))
    return fixed_in is None or patch < fixed_in
