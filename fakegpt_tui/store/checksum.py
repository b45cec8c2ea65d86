"""Telling a chat message that was damaged on the disk from one that is as it was written."""

import re
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from operator import itemgetter

CHECKSUM_FIELDS = (
    "id",
    "conversation_id",
    "parent_id",
    "role",
    "status",
    "created_at",
    "service",
    "model",
    "error",
    "finish",
    "prompt_tokens",
    "reply_tokens",
    "server_id",
    "trashed_at",
    "reasoning",
    "text",
)
"""The columns of a chat message that the sum is about: all but its place and its owner."""

CHECKSUM_FUNCTION = "message_checksum"

_checksum_values = itemgetter(*CHECKSUM_FIELDS)

_INSTANCE_ID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_NULL = "\1"

_MESSAGE_BATCH = """
    SELECT * FROM chat_message WHERE position > :position ORDER BY position LIMIT 200
"""


def checksum(*values: object) -> int:
    """The sum over the values of `FIELDS`."""
    joined = "\0".join(_NULL if value is None else str(value) for value in values)
    return zlib.crc32(joined.encode(errors="replace"))


def row_checksum(values: Mapping[str, object]) -> int:
    """The sum of a row, or of the values that will be one."""
    return checksum(*_checksum_values(values))


def is_intact(row: sqlite3.Row | Mapping[str, object]) -> bool:
    """Is that row what was written? Only what somebody is still writing has no sum yet."""
    # The last column came later than the first stores.
    if "checksum" not in row.keys():  # noqa: SIM118 - a row has no `in`
        return True
    expected = row["checksum"]
    return (
        is_instance_id(row["owner"])
        if expected is None
        else expected == checksum(*_checksum_values(row))
    )


def is_instance_id(value: object) -> bool:
    """May that be an instance, whose ids are UUIDs? Damage puts other values there."""
    return isinstance(value, str) and re.fullmatch(_INSTANCE_ID, value) is not None


def iter_message_batches(connection: sqlite3.Connection) -> Iterator[list[sqlite3.Row]]:
    """All chat messages, a few at a time, so that nobody waits long for the next moment."""
    position = -1
    while some := connection.execute(_MESSAGE_BATCH, {"position": position}).fetchall():
        yield some
        position = some[-1]["position"]
