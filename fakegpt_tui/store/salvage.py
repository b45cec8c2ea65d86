"""Bringing over what can still be read of a damaged store."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from fakegpt_tui.store.connection import readable_text, transaction

_TABLES = {"conversation": "position", "chat_message": "position", "reply_delta": "message_id, seq"}

_UNREADABLE = (sqlite3.DatabaseError, UnicodeDecodeError)
"""The latter where SQLite's own message quotes the damaged bytes."""

# The messages of a header that is lost get a new one; a leaf that is nowhere is taken for the
# newest message.
_ADD_LOST_HEADERS = """
    INSERT INTO conversation (
        id, title, title_source, service, model, created_at, updated_at, leaf_id,
        unread, pinned, archived
    )
    SELECT
        conversation_id, 'Recovered', 'prompt', max(service), max(model), min(created_at),
        max(created_at), '', 0, 0, 0
    FROM chat_message
    WHERE conversation_id NOT IN (SELECT id FROM conversation)
    GROUP BY conversation_id
"""
_FORGET_LOST_PARENTS = """
    UPDATE chat_message SET parent_id = NULL
    WHERE parent_id NOT IN (SELECT id FROM chat_message)
"""
_FORGET_LOST_REPLIES = """
    DELETE FROM reply_delta WHERE message_id NOT IN (SELECT id FROM chat_message)
"""


def bring_over(damaged: Path, target: sqlite3.Connection) -> tuple[int, int]:
    """Copy every row that can be read into an empty store; how many conversations and messages?

    To be called under the store's lock. The damaged file is only read.
    """
    with suppress(*_UNREADABLE), closing(_opened(damaged)) as source, transaction(target):
        target.execute("PRAGMA defer_foreign_keys = ON")
        for table, order in _TABLES.items():
            _copy(source, target, table, order)
        for statement in (_ADD_LOST_HEADERS, _FORGET_LOST_PARENTS, _FORGET_LOST_REPLIES):
            target.execute(statement)
    (conversations,) = target.execute("SELECT count(*) FROM conversation").fetchone()
    (messages,) = target.execute("SELECT count(*) FROM chat_message").fetchone()
    return conversations, messages


def _opened(path: Path) -> sqlite3.Connection:
    source = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None)
    source.text_factory = readable_text
    return source


def _copy(source: sqlite3.Connection, target: sqlite3.Connection, table: str, order: str) -> None:
    for row in (*_rows(source, table, order, "ASC"), *_rows(source, table, order, "DESC")):
        marks = ", ".join("?" * len(row))
        # Damage may have made a row one that this table never held, or a copy of another.
        with suppress(sqlite3.IntegrityError):
            target.execute(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", row)  # noqa: S608 - names from above


def _rows(
    source: sqlite3.Connection, table: str, order: str, direction: str
) -> Iterator[tuple[object, ...]]:
    """The rows as far as they can be read from that end."""
    by = ", ".join(f"{column} {direction}" for column in order.split(", "))
    with suppress(*_UNREADABLE):
        yield from source.execute(f"SELECT * FROM {table} ORDER BY {by}")  # noqa: S608 - names from above
