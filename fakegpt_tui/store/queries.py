"""Queries: conversations, message trees and paths, with the deltas of streaming replies applied."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from fakegpt_tui.domain import ChatMessage, Conversation, MessageStatus
from fakegpt_tui.store import rows
from fakegpt_tui.text import replace_surrogates

Delta: TypeAlias = tuple[int | None, str]
"""How many code points of the reply stay, `None` for all, and the text that comes after them."""

_LARGEST_INTEGER = 2**63 - 1


def apply_deltas(text: str, deltas: Iterable[Delta]) -> str:
    """What `deltas`, oldest first, make of `text`."""
    pieces = [text]
    for keep, added in deltas:
        if keep is not None:
            pieces = ["".join(pieces)[:keep]]
        pieces.append(added)
    return "".join(pieces)


@dataclass(slots=True)
class DeltaBuffer:
    """Deltas by reply, in the order in which they came; text added to text is one delta."""

    size: int = 0
    """UTF-8 bytes of all that was taken in."""
    _pieces: dict[str, list[tuple[int | None, list[str]]]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self._pieces)

    def add(self, reply_id: str, text: str, keep: int | None) -> None:
        text = replace_surrogates(text)
        self.size += len(text.encode())
        deltas = self._pieces.setdefault(replace_surrogates(reply_id), [])
        if keep is not None:
            deltas.append((min(max(keep, 0), _LARGEST_INTEGER), [text]))
        elif deltas:
            deltas[-1][1].append(text)
        else:
            deltas.append((None, [text]))

    def deltas(self) -> list[tuple[str, int | None, str]]:
        """Reply, number of code points to keep, and text."""
        return [
            (reply_id, keep, "".join(pieces))
            for reply_id, deltas in self._pieces.items()
            for keep, pieces in deltas
        ]


_CONVERSATIONS = """
    SELECT * FROM conversation WHERE trashed_at IS NULL ORDER BY updated_at DESC, position DESC
"""
_TRASHED = """
    SELECT * FROM conversation WHERE trashed_at IS NOT NULL ORDER BY trashed_at DESC, position DESC
"""
_CONVERSATION = "SELECT * FROM conversation WHERE id = :id"
_MESSAGES = "SELECT * FROM chat_message WHERE conversation_id = :id ORDER BY position"
_LEAF = "SELECT leaf_id FROM conversation WHERE id = :id"
_COUNT = "SELECT count(*) FROM chat_message WHERE conversation_id = :id"
_END = """
    WITH RECURSIVE upwards (position, parent_id, step) AS (
        SELECT position, parent_id, 1 FROM chat_message WHERE id = :leaf
        UNION ALL
        SELECT above.position, above.parent_id, step + 1
        FROM upwards JOIN chat_message AS above ON above.id = upwards.parent_id
        WHERE step < :count
    )
    SELECT chat_message.* FROM upwards JOIN chat_message USING (position) ORDER BY step DESC
"""
_DELTAS = "SELECT keep, text FROM reply_delta WHERE message_id = :id ORDER BY seq"

DAMAGED_MESSAGE = "This message was damaged on the disk and is not what was written."


def list_conversations(connection: sqlite3.Connection) -> tuple[Conversation, ...]:
    return tuple(map(rows.decode_conversation, connection.execute(_CONVERSATIONS)))


def list_trashed(connection: sqlite3.Connection) -> tuple[Conversation, ...]:
    return tuple(map(rows.decode_conversation, connection.execute(_TRASHED)))


def get_conversation(connection: sqlite3.Connection, conversation_id: str) -> Conversation | None:
    row = connection.execute(_CONVERSATION, {"id": conversation_id}).fetchone()
    return None if row is None else rows.decode_conversation(row)


def list_messages(connection: sqlite3.Connection, conversation_id: str) -> tuple[ChatMessage, ...]:
    found = connection.execute(_MESSAGES, {"id": conversation_id}).fetchall()
    return tuple(read_message(connection, row) for row in found)


def get_path(connection: sqlite3.Connection, conversation_id: str) -> tuple[ChatMessage, ...]:
    """The way from the root to the leaf; a leaf that is gone is taken for the newest message."""
    header = connection.execute(_LEAF, {"id": conversation_id}).fetchone()
    if header is None or header["leaf_id"] is None:
        return ()
    # All of the tree is read and walked here, which takes half the time of a recursive query
    # that reads the path alone.
    found = connection.execute(_MESSAGES, {"id": conversation_id}).fetchall()
    by_id = {row["id"]: row for row in found}
    step = header["leaf_id"] if header["leaf_id"] in by_id else next(reversed(by_id), None)
    upwards = []
    # Taking each message out ends a circle of parents, which only damage can make.
    while (row := by_id.pop(step, None)) is not None:
        upwards.append(row)
        step = row["parent_id"]
    return tuple(read_message(connection, row) for row in reversed(upwards))


def get_path_end(
    connection: sqlite3.Connection, leaf_id: str, count: int
) -> tuple[ChatMessage, ...]:
    """The last `count` on the way to a leaf; none where there is no such leaf."""
    found = connection.execute(_END, {"leaf": leaf_id, "count": count}).fetchall()
    return tuple(read_message(connection, row) for row in found)


def count_messages(connection: sqlite3.Connection, conversation_id: str) -> int:
    """How many chat messages the whole tree has."""
    count: int = connection.execute(_COUNT, {"id": conversation_id}).fetchone()[0]
    return count


def read_message(connection: sqlite3.Connection, row: sqlite3.Row) -> ChatMessage:
    """The chat message of a row, with what its reply has gained since, and flagged if damaged."""
    message = rows.decode_message(row, get_text(connection, row))
    if rows.is_intact(row):
        return message
    return replace(message, status=MessageStatus.INTERRUPTED, error=DAMAGED_MESSAGE)


def get_text(connection: sqlite3.Connection, row: sqlite3.Row) -> str:
    """The text of a row, with what its reply has gained since."""
    found: str = row["text"]
    return found if row["owner"] is None else apply_deltas(found, _deltas(connection, row["id"]))


def _deltas(connection: sqlite3.Connection, message_id: str) -> Iterable[tuple[int | None, str]]:
    found = connection.execute(_DELTAS, {"id": message_id})
    return ((row["keep"], row["text"]) for row in found)
