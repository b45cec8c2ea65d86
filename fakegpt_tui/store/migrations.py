"""Migrations: the steps from an empty file to the current version of the store."""

import sqlite3
from collections.abc import Sequence

from fakegpt_tui.store import rows, tokenizer
from fakegpt_tui.store.change_tables import CHANGE_TABLES

APPLICATION_ID = 0x46475054
"""Marks a database file as a store of this program."""

Step = tuple[str, ...]
"""The statements that lead from one version to the next; they are done in one transaction."""

_INDEX_OPTIONS = "content = '', prefix = 3, tokenize = 'unicode61 remove_diacritics 2'"

_FILL_WITHOUT_PARTS = f"""
    INSERT INTO message_index (rowid, text)
    SELECT position, {tokenizer.TOKENIZE_FUNCTION}(text) FROM chat_message WHERE owner IS NULL
"""  # noqa: S608 - constants
FILL_INDEX = {
    "message_index": f"""
        INSERT INTO message_index (rowid, text)
        SELECT position, {tokenizer.TOKENIZE_FUNCTION}({rows.SEARCHED_FUNCTION}(text, parts))
        FROM chat_message
        WHERE owner IS NULL
    """,  # noqa: S608 - constants
    "title_index": f"""
        INSERT INTO title_index (rowid, title)
        SELECT position, {tokenizer.TOKENIZE_FUNCTION}(title) FROM conversation
    """,  # noqa: S608 - constants
}
"""What fills an empty search index from the tables; it needs the functions."""


def _fill_spending(purpose: str, condition: str) -> str:
    return f"""
        INSERT OR REPLACE INTO spending (
            reply_id, conversation_id, at, service, model, purpose, status, prompt_tokens,
            reply_tokens, usage
        )
        SELECT id, conversation_id, created_at, service, model, {purpose}, status, prompt_tokens,
            reply_tokens, usage
        FROM chat_message WHERE service <> '' AND {condition}
    """  # noqa: S608 - constants


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
    (
        # `NULL` while the message is under way.
        "ALTER TABLE chat_message ADD COLUMN checksum INTEGER",
        f"""
        UPDATE chat_message SET checksum = {rows.checksum_call(later=())}
        WHERE owner IS NULL
        """,  # noqa: S608 - constants
        """
        CREATE INDEX conversation_trashed ON conversation (trashed_at)
        WHERE trashed_at IS NOT NULL
        """,
        """
        CREATE INDEX chat_message_trashed ON chat_message (trashed_at)
        WHERE trashed_at IS NOT NULL
        """,
        # A draft may be of a conversation that is not in the store yet.
        """
        CREATE TABLE draft (
            conversation_id TEXT NOT NULL PRIMARY KEY,
            text TEXT NOT NULL,
            line INTEGER NOT NULL,
            place INTEGER NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE queued_prompt (
            position INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            conversation_id TEXT NOT NULL,
            text TEXT NOT NULL
        ) STRICT
        """,
        "CREATE INDEX queued_prompt_conversation ON queued_prompt (conversation_id)",
        """
        CREATE TABLE upkeep (
            task TEXT NOT NULL PRIMARY KEY,
            done_at INTEGER NOT NULL
        ) STRICT
        """,
        # Without content of its own, because what is indexed is not quite the text.
        f"CREATE VIRTUAL TABLE message_index USING fts5 (text, {_INDEX_OPTIONS})",
        f"CREATE VIRTUAL TABLE title_index USING fts5 (title, {_INDEX_OPTIONS})",
        _FILL_WITHOUT_PARTS,
        FILL_INDEX["title_index"],
    ),
    (
        """
        CREATE TABLE bookmark (
            conversation_id TEXT NOT NULL PRIMARY KEY,
            message_id TEXT NOT NULL,
            part TEXT NOT NULL,
            source INTEGER NOT NULL,
            letters INTEGER NOT NULL,
            above INTEGER NOT NULL
        ) STRICT
        """,
    ),
    (
        # `NULL` for what is only reasoning and text, so that no row is rewritten.
        "ALTER TABLE chat_message ADD COLUMN parts TEXT",
        # What came at this point instead of text: a part, or an origin.
        "ALTER TABLE reply_delta ADD COLUMN part TEXT",
        "ALTER TABLE draft ADD COLUMN attachments TEXT",
        "ALTER TABLE queued_prompt ADD COLUMN parts TEXT",
        # Which rows need which bytes of the folder beside the store.
        """
        CREATE TABLE blob_use (
            kind TEXT NOT NULL,
            user_id TEXT NOT NULL,
            digest TEXT NOT NULL,
            PRIMARY KEY (kind, user_id, digest)
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE INDEX blob_use_digest ON blob_use (digest)",
        """
        CREATE TABLE unused_blob (
            digest TEXT NOT NULL PRIMARY KEY,
            since INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        *(
            f"""
            CREATE TRIGGER {table}_without_blobs AFTER DELETE ON {table}
            BEGIN DELETE FROM blob_use WHERE kind = '{kind}' AND user_id = OLD.{key}; END
            """  # noqa: S608 - constants
            for table, kind, key in (
                ("chat_message", "message", "id"),
                ("draft", "draft", "conversation_id"),
                ("queued_prompt", "queue", "id"),
            )
        ),
    ),
    (
        # What is counted beside `prompt_tokens` and `reply_tokens`, as JSON.
        "ALTER TABLE chat_message ADD COLUMN usage TEXT",
    ),
    (
        # In microseconds; `NULL` where nothing measured them.
        "ALTER TABLE chat_message ADD COLUMN first_word_after INTEGER",
        "ALTER TABLE chat_message ADD COLUMN ended_after INTEGER",
        "ALTER TABLE chat_message ADD COLUMN thought_for INTEGER",
    ),
    (
        # What was asked of services, also when its conversation is deleted: for sums of money.
        """
        CREATE TABLE spending (
            position INTEGER PRIMARY KEY,
            reply_id TEXT NOT NULL UNIQUE,
            conversation_id TEXT NOT NULL,
            at INTEGER NOT NULL,
            service TEXT NOT NULL,
            model TEXT NOT NULL,
            purpose TEXT NOT NULL,
            status TEXT NOT NULL,
            prompt_tokens INTEGER,
            reply_tokens INTEGER,
            usage TEXT
        ) STRICT
        """,
        "CREATE INDEX spending_at ON spending (at)",
        _fill_spending("'earlier'", "owner IS NULL AND role = 'assistant'"),
        # What is only inserted was not asked for here; what ends here was streamed here.
        f"""
        CREATE TRIGGER reply_spending AFTER UPDATE OF owner ON chat_message
        WHEN OLD.owner IS NOT NULL AND NEW.owner IS NULL AND NEW.role = 'assistant'
        BEGIN {_fill_spending("'reply'", "id = NEW.id")}; END
        """,
    ),
    # How many messages above a summary it stands for; 0 for what is none.
    ("ALTER TABLE chat_message ADD COLUMN summarizes INTEGER NOT NULL DEFAULT 0",),
    (
        # A path with slashes, and tags with line feeds between them.
        "ALTER TABLE conversation ADD COLUMN folder TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE conversation ADD COLUMN tags TEXT NOT NULL DEFAULT ''",
        """
        CREATE TABLE folder (
            path TEXT NOT NULL PRIMARY KEY,
            service TEXT NOT NULL,
            model TEXT NOT NULL,
            system_prompt TEXT NOT NULL
        ) STRICT
        """,
    ),
    CHANGE_TABLES,
    # What a conversation without a prompt was set up as, in JSON.
    ("ALTER TABLE draft ADD COLUMN header TEXT NOT NULL DEFAULT ''",),
)

VERSION = len(STEPS)


def read_pragma(connection: sqlite3.Connection, name: str) -> str | int:
    (value,) = connection.execute(f"PRAGMA {name}").fetchone()
    return value  # type: ignore[no-any-return]  # as SQLite types it


def read_version(connection: sqlite3.Connection) -> int:
    """How many of the steps the database has behind it."""
    return int(read_pragma(connection, "user_version"))


def add_functions(connection: sqlite3.Connection) -> None:
    """Let statements sum and index as this program does."""
    connection.create_function(rows.CHECKSUM_FUNCTION, -1, rows.checksum, deterministic=True)
    connection.create_function(rows.SEARCHED_FUNCTION, 2, rows.searched_text, deterministic=True)
    connection.create_function(
        tokenizer.TOKENIZE_FUNCTION, 1, tokenizer.tokenize, deterministic=True
    )


def migrate(connection: sqlite3.Connection, steps: Sequence[Step] = STEPS) -> None:
    """Do the steps that are missing. What ends the process between two leaves a whole version."""
    add_functions(connection)
    for number, step in enumerate(
        steps[read_version(connection) :], start=read_version(connection) + 1
    ):
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
