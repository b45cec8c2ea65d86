"""Where somebody stopped reading each conversation."""

import sqlite3
from collections.abc import Mapping
from dataclasses import asdict

from fakegpt_tui.domain import Bookmark
from fakegpt_tui.store.writer import WriteOperation
from fakegpt_tui.text import replace_surrogates

_BOOKMARK = "SELECT * FROM bookmark WHERE conversation_id = :conversation_id"
_SAVE_BOOKMARK = """
    INSERT INTO bookmark (conversation_id, message_id, part, source, letters, above)
    VALUES (:conversation_id, :message_id, :part, :source, :letters, :above)
    ON CONFLICT (conversation_id) DO UPDATE
    SET message_id = :message_id, part = :part, source = :source, letters = :letters, above = :above
"""
_DELETE_BOOKMARK = "DELETE FROM bookmark WHERE conversation_id = :conversation_id"


def read_bookmark(connection: sqlite3.Connection, conversation_id: str) -> Bookmark | None:
    """The bookmark of a conversation."""
    values = {"conversation_id": replace_surrogates(conversation_id)}
    row = connection.execute(_BOOKMARK, values).fetchone()
    if row is None:
        return None
    return Bookmark(
        row["conversation_id"],
        row["message_id"],
        row["part"],
        row["source"],
        row["letters"],
        row["above"],
    )


def save_bookmark(mark: Bookmark) -> WriteOperation:
    values = asdict(mark) | {
        "conversation_id": replace_surrogates(mark.conversation_id),
        "message_id": replace_surrogates(mark.message_id),
    }
    return lambda connection: _execute(connection, _SAVE_BOOKMARK, values)


def delete_bookmark(conversation_id: str) -> WriteOperation:
    values = {"conversation_id": replace_surrogates(conversation_id)}
    return lambda connection: _execute(connection, _DELETE_BOOKMARK, values)


def _execute(
    connection: sqlite3.Connection, statement: str, values: Mapping[str, str | int]
) -> None:
    connection.execute(statement, values)
