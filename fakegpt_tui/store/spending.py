"""Spending: the ledger of what services were asked for, which outlives conversations."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from fakegpt_tui.domain import MessageStatus
from fakegpt_tui.domain.prices import SpendingEntry
from fakegpt_tui.store import rows
from fakegpt_tui.store.connection import WriteOperation

_SELECT: Final = """
    SELECT spending.*, coalesce(conversation.title, '') AS title
    FROM spending LEFT JOIN conversation ON conversation.id = spending.conversation_id
    WHERE at >= :since ORDER BY at, spending.position
"""
_COLUMNS: Final = (
    *("reply_id", "conversation_id", "at", "service", "model", "purpose", "status"),
    *("prompt_tokens", "reply_tokens", "usage"),
)
_INSERT: Final = rows.insert_statement("spending", _COLUMNS)
_STATUSES: Final = {each.value: each for each in MessageStatus}


def list_spending(connection: sqlite3.Connection, since: datetime | None) -> list[SpendingEntry]:
    """The entries from `since` on, or all, oldest first."""
    first = -(2**63) if since is None else rows.to_microseconds(since)
    return [_entry(row) for row in connection.execute(_SELECT, {"since": first})]


def add_spending(entries: Sequence[SpendingEntry]) -> WriteOperation:
    """Add what is no reply of a conversation's tree, such as a title."""
    values = [_values(each) for each in entries]

    def write(connection: sqlite3.Connection) -> None:
        for each in values:
            connection.execute(_INSERT, each)

    return write


def _entry(row: sqlite3.Row) -> SpendingEntry:
    return SpendingEntry(
        reply_id=row["reply_id"],
        conversation_id=row["conversation_id"],
        at=rows.from_microseconds(row["at"]),
        service=row["service"],
        model=row["model"],
        purpose=row["purpose"],
        status=_STATUSES.get(row["status"], MessageStatus.INTERRUPTED),
        usage=rows.decode_usage(row["prompt_tokens"], row["reply_tokens"], row["usage"]),
        title=row["title"],
    )


def _values(entry: SpendingEntry) -> rows.Values:
    usage = entry.usage
    return {
        "reply_id": entry.reply_id,
        "conversation_id": entry.conversation_id,
        "at": rows.to_microseconds(entry.at),
        "service": entry.service,
        "model": entry.model,
        "purpose": entry.purpose,
        "status": entry.status.value,
        "prompt_tokens": None if usage is None else usage.prompt_tokens,
        "reply_tokens": None if usage is None else usage.output,
        "usage": None if usage is None else rows.encode_usage_details(usage),
    }
