"""Change tables: the tables and triggers of changes, mirrored files, undo and failed replies."""

from typing import Final


def _note(conversation_id: str) -> str:
    """The statement that gives a conversation the highest number.

    A conflict clause of its own holds whatever the statement that fires the trigger says.
    """
    return f"""
        INSERT INTO conversation_change (conversation_id, position)
        VALUES (
            {conversation_id}, (SELECT coalesce(max(position), 0) + 1 FROM conversation_change)
        )
        ON CONFLICT (conversation_id) DO UPDATE SET position = excluded.position
    """  # noqa: S608 - constants


# A new message comes with the header of its conversation; a trigger for each of a million that are
# imported would take a third of the time.
_EVENTS: Final = (
    ("conversation", "INSERT", "NEW.id"),
    ("conversation", "UPDATE", "NEW.id"),
    ("chat_message", "UPDATE", "NEW.conversation_id"),
    ("chat_message", "DELETE", "OLD.conversation_id"),
)

CHANGE_TABLES: Final = (
    # `position` grows with every change of what is in the file of a conversation.
    """
    CREATE TABLE conversation_change (
        position INTEGER PRIMARY KEY,
        conversation_id TEXT NOT NULL UNIQUE
    ) STRICT
    """,
    *(
        f"""
        CREATE TRIGGER {table}_{event.lower()}_change AFTER {event} ON {table}
        BEGIN {_note(changed)}; END
        """
        for table, event, changed in _EVENTS
    ),
    # Something has changed, but nothing is left of what.
    f"""
    CREATE TRIGGER conversation_gone AFTER DELETE ON conversation
    BEGIN
        {_note("''")};
        DELETE FROM conversation_change WHERE conversation_id = OLD.id;
    END
    """,  # noqa: S608 - constants
    # The files of a folder: of which change each is, what `stat` said of it when it was written,
    # and whether it was edited or deleted since.
    """
    CREATE TABLE mirrored_file (
        folder TEXT NOT NULL,
        path TEXT NOT NULL,
        conversation_id TEXT NOT NULL,
        change INTEGER NOT NULL,
        stamp TEXT NOT NULL,
        state TEXT NOT NULL,
        PRIMARY KEY (folder, path)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX mirrored_conversation ON mirrored_file (folder, conversation_id)",
    # `scope` is the conversation in which something was changed, or empty.
    """
    CREATE TABLE undo_action (
        position INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        what TEXT NOT NULL,
        done TEXT NOT NULL,
        scope TEXT NOT NULL,
        at INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE undo_step (
        action_id TEXT NOT NULL REFERENCES undo_action (id) ON DELETE CASCADE,
        seq INTEGER NOT NULL,
        conversation_id TEXT NOT NULL,
        data TEXT NOT NULL,
        PRIMARY KEY (action_id, seq)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX undo_step_conversation ON undo_step (conversation_id)",
    # Nothing of a conversation outlives it here.
    """
    CREATE TRIGGER conversation_undo AFTER DELETE ON conversation
    BEGIN
        DELETE FROM undo_step WHERE conversation_id = OLD.id;
        DELETE FROM undo_action WHERE id NOT IN (SELECT action_id FROM undo_step);
    END
    """,
    """
    CREATE TABLE failed_reply (
        conversation_id TEXT NOT NULL PRIMARY KEY
            REFERENCES conversation (id) ON DELETE CASCADE,
        reply_id TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    # What is only inserted, as by an import, did not fail here.
    """
    CREATE TRIGGER reply_failure AFTER UPDATE OF owner ON chat_message
    WHEN OLD.owner IS NOT NULL AND NEW.owner IS NULL AND NEW.role = 'assistant'
    BEGIN
        INSERT INTO failed_reply (conversation_id, reply_id)
        SELECT NEW.conversation_id, NEW.id WHERE NEW.status IN ('failed', 'interrupted')
        ON CONFLICT (conversation_id) DO UPDATE SET reply_id = excluded.reply_id;
    END
    """,
)
"""What counts changes, and keeps what is known of them; in the order in which it was made."""
