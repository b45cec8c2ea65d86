"""Queries: conversations, message trees and paths, with the deltas of streaming replies applied."""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from fakegpt_tui.domain import ChatMessage, Conversation, MessageStatus
from fakegpt_tui.fast_import import dataclass
from fakegpt_tui.store import rows
from fakegpt_tui.text import replace_surrogates

if TYPE_CHECKING:
    from fakegpt_tui.domain.parts import Part

_SELECT_CONVERSATION = rows.select_statement("conversation", rows.CONVERSATION.columns)
_CONVERSATIONS = f"""
    {_SELECT_CONVERSATION} WHERE trashed_at IS NULL ORDER BY updated_at DESC, position DESC
"""
_TRASHED = f"""
    {_SELECT_CONVERSATION} WHERE trashed_at IS NOT NULL ORDER BY trashed_at DESC, position DESC
"""
_CONVERSATION = f"{_SELECT_CONVERSATION} WHERE id = :id"
_LEAF = "SELECT leaf_id FROM conversation WHERE id = :id"

_SELECT_MESSAGE = rows.select_statement("chat_message", rows.MESSAGE_COLUMNS)
_MESSAGES = f"{_SELECT_MESSAGE} WHERE conversation_id = :id ORDER BY position"
_MESSAGE_BATCH = """
    SELECT * FROM chat_message WHERE position > :position ORDER BY position LIMIT 200
"""
_COUNT = "SELECT count(*) FROM chat_message WHERE conversation_id = :id"
_PATH_END = f"""
    WITH RECURSIVE upwards (place, parent, step) AS (
        SELECT position, parent_id, 1 FROM chat_message WHERE id = :leaf
        UNION ALL
        SELECT position, parent_id, step + 1
        FROM upwards JOIN chat_message ON id = parent
        WHERE step < :count
    )
    {_SELECT_MESSAGE} JOIN upwards ON position = place ORDER BY step DESC
"""  # noqa: S608 - constants
_LARGEST_INTEGER = 2**63 - 1
_DELTAS = "SELECT keep, text, part FROM reply_delta WHERE message_id = :id ORDER BY seq"

REASONING = '"reasoning"'
"""The part of a delta whose text is reasoning."""

Delta: TypeAlias = tuple[int | None, str, str | None]
"""How many code points of the reply stay, `None` for all, and the text or part after them."""

DAMAGED_MESSAGE = "This message was damaged on the disk and is not what was written."


def list_conversations(connection: sqlite3.Connection) -> tuple[Conversation, ...]:
    return tuple(map(rows.CONVERSATION.decode, connection.execute(_CONVERSATIONS)))


def list_trashed(connection: sqlite3.Connection) -> tuple[Conversation, ...]:
    return tuple(map(rows.CONVERSATION.decode, connection.execute(_TRASHED)))


def get_conversation(connection: sqlite3.Connection, conversation_id: str) -> Conversation | None:
    row = connection.execute(_CONVERSATION, {"id": replace_surrogates(conversation_id)}).fetchone()
    return None if row is None else rows.CONVERSATION.decode(row)


def list_messages(connection: sqlite3.Connection, conversation_id: str) -> tuple[ChatMessage, ...]:
    found = connection.execute(_MESSAGES, {"id": replace_surrogates(conversation_id)}).fetchall()
    return tuple(read_message(connection, row) for row in found)


def get_path(connection: sqlite3.Connection, conversation_id: str) -> tuple[ChatMessage, ...]:
    """The messages from the root to the leaf; the newest message stands in for a missing leaf."""
    values = {"id": replace_surrogates(conversation_id)}
    leaf = connection.execute(_LEAF, values).fetchone()
    if leaf is None or leaf["leaf_id"] is None:
        return ()
    # All of the tree is read and walked here, which takes half the time of a recursive query
    # that reads the path alone.
    by_id = {row["id"]: row for row in connection.execute(_MESSAGES, values)}
    step = leaf["leaf_id"] if leaf["leaf_id"] in by_id else next(reversed(by_id), None)
    upwards = []
    # Taking each message out ends a circle of parents, which only damage can make.
    while (row := by_id.pop(step, None)) is not None:
        upwards.append(row)
        step = row["parent_id"]
    return tuple(read_message(connection, row) for row in reversed(upwards))


def get_path_end(
    connection: sqlite3.Connection, leaf_id: str, count: int
) -> tuple[ChatMessage, ...]:
    """The last `count` messages on the way to a leaf; none where there is no such leaf."""
    values = {"leaf": replace_surrogates(leaf_id), "count": count}
    found = connection.execute(_PATH_END, values).fetchall()
    return tuple(read_message(connection, row) for row in found)


def count_messages(connection: sqlite3.Connection, conversation_id: str) -> int:
    """How many chat messages the whole tree has."""
    values = {"id": replace_surrogates(conversation_id)}
    (count,) = connection.execute(_COUNT, values).fetchone()
    return int(count)


def read_message(connection: sqlite3.Connection, row: sqlite3.Row) -> ChatMessage:
    """The chat message of a row, with the deltas of its reply, and flagged if damaged."""
    message = rows.decode_message(row, **get_growth(connection, row))
    if rows.is_intact(row):
        return message
    return replace(message, status=MessageStatus.INTERRUPTED, error=DAMAGED_MESSAGE)


def get_growth(connection: sqlite3.Connection, row: sqlite3.Row) -> dict[str, Any]:
    """The text, reasoning and parts of a row after the deltas of its reply, where it has any."""
    if row["owner"] is None:
        return {}
    deltas = [tuple(each) for each in connection.execute(_DELTAS, {"id": row["id"]})]
    thoughts = (added for _, added, part in deltas if part == REASONING)
    reasoning = "".join((row["reasoning"], *thoughts))
    text = apply_deltas(row["text"], deltas)
    growth: dict[str, Any] = {"text": text, "reasoning": reasoning}
    if row["parts"] is not None or any(part not in (None, REASONING) for _, _, part in deltas):
        growth["parts"] = grown_parts(row, text, reasoning, deltas)
    return growth


@dataclass(slots=True)
class DeltaBuffer:
    """Deltas by reply, in the order in which they came; what is added to its like is one delta."""

    size: int = 0
    """UTF-8 bytes of all that was added."""
    _texts: dict[str, list[tuple[int | None, list[str], str | None]]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self._texts)

    def add(self, reply_id: str, text: str, keep: int | None, part: str | None = None) -> None:
        text = replace_surrogates(text)
        self.size += len(text.encode()) + len(part or "")
        deltas = self._texts.setdefault(replace_surrogates(reply_id), [])
        if keep is not None:
            deltas.append((min(max(keep, 0), _LARGEST_INTEGER), [text], None))
        elif part in (None, REASONING) and deltas and deltas[-1][2] == part:
            deltas[-1][1].append(text)
        else:
            deltas.append((None, [text], part))

    def deltas(self) -> list[rows.Values]:
        return [
            {"id": reply_id, "keep": keep, "text": "".join(texts), "part": part}
            for reply_id, deltas in self._texts.items()
            for keep, texts, part in deltas
        ]


def apply_deltas(text: str, deltas: Iterable[Delta]) -> str:
    """What `deltas`, oldest first, make of `text`."""
    pieces = [text]
    for keep, added, part in deltas:
        if keep is not None:
            pieces = ["".join(pieces)[:keep]]
        if part != REASONING:
            pieces.append(added)
    return "".join(pieces)


def grown_parts(
    row: sqlite3.Row, text: str, reasoning: str, deltas: Iterable[Delta]
) -> "tuple[Part, ...]":
    """What `deltas`, oldest first, make of the parts of a row, of which they make that text."""
    from fakegpt_tui.domain import parts  # noqa: PLC0415 - most replies have none

    layout = parts.PartLayout(
        each.part
        for each in parts.place_parts(
            row["text"], row["reasoning"], rows.part_json().decode_parts(row["parts"])
        )
    )
    for keep, added, step in deltas:
        if keep is not None:
            layout.keep_text(keep)
        if added:
            add = layout.add_reasoning if step == REASONING else layout.add_text
            add(len(added))
        found = rows.part_json().decode_step(step) if step else None
        if isinstance(found, parts.Origin):
            layout.set_origin(found)
        elif found is not None:
            layout.add(found)
    return parts.fit_parts(layout.parts, text, reasoning)


def check_messages(connection: sqlite3.Connection) -> Iterator[tuple[int, int]]:
    """How many chat messages were compared with their checksums so far, and how many differ.

    A few at a time, so that other threads get their turn.
    """
    position, checked, damaged = -1, 0, 0
    while batch := connection.execute(_MESSAGE_BATCH, {"position": position}).fetchall():
        position = batch[-1]["position"]
        checked += len(batch)
        damaged += sum(not rows.is_intact(row) for row in batch)
        yield checked, damaged
