"""The steps that lead from an empty file to the store of this version."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from fakegpt_tui.domain import StoreError
from fakegpt_tui.text import safe_line

APPLICATION_ID = 0x46475054
"""Marks a database file as a store of this program."""

Step = tuple[str, ...]
"""The statements that lead from one version to the next; they are done in one transaction."""

# Only ever appended to: stores made with these steps exist.
STEPS: tuple[Step, ...] = (
    (
        """
        CREATE TABLE conversation (
            position INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            title TEXT NOT NULL,
            title_source TEXT NOT NULL,
            service TEXT NOT NULL,
            model TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            leaf_id TEXT,
            unread INTEGER NOT NULL,
            pinned INTEGER NOT NULL,
            archived INTEGER NOT NULL,
            trashed_at INTEGER,
            server_id TEXT NOT NULL,
            system_prompt TEXT NOT NULL,
            generation TEXT NOT NULL
        ) STRICT
        """,
        "CREATE INDEX conversation_updated ON conversation (updated_at)",
        # `position` is the order in which chat messages came: wall clocks jump. `owner` is the
        # instance that streams the reply. `text` is last, so that walking the tree need not
        # read past it. A parent is not deleted with its children through its key, because
        # SQLite follows such a chain only for a thousand steps.
        """
        CREATE TABLE chat_message (
            position INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            conversation_id TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
            parent_id TEXT REFERENCES chat_message (id) DEFERRABLE INITIALLY DEFERRED,
            role TEXT NOT NULL,
            status TEXT NOT NULL,
            owner TEXT,
            created_at INTEGER NOT NULL,
            service TEXT NOT NULL,
            model TEXT NOT NULL,
            error TEXT,
            finish TEXT,
            prompt_tokens INTEGER,
            reply_tokens INTEGER,
            server_id TEXT NOT NULL,
            trashed_at INTEGER,
            reasoning TEXT NOT NULL,
            text TEXT NOT NULL
        ) STRICT
        """,
        "CREATE INDEX chat_message_conversation ON chat_message (conversation_id)",
        "CREATE INDEX chat_message_parent ON chat_message (parent_id)",
        "CREATE INDEX chat_message_owner ON chat_message (owner) WHERE owner IS NOT NULL",
        # `keep` is how many code points of the text so far stay, NULL for all of them.
        """
        CREATE TABLE reply_delta (
            message_id TEXT NOT NULL REFERENCES chat_message (id) ON DELETE CASCADE,
            seq INTEGER NOT NULL,
            keep INTEGER,
            text TEXT NOT NULL,
            PRIMARY KEY (message_id, seq)
        ) STRICT, WITHOUT ROWID
        """,
        f"PRAGMA application_id = {APPLICATION_ID}",
    ),
)

VERSION = len(STEPS)


def version(connection: sqlite3.Connection) -> int:
    """How many of the steps the database has behind it."""
    (number,) = connection.execute("PRAGMA user_version").fetchone()
    return int(number)


def check(connection: sqlite3.Connection, path: Path, newest: int = VERSION) -> int:
    """The version of the store, which is 0 for an empty file.

    Raises:
        StoreError: It is newer than `newest`, or the database belongs to another program.
    """
    found = version(connection)
    shown = safe_line(str(path))
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if application != APPLICATION_ID and (application or found or tables):
        raise StoreError(f"The file {shown} is a database of another program.")
    if found > newest:
        raise StoreError(
            f"The store {shown} was written by a newer version of this program "
            f"(its format is {found}, this version knows {newest}). Please update."
        )
    return found


def migrate(connection: sqlite3.Connection, steps: Sequence[Step] = STEPS) -> None:
    """Do the steps that are missing. What ends the process between two leaves a whole version."""
    for number, step in enumerate(steps[version(connection) :], start=version(connection) + 1):
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in step:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
            connection.execute("COMMIT")
        finally:
            # SQLite has already rolled back where the disk was full.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
