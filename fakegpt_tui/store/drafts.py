"""Drafts, queued prompts, prompt history and bookmarks."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from fakegpt_tui.domain import Bookmark, Draft, QueuedPrompt
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


_DRAFTS = "SELECT * FROM draft ORDER BY rowid"
_SAVE_DRAFT = """
    INSERT INTO draft (conversation_id, text, line, place)
    VALUES (:conversation_id, :text, :line, :place)
    ON CONFLICT (conversation_id) DO UPDATE SET text = :text, line = :line, place = :place
"""
_DELETE_DRAFT = "DELETE FROM draft WHERE conversation_id = :conversation_id"
_QUEUED = "SELECT * FROM queued_prompt ORDER BY position"
_DELETE_QUEUE = "DELETE FROM queued_prompt WHERE conversation_id = :conversation_id"
_ADD_QUEUED = """
    INSERT INTO queued_prompt (id, conversation_id, text) VALUES (:id, :conversation_id, :text)
"""
_SENT = """
    SELECT text FROM chat_message
    WHERE role = 'user' AND trashed_at IS NULL AND text <> ''
    ORDER BY position DESC
"""


def read_drafts(connection: sqlite3.Connection) -> Mapping[str, Draft]:
    """Drafts by conversation."""
    return {
        row["conversation_id"]: Draft(
            row["conversation_id"], row["text"], (row["line"], row["place"])
        )
        for row in connection.execute(_DRAFTS)
    }


def save_draft(draft: Draft) -> WriteOperation:
    """Keep the draft; one without text is forgotten."""
    line, place = draft.cursor
    values = {
        "conversation_id": replace_surrogates(draft.conversation_id),
        "text": replace_surrogates(draft.text),
        "line": line,
        "place": place,
    }
    statement = _SAVE_DRAFT if draft.text else _DELETE_DRAFT

    def work(connection: sqlite3.Connection) -> None:
        connection.execute(statement, values)

    return work


def read_queued_prompts(connection: sqlite3.Connection) -> Mapping[str, Sequence[QueuedPrompt]]:
    """By conversation, in the order in which they are to be sent."""
    found: dict[str, list[QueuedPrompt]] = {}
    for row in connection.execute(_QUEUED):
        prompt = QueuedPrompt(row["id"], row["conversation_id"], row["text"])
        found.setdefault(prompt.conversation_id, []).append(prompt)
    return found


def save_queue(conversation_id: str, prompts: Sequence[QueuedPrompt]) -> WriteOperation:
    """Make these the queued prompts of the conversation."""
    whose = {"conversation_id": replace_surrogates(conversation_id)}
    queue = [
        {**whose, "id": replace_surrogates(each.id), "text": replace_surrogates(each.text)}
        for each in prompts
    ]

    def work(connection: sqlite3.Connection) -> None:
        connection.execute(_DELETE_QUEUE, whose)
        connection.executemany(_ADD_QUEUED, queue)

    return work


def read_sent_prompts(connection: sqlite3.Connection, limit: int) -> tuple[str, ...]:
    """The texts of earlier prompts, newest first, without doubles."""
    found: dict[str, None] = {}
    for row in connection.execute(_SENT):
        if len(found) >= limit:
            break
        found[row["text"]] = None
    return tuple(found)
