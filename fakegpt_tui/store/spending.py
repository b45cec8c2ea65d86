"""Spending: the ledger of what services were asked for, which outlives conversations."""

import sqlite3
from datetime import datetime
from typing import Final

from fakegpt_tui.domain import MessageStatus
from fakegpt_tui.domain.prices import SpendingEntry
from fakegpt_tui.store import rows
from fakegpt_tui.store.connection import WriteOperation, run_statement

_SELECT: Final = """
    SELECT spending.*, coalesce(conversation.title, '') AS title
    FROM spending LEFT JOIN conversation ON conversation.id = spending.conversation_id
    WHERE at >= :since ORDER BY at, spending.position
"""
_COLUMNS: Final = (
    *("reply_id", "conversation_id", "at", "service", "model", "purpose", "status"),
    *rows.USAGE_COLUMNS,
)
_INSERT: Final = rows.insert_statement("spending", _COLUMNS)
_STATUSES: Final = {each.value: each for each in MessageStatus}


def list_spending(connection: sqlite3.Connection, since: datetime | None) -> list[SpendingEntry]:
    """The entries from `since` on, or all, oldest first."""
    first = -(2**63) if since is None else rows.to_microseconds(since)
    return [_entry(row) for row in connection.execute(_SELECT, {"since": first})]


def add_spending(entry: SpendingEntry) -> WriteOperation:
    """Add what is no reply of a conversation's tree, such as a title."""
    values = {
        "reply_id": entry.reply_id,
        "conversation_id": entry.conversation_id,
        "at": rows.to_microseconds(entry.at),
        "service": entry.service,
        "model": entry.model,
        "purpose": entry.purpose,
        "status": entry.status.value,
        **rows.encode_usage(entry.usage),
    }
    return run_statement(_INSERT, values)


def _entry(row: sqlite3.Row) -> SpendingEntry:
    return SpendingEntry(
        reply_id=row["reply_id"],
        conversation_id=row["conversation_id"],
        at=rows.from_microseconds(row["at"]),
        service=row["service"],
        model=row["model"],
        purpose=row["purpose"],
        status=_STATUSES.get(row["status"], MessageStatus.INTERRUPTED),
        usage=rows.decode_usage(row),
        title=row["title"],
    )
