"""Telling a chat message that was damaged on the disk from one that is as it was written."""

import sqlite3
import zlib
from collections.abc import Mapping

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

_NOTHING = "\1"


def checksum(*values: str | int | None) -> int:
    """The sum over the values of `FIELDS`."""
    joined = "\0".join(_NOTHING if value is None else str(value) for value in values)
    return zlib.crc32(joined.encode(errors="replace"))


def of(values: Mapping[str, str | int | None]) -> int:
    return checksum(*(values[field] for field in FIELDS))


def is_whole(row: sqlite3.Row) -> bool:
    """Is that row what was written? What is still under way has no sum yet."""
    expected = row["checksum"]
    return expected is None or expected == checksum(*(row[field] for field in FIELDS))
