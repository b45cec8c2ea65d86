"""Salvage: copy every readable row of a damaged store into a new one."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from fakegpt_tui.domain import Conversation
from fakegpt_tui.store import blob_uses, migrations, page_reader, rows
from fakegpt_tui.store.connection import configure, connect, transaction
from fakegpt_tui.store.page_reader import RawRow, Value

_TABLES = (
    *("conversation", "folder", "chat_message", "reply_delta", "draft", "queued_prompt"),
    "spending",
)
"""In the order in which their rows are inserted."""

_UNREADABLE = (sqlite3.Error, UnicodeDecodeError)
"""The latter where a message of SQLite quotes damaged bytes."""

_COLUMNS = 'SELECT name, type, "notnull", pk FROM pragma_table_info(?)'
_WITHOUT_ROWID = "SELECT wr FROM pragma_table_list WHERE name = ?"
_PYTHON_TYPES = {"TEXT": str, "INTEGER": int}

_INVALID_CHECKSUM = -1
"""A checksum that no message has, for one of which a part is missing."""

_MISSING_CONVERSATIONS = """
    SELECT
        conversation_id, max(service) AS service, max(model) AS model,
        min(created_at) AS created_at, max(created_at) AS updated_at
    FROM chat_message
    WHERE conversation_id NOT IN (SELECT id FROM conversation)
    GROUP BY conversation_id
"""
_ADD_CONVERSATION = rows.insert_statement("conversation", rows.CONVERSATION.columns)
# Only an intact message gets a new checksum with its new parent.
_CLEAR_MISSING_PARENTS = f"""
    UPDATE chat_message
    SET
        parent_id = NULL,
        checksum = iif(
            checksum = {rows.checksum_call()},
            {rows.checksum_call(nulls={"parent_id"})},
            checksum
        )
    WHERE parent_id NOT IN (SELECT id FROM chat_message)
"""  # noqa: S608 - constants
_DELETE_ORPHANED_DELTAS = """
    DELETE FROM reply_delta WHERE message_id NOT IN (SELECT id FROM chat_message)
"""

_Row: TypeAlias = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class StoreTable:
    """A table of the store, as its migrations made it."""

    columns: tuple[str, ...]
    types: tuple[tuple[type, ...], ...]
    lengths: frozenset[int]
    """How many columns its rows have, those of older versions included."""
    order: tuple[str, ...]
    """The columns that its rows lie in the order of."""


@dataclass(slots=True)
class SalvageResult:
    """How many rows were copied, and how many of the chat messages came from a backup."""

    conversations: int = 0
    messages: int = 0
    from_backup: int = 0


_Damaged: TypeAlias = dict[Value, _Row]
"""Damaged chat messages by id, kept back in case an intact copy turns up."""


def salvage_rows(
    damaged: Path, target: sqlite3.Connection, backup: Path | None = None
) -> SalvageResult:
    """Copy every row that can be read into an empty store.

    What only the backup has, or has intact, is taken from there. To be called under the store's
    lock. The damaged file is only read.
    """
    schema = read_schema()
    damaged_rows: _Damaged = {}
    from_backup = 0
    migrations.add_functions(target)
    with transaction(target):
        target.execute("PRAGMA defer_foreign_keys = ON")
        _copy(target, _readable_rows(damaged, schema), damaged_rows)
        # SQLite finds nothing behind a lost page, and may not notice that something is missing.
        _copy(target, _page_rows(damaged, schema), damaged_rows)
        if backup is not None:
            from_backup = _add_from_backup(target, backup, schema, damaged_rows)
        for row in damaged_rows.values():
            _insert(target, "chat_message", row)
        _add_missing_conversations(target)
        for statement in (
            _CLEAR_MISSING_PARENTS,
            _DELETE_ORPHANED_DELTAS,
            *migrations.FILL_INDEX.values(),
        ):
            target.execute(statement)
        blob_uses.rebuild_uses(target)
    return SalvageResult(
        _count(target, "conversation"), _count(target, "chat_message"), from_backup
    )


def read_schema() -> Mapping[str, StoreTable]:
    """The tables of this version, in the order in which their rows are inserted."""
    lengths: dict[str, set[int]] = {}
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for number in range(migrations.VERSION):
            migrations.migrate(connection, migrations.STEPS[: number + 1])
            for name in _TABLES:
                lengths.setdefault(name, set()).add(len(_read_columns(connection, name)))
        return {
            name: _read_table(connection, name, frozenset(lengths[name] - {0})) for name in _TABLES
        }


def _read_table(connection: sqlite3.Connection, name: str, lengths: frozenset[int]) -> StoreTable:
    columns = _read_columns(connection, name)
    (without_rowid,) = connection.execute(_WITHOUT_ROWID, (name,)).fetchone()
    key = tuple(column for column, _, _, is_key in columns if is_key)
    return StoreTable(
        columns=tuple(column for column, *_ in columns),
        types=tuple(
            (_PYTHON_TYPES[kind],) if is_required else (_PYTHON_TYPES[kind], type(None))
            for _, kind, is_required, _ in columns
        ),
        lengths=lengths,
        order=key if without_rowid else ("rowid",),
    )


def _read_columns(connection: sqlite3.Connection, table: str) -> list[tuple[str, str, int, int]]:
    return connection.execute(_COLUMNS, (table,)).fetchall()


def match_table(
    schema: Mapping[str, StoreTable], found: RawRow
) -> tuple[str, dict[str, Value]] | None:
    """The table that a row belongs to, and its values by column; `None` for any other row."""
    for name, table in schema.items():
        if len(found.values) not in table.lengths:
            continue
        if (found.rowid is not None) != (table.order == ("rowid",)):
            continue
        if all(isinstance(*pair) for pair in zip(found.values, table.types, strict=False)):
            row = dict(zip(table.columns, found.values, strict=False))
            if "position" in row:
                row["position"] = found.rowid
            return name, row
    return None


def _add_missing_conversations(target: sqlite3.Connection) -> None:
    """Add a conversation for the messages of each that is lost.

    A leaf that is nowhere is taken for the newest message.
    """
    for row in target.execute(_MISSING_CONVERSATIONS).fetchall():
        conversation = Conversation(
            id=row["conversation_id"],
            title="Recovered",
            service=row["service"],
            model=row["model"],
            created_at=rows.from_microseconds(row["created_at"]),
            updated_at=rows.from_microseconds(row["updated_at"]),
            leaf_id="",
        )
        target.execute(_ADD_CONVERSATION, rows.CONVERSATION.encode(conversation))


def _copy(
    target: sqlite3.Connection, found: Iterable[tuple[str, _Row]], damaged_rows: _Damaged
) -> None:
    for table, row in found:
        if table == "chat_message" and not rows.is_intact(row):
            damaged_rows.setdefault(row.get("id"), row)
        else:
            _insert(target, table, row)


def _insert(target: sqlite3.Connection, table: str, row: _Row) -> None:
    # Damage may have made a row one that its table cannot hold, or a copy of another.
    with suppress(sqlite3.IntegrityError, OverflowError, UnicodeEncodeError):
        target.execute(rows.insert_statement(table, row).replace("INSERT", "INSERT OR IGNORE"), row)


def _readable_rows(path: Path, schema: Mapping[str, StoreTable]) -> Iterator[tuple[str, _Row]]:
    """The rows that SQLite finds, from both ends of each table."""
    with suppress(*_UNREADABLE), closing(_open_source(path)) as source:
        for name, table in schema.items():
            for direction in ("ASC", "DESC"):
                order = ", ".join(f"{column} {direction}" for column in table.order)
                with suppress(*_UNREADABLE):
                    for row in source.execute(f"SELECT * FROM {name} ORDER BY {order}"):  # noqa: S608 - names of this version
                        found = zip(row.keys(), row, strict=True)
                        yield name, {key: value for key, value in found if key in table.columns}
                    break


def _page_rows(path: Path, schema: Mapping[str, StoreTable]) -> Iterator[tuple[str, _Row]]:
    """The rows on all pages of the file, whether SQLite finds them or not."""
    for found in page_reader.read_rows(path):
        known = match_table(schema, found)
        if known is None:
            continue
        table, row = known
        if table != "chat_message" or found.is_complete:
            yield table, row
        else:
            yield table, {**row, "checksum": _INVALID_CHECKSUM}


def _add_from_backup(
    target: sqlite3.Connection,
    backup: Path,
    schema: Mapping[str, StoreTable],
    damaged_rows: _Damaged,
) -> int:
    """Take damaged messages from the backup, or all rows where it has more; how many messages?"""
    before = _count(target, "chat_message")
    with suppress(*_UNREADABLE), closing(_open_source(backup)) as source:
        is_richer = _count(source, "chat_message") > before
        for table, row in _readable_rows(backup, schema):
            if is_richer or (table == "chat_message" and row.get("id") in damaged_rows):
                _copy(target, [(table, row)], {})
    return _count(target, "chat_message") - before


def _count(connection: sqlite3.Connection, table: str) -> int:
    (number,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - names of this version
    return int(number)


def _open_source(path: Path) -> sqlite3.Connection:
    source = connect(path, "mode=ro")
    configure(source)
    return source
