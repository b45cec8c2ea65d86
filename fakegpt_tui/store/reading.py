"""Reading conversations and their trees of chat messages."""

import sqlite3
from collections.abc import Iterable

from fakegpt_tui.domain import ChatMessage, Conversation
from fakegpt_tui.store import rows
from fakegpt_tui.store.growth import folded

_CONVERSATIONS = "SELECT * FROM conversation ORDER BY updated_at DESC, position DESC"
_CONVERSATION = "SELECT * FROM conversation WHERE id = :id"
_MESSAGES = "SELECT * FROM chat_message WHERE conversation_id = :id ORDER BY position"

# A leaf that is not there any more is taken for the newest message. UNION, unlike UNION ALL,
# visits no message twice, so that a circle of parents has an end.
_PATH = """
    WITH RECURSIVE
        leaf (id) AS (
            SELECT coalesce(
                (
                    SELECT id FROM chat_message
                    WHERE id = conversation.leaf_id AND conversation_id = conversation.id
                ),
                (
                    SELECT id FROM chat_message
                    WHERE conversation_id = conversation.id
                    ORDER BY position DESC
                    LIMIT 1
                )
            )
            FROM conversation
            WHERE id = :id AND leaf_id IS NOT NULL
        ),
        step (id, parent_id) AS (
            SELECT id, parent_id FROM chat_message WHERE id = (SELECT id FROM leaf)
            UNION
            SELECT parent.id, parent.parent_id
            FROM step
            JOIN chat_message AS parent ON parent.id = step.parent_id
            WHERE parent.conversation_id = :id
        )
    SELECT chat_message.*, (SELECT id FROM leaf) AS shown_leaf_id
    FROM step
    JOIN chat_message ON chat_message.id = step.id
"""
_DELTAS = "SELECT keep, text FROM reply_delta WHERE message_id = :id ORDER BY seq"


def conversations(connection: sqlite3.Connection) -> tuple[Conversation, ...]:
    return tuple(map(rows.conversation, connection.execute(_CONVERSATIONS)))


def conversation(connection: sqlite3.Connection, conversation_id: str) -> Conversation | None:
    row = connection.execute(_CONVERSATION, {"id": conversation_id}).fetchone()
    return None if row is None else rows.conversation(row)


def messages(connection: sqlite3.Connection, conversation_id: str) -> tuple[ChatMessage, ...]:
    found = connection.execute(_MESSAGES, {"id": conversation_id}).fetchall()
    return tuple(chat_message(connection, row) for row in found)


def path(connection: sqlite3.Connection, conversation_id: str) -> tuple[ChatMessage, ...]:
    found = connection.execute(_PATH, {"id": conversation_id}).fetchall()
    by_id = {row["id"]: row for row in found}
    step = found[0]["shown_leaf_id"] if found else None
    upwards = []
    # The statement gives the right rows in no promised order.
    while (row := by_id.pop(step, None)) is not None:
        upwards.append(row)
        step = row["parent_id"]
    return tuple(chat_message(connection, row) for row in reversed(upwards))


def chat_message(connection: sqlite3.Connection, row: sqlite3.Row) -> ChatMessage:
    """The chat message of a row, with what its reply has gained since."""
    text = row["text"]
    if row["owner"] is not None:
        text = folded(text, _deltas(connection, row["id"]))
    return rows.chat_message(row, text)


def _deltas(connection: sqlite3.Connection, message_id: str) -> Iterable[tuple[int | None, str]]:
    found = connection.execute(_DELTAS, {"id": message_id})
    return ((row["keep"], row["text"]) for row in found)
