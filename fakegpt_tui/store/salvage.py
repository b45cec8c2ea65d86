"""Salvage: copy every readable row of a damaged store into a new one."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from fakegpt_tui.store import migrations, page_reader, rows
from fakegpt_tui.store.connection import decode_lossy, transaction
from fakegpt_tui.store.page_reader import RawRow, RowValue

# In the order of the columns: text, integer; small letters where there may be nothing.
_LETTERS: Mapping[str, tuple[type, ...]] = MappingProxyType(
    {"T": (str,), "I": (int,), "t": (str, type(None)), "i": (int, type(None))}
)

_SCHEMA = {
    "conversation": (
        "position:i id:T title:T title_source:T service:T model:T created_at:I updated_at:I"
        " leaf_id:t unread:I pinned:I archived:I trashed_at:i server_id:T system_prompt:T"
        " generation:T"
    ),
    "chat_message": (
        "position:i id:T conversation_id:T parent_id:t role:T status:T owner:t created_at:I"
        " service:T model:T error:t finish:t prompt_tokens:i reply_tokens:i server_id:T"
        " trashed_at:i reasoning:T text:T checksum:i"
    ),
    "reply_delta": "message_id:T seq:I keep:i text:T",
    "draft": "conversation_id:T text:T line:I place:I",
    "queued_prompt": "position:i id:T conversation_id:T text:T",
}
_WITHOUT_ROWID = {"reply_delta"}
_ADDED_LATER = {"chat_message": 1}
"""How many of the last columns rows of older versions lack."""

COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        table: tuple(column.partition(":")[0] for column in shape.split())
        for table, shape in _SCHEMA.items()
    }
)
ORDERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "conversation": ("position",),
        "chat_message": ("position",),
        "reply_delta": ("message_id", "seq"),
        "draft": ("rowid",),
        "queued_prompt": ("position",),
    }
)
_TYPES = {
    table: tuple(_LETTERS[column.partition(":")[2]] for column in shape.split())
    for table, shape in _SCHEMA.items()
}


def match_table(found: RawRow) -> tuple[str, dict[str, RowValue]] | None:
    """The table that a row belongs to, and its values by column; `None` for any other row."""
    for table, types in _TYPES.items():
        missing = len(types) - len(found.values)
        has_place = found.rowid is not None
        if not 0 <= missing <= _ADDED_LATER.get(table, 0) or has_place == (table in _WITHOUT_ROWID):
            continue
        if all(isinstance(*pair) for pair in zip(found.values, types, strict=False)):
            row = dict(zip(COLUMNS[table], found.values, strict=False))
            if "position" in row:
                row["position"] = found.rowid
            return table, row
    return None


_UNREADABLE = (sqlite3.Error, UnicodeDecodeError)
"""The latter where SQLite's own message quotes the damaged bytes."""

_INVALID_CHECKSUM = -1
"""A sum that no message has, for one of which a part is missing."""

# The messages of a header that is lost get a new one; a leaf that is nowhere is taken for the
# newest message.
_ADD_MISSING_CONVERSATIONS = """
    INSERT INTO conversation (
        id, title, title_source, service, model, created_at, updated_at, leaf_id,
        unread, pinned, archived, server_id, system_prompt, generation
    )
    SELECT
        conversation_id, 'Recovered', 'prompt', max(service), max(model), min(created_at),
        max(created_at), '', 0, 0, 0, '', '', '{}'
    FROM chat_message
    WHERE conversation_id NOT IN (SELECT id FROM conversation)
    GROUP BY conversation_id
"""
# Only what is sound gets a new sum with its new parent.
_FIELDS_OF_A_ROOT = ", ".join("NULL" if n == "parent_id" else n for n in rows.CHECKSUM_FIELDS)
_CLEAR_MISSING_PARENTS = f"""
    UPDATE chat_message
    SET
        parent_id = NULL,
        checksum = iif(
            checksum = {rows.CHECKSUM_FUNCTION}({", ".join(rows.CHECKSUM_FIELDS)}),
            {rows.CHECKSUM_FUNCTION}(
                {_FIELDS_OF_A_ROOT}
            ),
            checksum
        )
    WHERE parent_id NOT IN (SELECT id FROM chat_message)
"""  # noqa: S608 - constants
_DELETE_ORPHANED_DELTAS = """
    DELETE FROM reply_delta WHERE message_id NOT IN (SELECT id FROM chat_message)
"""

_Row = Mapping[str, page_reader.RowValue]


@dataclass(slots=True)
class SalvageResult:
    """How much was brought over, and how many of the chat messages came from a backup."""

    conversations: int = 0
    messages: int = 0
    from_backup: int = 0


@dataclass(slots=True)
class _DamagedMessages:
    """Chat messages that are not what was written, kept back in case a better copy turns up."""

    rows: dict[page_reader.RowValue, _Row] = field(default_factory=dict)


def salvage_rows(
    damaged: Path, target: sqlite3.Connection, backup: Path | None = None
) -> SalvageResult:
    """Copy every row that can be read into an empty store.

    Where a backup has more, or has whole what is damaged, it is taken from there. To be called
    under the store's lock. The damaged file is only read.
    """
    unsound = _DamagedMessages()
    from_backup = 0
    migrations.add_functions(target)
    with transaction(target):
        target.execute("PRAGMA defer_foreign_keys = ON")
        _copy(target, _readable_rows(damaged), unsound)
        # SQLite finds nothing behind a page that is lost, and may not notice what it missed.
        _copy(target, _page_rows(damaged), unsound)
        if backup is not None:
            from_backup = _add_from_backup(target, backup, unsound)
        for row in unsound.rows.values():
            _insert(target, "chat_message", row)
        for statement in (
            _ADD_MISSING_CONVERSATIONS,
            _CLEAR_MISSING_PARENTS,
            _DELETE_ORPHANED_DELTAS,
        ):
            target.execute(statement)
        for statement in migrations.FILL_INDEX.values():
            target.execute(statement)
    return SalvageResult(
        _count(target, "conversation"), _count(target, "chat_message"), from_backup
    )


def _copy(
    target: sqlite3.Connection, found: Iterator[tuple[str, _Row]], unsound: _DamagedMessages
) -> None:
    for table, row in found:
        if table == "chat_message" and not rows.is_intact(row):
            unsound.rows.setdefault(row.get("id"), row)
        else:
            _insert(target, table, row)


def _insert(target: sqlite3.Connection, table: str, row: _Row) -> None:
    columns = [name for name in row if name in COLUMNS[table]]
    marks = ", ".join(f":{name}" for name in columns)
    # Damage may have made a row one that this table never held, or a copy of another.
    with suppress(sqlite3.IntegrityError, OverflowError, UnicodeEncodeError):
        target.execute(
            f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({marks})",  # noqa: S608 - names of this version
            row,
        )


def _readable_rows(path: Path) -> Iterator[tuple[str, _Row]]:
    """What SQLite finds, from both ends of each table."""
    with suppress(*_UNREADABLE), closing(_open_source(path)) as source:
        for table, order in ORDERS.items():
            for direction in ("ASC", "DESC"):
                by = ", ".join(f"{column} {direction}" for column in order)
                with suppress(*_UNREADABLE):
                    for row in source.execute(f"SELECT * FROM {table} ORDER BY {by}"):  # noqa: S608 - names of this version
                        yield table, dict(row)
                    break


def _page_rows(path: Path) -> Iterator[tuple[str, _Row]]:
    """What lies on the pages of the file, wherever they belong."""
    for found in page_reader.read_rows(path):
        known = match_table(found)
        if known is None:
            continue
        table, row = known
        if table != "chat_message" or found.is_complete:
            yield table, row
        else:
            yield table, {**row, "checksum": _INVALID_CHECKSUM}


def _add_from_backup(target: sqlite3.Connection, backup: Path, unsound: _DamagedMessages) -> int:
    """Take from the backup what it has whole, or all where it has more; how many messages?"""
    before = _count(target, "chat_message")
    with suppress(*_UNREADABLE), closing(_open_source(backup)) as source:
        is_richer = _count(source, "chat_message") > before
        for table, row in _readable_rows(backup):
            if is_richer or (table == "chat_message" and row.get("id") in unsound.rows):
                _copy(target, iter([(table, row)]), _DamagedMessages())
    return _count(target, "chat_message") - before


def _count(connection: sqlite3.Connection, table: str) -> int:
    (number,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - names of this version
    return int(number)


def _open_source(path: Path) -> sqlite3.Connection:
    source = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None)
    source.row_factory = sqlite3.Row
    source.text_factory = decode_lossy
    return source
