"""Undo log: what was changed, and how to take it back, for all instances and later runs."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from fakegpt_tui.domain.undo import MOST_ACTIONS, OLDEST_ACTION, UndoAction, UndoStep
from fakegpt_tui.store import rows
from fakegpt_tui.store.connection import WriteOperation
from fakegpt_tui.text import replace_surrogates

_LAST: Final = """
    SELECT * FROM undo_action
    WHERE scope IN ('', :scope) AND at >= :since
        AND id NOT IN (SELECT value FROM json_each(:but_not))
        AND EXISTS (
            SELECT 1 FROM undo_step LEFT JOIN conversation ON conversation.id = conversation_id
            WHERE action_id = undo_action.id AND (conversation_id = '' OR conversation.id NOTNULL)
        )
    ORDER BY position DESC LIMIT 1
"""
_STEPS: Final = "SELECT conversation_id, data FROM undo_step WHERE action_id = :id ORDER BY seq"
_ADD: Final = """
    INSERT OR IGNORE INTO undo_action (id, what, done, scope, at)
    VALUES (:id, :what, :done, :scope, :at)
"""
_ADD_STEP: Final = "INSERT OR IGNORE INTO undo_step VALUES (:id, :seq, :conversation_id, :data)"
_REMOVE: Final = "DELETE FROM undo_action WHERE id = :id"
_RENEW: Final = """
    UPDATE undo_action SET at = :at, position = (SELECT max(position) + 1 FROM undo_action)
    WHERE id = :id
"""
_PRUNE: Final = """
    DELETE FROM undo_action WHERE at < :since OR position <= (
        SELECT position FROM undo_action ORDER BY position DESC LIMIT 1 OFFSET :most
    )
"""


def find_last(
    connection: sqlite3.Connection, scope: str, but_not: Iterable[str] = ()
) -> UndoAction | None:
    """The last action of a scope or on whole conversations, unless it is too old.

    It is about a folder, or a conversation that is still there.
    """
    since = rows.to_microseconds(datetime.now(UTC) - OLDEST_ACTION)
    values = {"scope": scope, "since": since, "but_not": json.dumps(list(but_not))}
    row = connection.execute(_LAST, values).fetchone()
    if row is None:
        return None
    steps = (UndoStep(*each) for each in connection.execute(_STEPS, {"id": row["id"]}))
    return UndoAction(
        id=row["id"],
        what=row["what"],
        done=row["done"],
        scope=row["scope"],
        at=rows.from_microseconds(row["at"]),
        steps=tuple(steps),
    )


def add_action(action: UndoAction) -> WriteOperation:
    """Keep an action, and drop those that are too old or too many."""
    return extend_action(action, action.steps)


def extend_action(action: UndoAction, more: Sequence[UndoStep], begin: int = 0) -> WriteOperation:
    """Add steps to an action, of which so many are there already; it is kept with the first."""
    header = {
        "id": action.id,
        "what": replace_surrogates(action.what),
        "done": replace_surrogates(action.done),
        "scope": replace_surrogates(action.scope),
        "at": rows.to_microseconds(action.at),
    }
    steps = [
        {
            "id": action.id,
            "seq": seq,
            "conversation_id": replace_surrogates(step.conversation_id),
            "data": step.data,
        }
        for seq, step in enumerate(more, start=begin)
    ]
    since = rows.to_microseconds(action.at - OLDEST_ACTION)

    def write(connection: sqlite3.Connection) -> None:
        connection.execute(_ADD, header)
        connection.executemany(_ADD_STEP, steps)
        if begin == 0:
            connection.execute(_PRUNE, {"since": since, "most": MOST_ACTIONS})

    return write


def renew_action(action_id: str) -> WriteOperation:
    """Make an action the last one, as of now."""
    values = {"id": action_id, "at": rows.to_microseconds(datetime.now(UTC))}

    def write(connection: sqlite3.Connection) -> None:
        connection.execute(_RENEW, values)

    return write


def remove_action(action_id: str) -> WriteOperation:
    """Drop an action that was undone."""

    def write(connection: sqlite3.Connection) -> None:
        connection.execute(_REMOVE, {"id": action_id})

    return write
