"""Domain values as rows of the store, and back."""

import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from fakegpt_tui.domain import ChatMessage, Conversation, MessageStatus, Role, TitleSource
from fakegpt_tui.text import repaired

Values = Mapping[str, str | int | None]
"""Named parameters that SQLite takes as they are."""

# Words that damage has made unknown must not make a whole conversation unreadable.
_TITLE_SOURCES = {word.value: word for word in TitleSource}
_ROLES = {word.value: word for word in Role}
_STATUSES = {word.value: word for word in MessageStatus}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(time: datetime) -> int:
    """`time` since 1970 in UTC; a time without a zone counts as UTC."""
    if time.tzinfo is None:
        time = time.replace(tzinfo=UTC)
    return (time - _EPOCH) // _MICROSECOND


def time_at(count: int) -> datetime:
    """The time that lies so many microseconds after 1970, within what a `datetime` can say."""
    try:
        return _EPOCH + timedelta(microseconds=count)
    except OverflowError:
        return (datetime.min if count < 0 else datetime.max).replace(tzinfo=UTC)


def conversation_values(conversation: Conversation) -> Values:
    return {
        "id": repaired(conversation.id),
        "title": repaired(conversation.title),
        "title_source": conversation.title_source.value,
        "service": repaired(conversation.service),
        "model": repaired(conversation.model),
        "created_at": microseconds(conversation.created_at),
        "updated_at": microseconds(conversation.updated_at),
        "leaf_id": _repaired(conversation.leaf_id),
        "unread": int(conversation.unread),
        "pinned": int(conversation.pinned),
        "archived": int(conversation.archived),
    }


def conversation(row: sqlite3.Row) -> Conversation:
    return Conversation(
        id=row["id"],
        title=row["title"],
        title_source=_TITLE_SOURCES.get(row["title_source"], TitleSource.PERSON),
        service=row["service"],
        model=row["model"],
        created_at=time_at(row["created_at"]),
        updated_at=time_at(row["updated_at"]),
        leaf_id=row["leaf_id"],
        unread=bool(row["unread"]),
        pinned=bool(row["pinned"]),
        archived=bool(row["archived"]),
    )


def message_values(message: ChatMessage) -> Values:
    return {
        "id": repaired(message.id),
        "conversation_id": repaired(message.conversation_id),
        "parent_id": _repaired(message.parent_id),
        "role": message.role.value,
        "text": repaired(message.text),
        "status": message.status.value,
        "created_at": microseconds(message.created_at),
        "error": _repaired(message.error),
        "service": repaired(message.service),
        "model": repaired(message.model),
    }


def chat_message(row: sqlite3.Row, text: str) -> ChatMessage:
    """The chat message of `row`, with the text that its deltas have made of the row's."""
    return ChatMessage(
        id=row["id"],
        conversation_id=row["conversation_id"],
        parent_id=row["parent_id"],
        role=_ROLES.get(row["role"], Role.SYSTEM),
        text=text,
        status=_STATUSES.get(row["status"], MessageStatus.INTERRUPTED),
        created_at=time_at(row["created_at"]),
        error=row["error"],
        service=row["service"],
        model=row["model"],
    )


def _repaired(text: str | None) -> str | None:
    return None if text is None else repaired(text)
