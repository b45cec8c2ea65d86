"""Telling a chat message that was damaged on the disk from one that is as it was written."""

import re
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from operator import itemgetter

FIELDS = (
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

FUNCTION = "message_checksum"

_fields = itemgetter(*FIELDS)

_OWNER = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_NOTHING = "\1"

_SOME_MESSAGES = """
    SELECT * FROM chat_message WHERE position > :position ORDER BY position LIMIT 200
"""


def checksum(*values: object) -> int:
    """The sum over the values of `FIELDS`."""
    joined = "\0".join(_NOTHING if value is None else str(value) for value in values)
    return zlib.crc32(joined.encode(errors="replace"))


def of(values: Mapping[str, object]) -> int:
    """The sum of a row, or of the values that will be one."""
    return checksum(*_fields(values))


def is_whole(row: sqlite3.Row | Mapping[str, object]) -> bool:
    """Is that row what was written? Only what somebody is still writing has no sum yet."""
    # The last column came later than the first stores.
    if "checksum" not in row.keys():  # noqa: SIM118 - a row has no `in`
        return True
    expected = row["checksum"]
    return is_owner(row["owner"]) if expected is None else expected == checksum(*_fields(row))


def is_owner(value: object) -> bool:
    """May that be an instance, whose ids are UUIDs? Damage puts other values there."""
    return isinstance(value, str) and re.fullmatch(_OWNER, value) is not None


def in_pieces(connection: sqlite3.Connection) -> Iterator[list[sqlite3.Row]]:
    """All chat messages, a few at a time, so that nobody waits long for the next moment."""
    position = -1
    while some := connection.execute(_SOME_MESSAGES, {"position": position}).fetchall():
        yield some
        position = some[-1]["position"]
