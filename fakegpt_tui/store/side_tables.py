"""Side tables: drafts, queued prompts, bookmarks, folders and spending, and earlier prompts."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from fakegpt_tui.domain import Bookmark, Draft, MessageStatus, QueuedPrompt
from fakegpt_tui.domain.folders import Folder
from fakegpt_tui.store.connection import WriteOperation, run_statement
from fakegpt_tui.store.rows import (
    BOOKMARK,
    QUEUED_PROMPT,
    USAGE_COLUMNS,
    RowMapping,
    Values,
    assignments,
    decode_usage,
    encode_usage,
    from_microseconds,
    insert_statement,
    part_json,
    select_statement,
    to_microseconds,
)
from fakegpt_tui.store.write_operations import record_uses
from fakegpt_tui.text import replace_surrogates

if TYPE_CHECKING:
    from fakegpt_tui.domain.prices import SpendingEntry


def _upsert_statement(table: str, columns: Sequence[str], *, key: str) -> str:
    """A statement that adds a row, or changes the one with the same key."""
    added, changed = insert_statement(table, columns), assignments(columns)
    return f"{added} ON CONFLICT ({key}) DO UPDATE SET {changed}"


_BOOKMARK = f"{select_statement('bookmark', BOOKMARK.columns)} WHERE conversation_id = :id"
_SAVE_BOOKMARK = _upsert_statement("bookmark", BOOKMARK.columns, key="conversation_id")
_DELETE_BOOKMARK = "DELETE FROM bookmark WHERE conversation_id = :id"

_DRAFT = ("conversation_id", "text", "line", "place", "attachments", "header")
_DRAFTS = f"{select_statement('draft', _DRAFT)} ORDER BY rowid"
_SAVE_DRAFT = _upsert_statement("draft", _DRAFT, key="conversation_id")
_DELETE_DRAFT = "DELETE FROM draft WHERE conversation_id = :conversation_id"

_QUEUED = f"{select_statement('queued_prompt', QUEUED_PROMPT.columns)} ORDER BY position"
_DELETE_QUEUE = "DELETE FROM queued_prompt WHERE conversation_id = :id"
_ADD_QUEUED = insert_statement("queued_prompt", QUEUED_PROMPT.columns)

_FOLDER = RowMapping(Folder)
_FOLDERS = f"{select_statement('folder', _FOLDER.columns)} ORDER BY path"
_SAVE_FOLDER = _upsert_statement("folder", _FOLDER.columns, key="path")
_DELETE_FOLDER = "DELETE FROM folder WHERE path = :path"

_SPENDING = """
    SELECT spending.*, coalesce(conversation.title, '') AS title
    FROM spending LEFT JOIN conversation ON conversation.id = spending.conversation_id
    WHERE at >= :since ORDER BY at, spending.position
"""
_SPENDING_COLUMNS = (
    *("reply_id", "conversation_id", "at", "service", "model", "purpose", "status"),
    *USAGE_COLUMNS,
)
_ADD_SPENDING = insert_statement("spending", _SPENDING_COLUMNS)
_STATUSES = {each.value: each for each in MessageStatus}

_SENT = """
    SELECT text FROM chat_message
    WHERE role = 'user' AND trashed_at IS NULL AND text <> ''
    ORDER BY position DESC
"""


def read_bookmark(connection: sqlite3.Connection, conversation_id: str) -> Bookmark | None:
    """The bookmark of a conversation."""
    row = connection.execute(_BOOKMARK, {"id": replace_surrogates(conversation_id)}).fetchone()
    return None if row is None else BOOKMARK.decode(row)


def save_bookmark(bookmark: Bookmark) -> WriteOperation:
    return run_statement(_SAVE_BOOKMARK, BOOKMARK.encode(bookmark))


def delete_bookmark(conversation_id: str) -> WriteOperation:
    return run_statement(_DELETE_BOOKMARK, {"id": replace_surrogates(conversation_id)})


def read_drafts(connection: sqlite3.Connection) -> Mapping[str, Draft]:
    """Drafts by conversation."""
    return {
        conversation_id: Draft(
            conversation_id,
            text,
            (line, place),
            part_json().decode_attachments(attachments) if attachments else (),
            header,
        )
        for conversation_id, text, line, place, attachments, header in connection.execute(_DRAFTS)
    }


def save_draft(draft: Draft) -> WriteOperation:
    """Save the draft, or delete one that holds nothing."""
    line, place = draft.cursor
    values: Values = {
        "conversation_id": replace_surrogates(draft.conversation_id),
        "text": replace_surrogates(draft.text),
        "line": line,
        "place": place,
        "attachments": part_json().encode_attachments(draft.attachments)
        if draft.attachments
        else None,
        "header": draft.header,
    }
    is_kept = draft.text or draft.attachments or draft.header
    statement = _SAVE_DRAFT if is_kept else _DELETE_DRAFT

    def write(connection: sqlite3.Connection) -> None:
        connection.execute(statement, values)
        record_uses(connection, "draft", str(values["conversation_id"]), values["attachments"])

    return write


def read_queued_prompts(connection: sqlite3.Connection) -> Mapping[str, Sequence[QueuedPrompt]]:
    """By conversation, in the order in which they are to be sent."""
    found: dict[str, list[QueuedPrompt]] = {}
    for prompt in map(QUEUED_PROMPT.decode, connection.execute(_QUEUED)):
        found.setdefault(prompt.conversation_id, []).append(prompt)
    return found


def save_queue(conversation_id: str, prompts: Sequence[QueuedPrompt]) -> WriteOperation:
    """Make these the queued prompts of the conversation."""
    queue = [QUEUED_PROMPT.encode(each) for each in prompts]

    def write(connection: sqlite3.Connection) -> None:
        connection.execute(_DELETE_QUEUE, {"id": replace_surrogates(conversation_id)})
        connection.executemany(_ADD_QUEUED, queue)
        for each in queue:
            record_uses(connection, "queue", str(each["id"]), each["parts"])

    return write


def read_folders(connection: sqlite3.Connection) -> Sequence[Folder]:
    """The folders that were made, with their presets, by their paths."""
    return [_FOLDER.decode(row) for row in connection.execute(_FOLDERS)]


def save_folder(folder: Folder) -> WriteOperation:
    """Make a folder, or change its preset."""
    return run_statement(_SAVE_FOLDER, _FOLDER.encode(folder))


def delete_folder(path: str) -> WriteOperation:
    """Delete a folder alone; conversations in it keep its path."""
    return run_statement(_DELETE_FOLDER, {"path": replace_surrogates(path)})


def read_spending(connection: sqlite3.Connection, since: datetime | None) -> list[SpendingEntry]:
    """The entries from `since` on, or all, oldest first."""
    first = -(2**63) if since is None else to_microseconds(since)
    return [_spending_entry(row) for row in connection.execute(_SPENDING, {"since": first})]


def add_spending(entry: SpendingEntry) -> WriteOperation:
    """Add what is no reply of a conversation's tree, such as a title."""
    values = {
        "reply_id": entry.reply_id,
        "conversation_id": entry.conversation_id,
        "at": to_microseconds(entry.at),
        "service": entry.service,
        "model": entry.model,
        "purpose": entry.purpose,
        "status": entry.status.value,
        **encode_usage(entry.usage),
    }
    return run_statement(_ADD_SPENDING, values)


def _spending_entry(row: sqlite3.Row) -> SpendingEntry:
    from fakegpt_tui.domain.prices import SpendingEntry  # noqa: PLC0415 - not at every start

    return SpendingEntry(
        reply_id=row["reply_id"],
        conversation_id=row["conversation_id"],
        at=from_microseconds(row["at"]),
        service=row["service"],
        model=row["model"],
        purpose=row["purpose"],
        status=_STATUSES.get(row["status"], MessageStatus.INTERRUPTED),
        usage=decode_usage(row),
        title=row["title"],
    )


def read_sent_prompts(connection: sqlite3.Connection, limit: int) -> tuple[str, ...]:
    """The texts of earlier prompts, newest first, without doubles."""
    found: dict[str, None] = {}
    for (text,) in connection.execute(_SENT):
        if len(found) >= limit:
            break
        found[text] = None
    return tuple(found)
