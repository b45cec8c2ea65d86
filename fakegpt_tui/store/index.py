"""Keeping the search index in step with the chat messages and titles.

A chat message is in the index from its end on; `chat_message.owner` is `NULL` for exactly those.
The index holds no text of its own, so taking something out needs the text that went in.
"""

import sqlite3

from fakegpt_tui.store import migrations
from fakegpt_tui.store.words import tokenize

_ADD_TEXT = "INSERT INTO message_index (rowid, text) VALUES (:position, :text)"
_REMOVE_TEXT = """
    INSERT INTO message_index (message_index, rowid, text) VALUES ('delete', :position, :text)
"""
_ADD_TITLE = "INSERT INTO title_index (rowid, title) VALUES (:position, :text)"
_REMOVE_TITLE = """
    INSERT INTO title_index (title_index, rowid, title) VALUES ('delete', :position, :text)
"""
_TEXT = "SELECT position, owner, text FROM chat_message WHERE id = :id"
_TITLE = "SELECT position, title FROM conversation WHERE id = :id"
_TEXTS = """
    SELECT position, text FROM chat_message WHERE conversation_id = :id AND owner IS NULL
"""

_INDEXES = ("message_index", "title_index")
_PRIMARY = 0xFF


def index_message(connection: sqlite3.Connection, message_id: str) -> None:
    """Put the text in, if the message has come to its end."""
    row = connection.execute(_TEXT, {"id": message_id}).fetchone()
    if row is not None and row["owner"] is None:
        _execute_tolerating_damage(connection, _ADD_TEXT, row["position"], row["text"])


def unindex_message(connection: sqlite3.Connection, message_id: str) -> None:
    """Take the text out again. To be called before it changes."""
    row = connection.execute(_TEXT, {"id": message_id}).fetchone()
    if row is not None and row["owner"] is None:
        _execute_tolerating_damage(connection, _REMOVE_TEXT, row["position"], row["text"])


def unindex_conversation(connection: sqlite3.Connection, conversation_id: str) -> None:
    """Take out the title and all texts. To be called before they are deleted."""
    for row in connection.execute(_TEXTS, {"id": conversation_id}).fetchall():
        _execute_tolerating_damage(connection, _REMOVE_TEXT, row["position"], row["text"])
    position, title = find_title(connection, conversation_id)
    if position is not None:
        _execute_tolerating_damage(connection, _REMOVE_TITLE, position, title)


def find_title(connection: sqlite3.Connection, conversation_id: str) -> tuple[int | None, str]:
    """Where the title is, and what it says; no place where there is no such conversation."""
    row = connection.execute(_TITLE, {"id": conversation_id}).fetchone()
    return (None, "") if row is None else (row["position"], row["title"])


def reindex_title(
    connection: sqlite3.Connection, conversation_id: str, before: tuple[int | None, str]
) -> None:
    """Put the title in, in place of the one that was there `before`."""
    after = find_title(connection, conversation_id)
    if after == before:
        return
    for statement, (position, title) in ((_REMOVE_TITLE, before), (_ADD_TITLE, after)):
        if position is not None:
            _execute_tolerating_damage(connection, statement, position, title)


def repair_indexes(connection: sqlite3.Connection) -> None:
    """Make an index anew that does not hold together; the texts themselves are elsewhere.

    The connection must have migrated, for the functions that come with that.
    """
    for name in _INDEXES:
        try:
            connection.execute(f"INSERT INTO {name} ({name}) VALUES ('integrity-check')")  # noqa: S608 - a constant
        except sqlite3.DatabaseError:
            connection.execute(f"INSERT INTO {name} ({name}) VALUES ('delete-all')")  # noqa: S608 - a constant
            connection.execute(migrations.FILL_INDEX[name])


def _execute_tolerating_damage(
    connection: sqlite3.Connection, statement: str, position: int, text: str
) -> None:
    try:
        connection.execute(statement, {"position": position, "text": tokenize(text)})
    except sqlite3.DatabaseError as error:
        # An index that is damaged must not keep anything from being saved. Searching tells of
        # it, and the next start makes it anew.
        if error.sqlite_errorcode & _PRIMARY != sqlite3.SQLITE_CORRUPT:
            raise
