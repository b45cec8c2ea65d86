"""SQLite databases of other programs, read in a private copy so that nothing beside them changes.

What another program has not moved out of its write-ahead log yet is copied with it, and so is the
journal by which a change that is under way is taken back in the copy. A database that changes
meanwhile is copied again.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from fakegpt_tui.domain import LoadError
from fakegpt_tui.formats.base import ByteStream, Record, SourceFormat
from fakegpt_tui.formats.documents import OpenDocument
from fakegpt_tui.temporary_files import temporary_folder
from fakegpt_tui.text import safe_line

if TYPE_CHECKING:
    import sqlite3

MAGIC = b"SQLite format 3\0"
_BESIDE = ("-wal", "-journal")
_ATTEMPTS = 3
_CHUNK_SIZE = 2**20

Tables: TypeAlias = Mapping[str, frozenset[str]]
"""The columns of each table."""


class ForeignDatabase:
    """An opened copy of a database whose tables may lack columns or have others."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._connection.text_factory = lambda data: data.decode(errors="replace")
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        self.tables: Tables = {
            str(row[0]): frozenset(
                str(column[0])
                for column in connection.execute(
                    "SELECT name FROM pragma_table_info(?)", (str(row[0]),)
                )
            )
            for row in names.fetchall()
        }

    def rows(self, table: str, *columns: str, order: str = "", **where: object) -> Iterator[Record]:
        """Rows as objects, in which columns are missing that the table does not have."""
        there = [each for each in columns if each in self.tables.get(table, ())]
        if not there or not set(where) <= self.tables[table]:
            return
        named = ", ".join(f'"{each}"' for each in there)
        query = f'SELECT {named} FROM "{table}"'  # noqa: S608 - names of ours
        if where:
            query += " WHERE " + " AND ".join(f'"{each}" = :{each}' for each in where)
        if order in self.tables[table]:
            query += f' ORDER BY "{order}"'
        for row in self._connection.execute(query, where):
            yield dict(zip(there, row, strict=True))


DatabaseFormat: TypeAlias = SourceFormat[Tables, ForeignDatabase]
"""Of SQLite databases, told by their tables."""


def has_tables(tables: Tables, **wanted: str) -> bool:
    """Are the `wanted` tables there? Each is given with its columns, divided by blanks."""
    return all(
        set(columns.split()) <= tables.get(name, frozenset()) for name, columns in wanted.items()
    )


@contextmanager
def open_database(document: OpenDocument) -> Iterator[ForeignDatabase]:
    """A copy of the database that a document is.

    Raises:
        LoadError: It cannot be copied or read.
    """
    import sqlite3  # noqa: PLC0415 - not for --help, which names the formats

    with temporary_folder("fakegpt-import-") as folder:
        copy = folder / "copy.db"
        try:
            if document.where or not document.file.path.is_file():
                _unpack(document, copy)
            else:
                copy_live(document.file.path, copy)
            with closing(sqlite3.connect(copy)) as connection:
                connection.row_factory = sqlite3.Row
                connection.execute("PRAGMA trusted_schema = OFF")
                database = ForeignDatabase(connection)
                connection.execute("PRAGMA query_only = ON")
                yield database
        except sqlite3.Error as error:
            told = safe_line(str(error))
            raise LoadError(f"The database is damaged, encrypted or locked: {told}.") from error


def _unpack(document: OpenDocument, copy: Path) -> None:
    """Write a database out of an archive or a pipe, with what lies beside it there."""
    _write(document, copy)
    name = document.where.rpartition("/")[2]
    for suffix in _BESIDE if name else ():
        with suppress(LoadError), document.assets.open(name + suffix) as stream:
            _write(stream, Path(f"{copy}{suffix}"))


def _write(stream: ByteStream, copy: Path) -> None:
    with copy.open("wb") as file:
        while data := stream.read(_CHUNK_SIZE):
            file.write(data)


def copy_live(
    path: Path, copy: Path, copy_file: Callable[[Path, Path], object] = shutil.copyfile
) -> None:
    """Copy a database that another program may be writing to, as of one moment.

    Raises:
        LoadError: It changes all the time.
    """
    names = ("", *_BESIDE)
    for _ in range(_ATTEMPTS):
        before = [_state(Path(f"{path}{name}")) for name in names]
        for name, state in zip(names, before, strict=True):
            target = Path(f"{copy}{name}")
            target.unlink(missing_ok=True)
            if state is not None:
                with suppress(FileNotFoundError):
                    copy_file(Path(f"{path}{name}"), target)
        if [_state(Path(f"{path}{name}")) for name in names] == before:
            return
    raise LoadError("Another program writes to the database all the time; close it first.")


def _state(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_size, found.st_mtime_ns
