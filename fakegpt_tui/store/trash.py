"""Putting things into the trash, taking them out, and emptying it."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from fakegpt_tui.store import checksum, index, rows
from fakegpt_tui.store.trouble import GoneFromStore
from fakegpt_tui.store.writer import Work
from fakegpt_tui.store.writing import forget_conversation
from fakegpt_tui.text import replace_surrogates

_MESSAGE = "SELECT * FROM chat_message WHERE id = :id"
_MARK = """
    UPDATE chat_message SET trashed_at = :trashed_at, checksum = :checksum WHERE id = :id
"""
_OLD_CONVERSATIONS = "SELECT id FROM conversation WHERE trashed_at < :before"
# The sign keeps SQLite from walking through all messages for the order of the few.
_OLD_MESSAGES = "SELECT id FROM chat_message WHERE trashed_at < :before ORDER BY +position DESC"
_CHILDREN = "SELECT id FROM chat_message WHERE parent_id = :id"
_DELETE_MESSAGE = "DELETE FROM chat_message WHERE id = :id"


def trash_messages(message_ids: Sequence[str], at: datetime | None) -> Work:
    """Put chat messages into the trash; without a time, take them out."""
    ids = [replace_surrogates(message_id) for message_id in message_ids]
    trashed_at = None if at is None else rows.microseconds(at)

    def work(connection: sqlite3.Connection) -> None:
        for message_id in ids:
            row = connection.execute(_MESSAGE, {"id": message_id}).fetchone()
            if row is None:
                raise GoneFromStore("A message is no longer in the store.")
            values = {**dict(row), "trashed_at": trashed_at}
            # What is damaged must not become whole by being put away.
            if row["checksum"] is not None and checksum.is_whole(row):
                values["checksum"] = checksum.of(values)
            connection.execute(_MARK, values)

    return work


def purge(before: datetime) -> Work:
    """Delete for good what went into the trash before that time.

    A chat message stays as long as another that stays hangs on it.
    """
    values = {"before": rows.microseconds(before)}

    def work(connection: sqlite3.Connection) -> None:
        for row in connection.execute(_OLD_CONVERSATIONS, values).fetchall():
            forget_conversation(connection, row["id"])
        # Children come after their parents, so that backwards they are gone first.
        for row in connection.execute(_OLD_MESSAGES, values).fetchall():
            if connection.execute(_CHILDREN, {"id": row["id"]}).fetchone() is None:
                index.take_message(connection, row["id"])
                connection.execute(_DELETE_MESSAGE, {"id": row["id"]})

    return work
