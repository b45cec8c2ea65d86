"""Putting things into the trash, taking them out, and emptying it."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from fakegpt_tui.store import checksum, index, rows
from fakegpt_tui.store.trouble import RowDeleted
from fakegpt_tui.store.writer import WriteOperation
from fakegpt_tui.store.writing import delete_conversation_rows
from fakegpt_tui.text import replace_surrogates

_TRASH_MESSAGE = "SELECT * FROM chat_message WHERE id = :id"
_SET_TRASHED = """
    UPDATE chat_message SET trashed_at = :trashed_at, checksum = :checksum WHERE id = :id
"""
_OLD_CONVERSATIONS = "SELECT id FROM conversation WHERE trashed_at < :before"
# The sign keeps SQLite from walking through all messages for the order of the few.
_OLD_MESSAGES = "SELECT id FROM chat_message WHERE trashed_at < :before ORDER BY +position DESC"
_CHILDREN = "SELECT id FROM chat_message WHERE parent_id = :id"
_DELETE_MESSAGE = "DELETE FROM chat_message WHERE id = :id"


def trash_messages(message_ids: Sequence[str], at: datetime | None) -> WriteOperation:
    """Put chat messages into the trash; without a time, take them out."""
    ids = [replace_surrogates(message_id) for message_id in message_ids]
    trashed_at = None if at is None else rows.to_microseconds(at)

    def work(connection: sqlite3.Connection) -> None:
        for message_id in ids:
            row = connection.execute(_TRASH_MESSAGE, {"id": message_id}).fetchone()
            if row is None:
                raise RowDeleted("A message is no longer in the store.")
            values = {**dict(row), "trashed_at": trashed_at}
            # What is damaged must not become whole by being put away.
            if row["checksum"] is not None and checksum.is_intact(row):
                values["checksum"] = checksum.row_checksum(values)
            connection.execute(_SET_TRASHED, values)

    return work


def delete_trashed(before: datetime) -> WriteOperation:
    """Delete for good what went into the trash before that time.

    A chat message stays as long as another that stays hangs on it.
    """
    values = {"before": rows.to_microseconds(before)}

    def work(connection: sqlite3.Connection) -> None:
        for row in connection.execute(_OLD_CONVERSATIONS, values).fetchall():
            delete_conversation_rows(connection, row["id"])
        # Children come after their parents, so that backwards they are gone first.
        for row in connection.execute(_OLD_MESSAGES, values).fetchall():
            if connection.execute(_CHILDREN, {"id": row["id"]}).fetchone() is None:
                index.unindex_message(connection, row["id"])
                connection.execute(_DELETE_MESSAGE, {"id": row["id"]})

    return work
