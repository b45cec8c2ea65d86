"""Records of messages and conversations, as the shared state keeps them, and their names there."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fakegpt_tui.domain import FinishReason, MessageStatus
from fakegpt_tui.host.conversation_cache import MESSAGE_WEIGHT, CachedConversation, Owner
from fakegpt_tui.host.shared_state.connection import owner_slot
from fakegpt_tui.protocol.fakegpt import ConversationSummary, StoredMessage
from fakegpt_tui.text import replace_surrogates

_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class OwnerNames:
    """Names of the keys of an owner, all of one slot."""

    prefix: str

    @classmethod
    def of(cls, owner: Owner) -> "OwnerNames":
        return cls(owner_slot(owner))

    def conversation(self, conversation_id: str) -> list[str]:
        """The header, the messages, the index and the weights."""
        one = [f"{self.prefix}c:{conversation_id}", f"{self.prefix}m:{conversation_id}"]
        return [*one, self.index, f"{self.prefix}w"]

    @property
    def index(self) -> str:
        return f"{self.prefix}i"

    def deleted(self, conversation_id: str) -> str:
        """There for a while after a conversation was deleted."""
        return f"{self.prefix}d:{conversation_id}"

    def lease(self, reply_id: str) -> str:
        return f"{self.prefix}a:{reply_id}"

    def text(self, reply_id: str) -> str:
        return f"{self.prefix}g:{reply_id}"


def encode_message(message: StoredMessage) -> tuple[str, str, int]:
    """A message for a script: its id, its fields, and its weight."""
    fields = {
        "parent": message.parent_id,
        "role": message.role,
        "text": message.text,
        "created": stamp_of(message.created_at),
        "status": message.status.value,
        "model": message.model,
        "finish": message.finish.value if message.finish else "",
    }
    record = replace_surrogates(json.dumps(fields, ensure_ascii=False))
    return message.id, record, MESSAGE_WEIGHT + len(message.text)


def decode_messages(records: Mapping[str, str]) -> list[StoredMessage]:
    """The messages in the order in which they came."""
    rows: list[tuple[int, str, Any]] = []
    for key, record in records.items():
        number, _, fields = record.partition(" ")
        rows.append((int(number), key, json.loads(fields)))
    return [
        StoredMessage(
            id=key,
            parent_id=fields["parent"],
            role=fields["role"],
            text=fields["text"],
            created_at=_time(fields["created"]),
            status=MessageStatus(fields["status"]),
            model=fields["model"],
            finish=FinishReason(fields["finish"]) if fields["finish"] else None,
        )
        for _, key, fields in sorted(rows, key=lambda row: row[0])
    ]


def decode_conversation(
    conversation_id: str, header: Mapping[str, str], messages: Iterable[StoredMessage]
) -> CachedConversation:
    summary = decode_summary(conversation_id, header)
    found = CachedConversation(
        conversation_id=conversation_id, root_id=header["root"], created_at=summary.created_at
    )
    for message in messages:
        found.put(message, summary.updated_at)
    found.title = summary.title
    found.leaf_id = header.get("leaf", header["root"])
    return found


def decode_summary(conversation_id: str, header: Mapping[str, str]) -> ConversationSummary:
    return ConversationSummary(
        id=conversation_id,
        title=header["title"],
        created_at=_time(header["created"]),
        updated_at=_time(header["updated"]),
    )


def stamp_of(time: datetime) -> int:
    return round(time.timestamp() * _MICROSECONDS)


def _time(stamp: str | float) -> datetime:
    return datetime.fromtimestamp(int(stamp) / _MICROSECONDS, UTC)
