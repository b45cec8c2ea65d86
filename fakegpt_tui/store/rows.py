"""Rows: domain values as columns of the store and back, with a checksum per chat message."""

import json
import re
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from operator import itemgetter

from fakegpt_tui.domain import (
    ChatMessage,
    Conversation,
    FinishReason,
    GenerationSettings,
    MessageStatus,
    Role,
    TitleSource,
    Usage,
)
from fakegpt_tui.text import replace_surrogates

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


Values = Mapping[str, str | int | None]
"""Named parameters that SQLite takes as they are."""

# Words that damage has made unknown must not make a whole conversation unreadable.
_TITLE_SOURCES = {word.value: word for word in TitleSource}
_ROLES = {word.value: word for word in Role}
_FINISHES = {word.value: word for word in FinishReason}
_STATUSES = {word.value: word for word in MessageStatus}

_NO_SETTINGS = "{}"
_DEFAULT_SETTINGS = GenerationSettings()

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LARGEST = 2**63 - 1
_MICROSECOND = timedelta(microseconds=1)


def to_microseconds(time: datetime) -> int:
    """`time` since 1970 in UTC; a time without a zone counts as UTC."""
    if time.tzinfo is None:
        time = time.replace(tzinfo=UTC)
    return (time - _EPOCH) // _MICROSECOND


def from_microseconds(count: int) -> datetime:
    """The time that lies so many microseconds after 1970, within what a `datetime` can say."""
    try:
        return _EPOCH + timedelta(microseconds=count)
    except OverflowError:
        return (datetime.min if count < 0 else datetime.max).replace(tzinfo=UTC)


def encode_conversation(conversation: Conversation) -> Values:
    return {
        "id": replace_surrogates(conversation.id),
        "title": replace_surrogates(conversation.title),
        "title_source": conversation.title_source.value,
        "service": replace_surrogates(conversation.service),
        "model": replace_surrogates(conversation.model),
        "created_at": to_microseconds(conversation.created_at),
        "updated_at": to_microseconds(conversation.updated_at),
        "leaf_id": _repair_optional(conversation.leaf_id),
        "unread": int(conversation.unread),
        "pinned": int(conversation.pinned),
        "archived": int(conversation.archived),
        "trashed_at": _to_optional_microseconds(conversation.trashed_at),
        "server_id": replace_surrogates(conversation.server_id),
        "system_prompt": replace_surrogates(conversation.system_prompt),
        "generation": encode_generation(conversation.generation),
    }


def decode_conversation(row: sqlite3.Row) -> Conversation:
    return Conversation(
        id=row["id"],
        title=row["title"],
        title_source=_TITLE_SOURCES.get(row["title_source"], TitleSource.PERSON),
        service=row["service"],
        model=row["model"],
        created_at=from_microseconds(row["created_at"]),
        updated_at=from_microseconds(row["updated_at"]),
        leaf_id=row["leaf_id"],
        unread=bool(row["unread"]),
        pinned=bool(row["pinned"]),
        archived=bool(row["archived"]),
        trashed_at=_from_optional_microseconds(row["trashed_at"]),
        server_id=row["server_id"],
        system_prompt=row["system_prompt"],
        generation=decode_generation(row["generation"]),
    )


def encode_message(message: ChatMessage) -> Values:
    return {
        "id": replace_surrogates(message.id),
        "conversation_id": replace_surrogates(message.conversation_id),
        "parent_id": _repair_optional(message.parent_id),
        "role": message.role.value,
        "text": replace_surrogates(message.text),
        "status": message.status.value,
        "created_at": to_microseconds(message.created_at),
        "error": _repair_optional(message.error),
        "service": replace_surrogates(message.service),
        "model": replace_surrogates(message.model),
        "finish": None if message.finish is None else message.finish.value,
        "prompt_tokens": None if message.usage is None else _clamped(message.usage.prompt_tokens),
        "reply_tokens": None if message.usage is None else _clamped(message.usage.reply_tokens),
        "server_id": replace_surrogates(message.server_id),
        "trashed_at": _to_optional_microseconds(message.trashed_at),
        "reasoning": replace_surrogates(message.reasoning),
    }


def decode_message(row: sqlite3.Row, text: str) -> ChatMessage:
    """The chat message of `row`, with the text that its deltas have made of the row's."""
    return ChatMessage(
        id=row["id"],
        conversation_id=row["conversation_id"],
        parent_id=row["parent_id"],
        role=_ROLES.get(row["role"], Role.SYSTEM),
        text=text,
        status=_STATUSES.get(row["status"], MessageStatus.INTERRUPTED),
        created_at=from_microseconds(row["created_at"]),
        error=row["error"],
        service=row["service"],
        model=row["model"],
        finish=_FINISHES.get(row["finish"]),
        usage=_usage(row["prompt_tokens"], row["reply_tokens"]),
        server_id=row["server_id"],
        trashed_at=_from_optional_microseconds(row["trashed_at"]),
        reasoning=row["reasoning"],
    )


def encode_generation(settings: GenerationSettings) -> str:
    """The settings as JSON, without those that are left to the service."""
    chosen = {name: value for name, value in asdict(settings).items() if value not in (None, ())}
    return json.dumps(chosen, sort_keys=True)


def decode_generation(text: str) -> GenerationSettings:
    """The settings of a row; what is damaged counts as left to the service."""
    if text == _NO_SETTINGS:
        return _DEFAULT_SETTINGS
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    chosen = found if isinstance(found, dict) else {}
    stop = chosen.get("stop")
    return GenerationSettings(
        temperature=_number(chosen.get("temperature")),
        top_p=_number(chosen.get("top_p")),
        max_tokens=_integer(chosen.get("max_tokens")),
        seed=_integer(chosen.get("seed")),
        stop=tuple(map(str, stop)) if isinstance(stop, list) else (),
    )


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _integer(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _usage(prompt_tokens: int | None, reply_tokens: int | None) -> Usage | None:
    return None if prompt_tokens is None else Usage(prompt_tokens, reply_tokens or 0)


def _clamped(count: int) -> int:
    return min(max(count, 0), _LARGEST)


def _to_optional_microseconds(time: datetime | None) -> int | None:
    return None if time is None else to_microseconds(time)


def _from_optional_microseconds(count: int | None) -> datetime | None:
    return None if count is None else from_microseconds(count)


def _repair_optional(text: str | None) -> str | None:
    return None if text is None else replace_surrogates(text)
