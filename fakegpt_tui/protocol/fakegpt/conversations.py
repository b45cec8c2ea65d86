"""Conversation bodies: the list and the message tree that a host serves."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from fakegpt_tui.domain import FinishReason, MessageStatus
from fakegpt_tui.fast_import import dataclass

DEFAULT_TITLE: Final = "New chat"

_FINISH_TYPES: Final = {
    FinishReason.STOP: "stop",
    FinishReason.LENGTH: "max_tokens",
    FinishReason.CONTENT_FILTER: "content_filter",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMessage:
    """One message of a conversation on a host; prompts have neither model nor finish."""

    id: str
    parent_id: str
    role: str
    text: str
    created_at: datetime
    status: MessageStatus = MessageStatus.COMPLETE
    model: str = ""
    finish: FinishReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationSummary:
    """A conversation in a list. `title` is empty while it has none."""

    id: str
    title: str
    created_at: datetime
    updated_at: datetime


def conversation_json(
    summary: ConversationSummary, messages: Sequence[StoredMessage], *, root_id: str, leaf_id: str
) -> Iterator[str]:
    """The body of `GET /api/conversation/<id>`: the whole tree, below a root without message.

    It comes in pieces, each of a message, because thousands of messages take long to write.
    """
    about = {
        "title": summary.title or DEFAULT_TITLE,
        "create_time": summary.created_at.timestamp(),
        "update_time": summary.updated_at.timestamp(),
        "moderation_results": [],
        "current_node": leaf_id,
        "conversation_id": summary.id,
    }
    children: dict[str, list[str]] = {root_id: [], **{message.id: [] for message in messages}}
    for message in messages:
        children[message.parent_id].append(message.id)
    root = {"id": root_id, "children": children[root_id]}
    yield f'{json.dumps(about)[:-1]}, "mapping": {{{json.dumps(root_id)}: {json.dumps(root)}'
    for message in messages:
        node = {
            "id": message.id,
            "message": _message_body(message),
            "parent": message.parent_id,
            "children": children[message.id],
        }
        yield f", {json.dumps(message.id)}: {json.dumps(node)}"
    yield "}}"


def conversations_body(
    page: Sequence[ConversationSummary], *, total: int, limit: int, offset: int
) -> dict[str, object]:
    """The body of `GET /api/conversations`: `page` of the `total`."""
    return {
        "items": [_summary_item(summary) for summary in page],
        "total": total,
        "limit": limit,
        "offset": offset,
        "has_missing_conversations": False,
    }


def _summary_item(summary: ConversationSummary) -> dict[str, object]:
    return {
        "id": summary.id,
        "title": summary.title or DEFAULT_TITLE,
        "create_time": summary.created_at.isoformat(timespec="microseconds"),
        "update_time": summary.updated_at.isoformat(timespec="microseconds"),
        "mapping": None,
        "current_node": None,
    }


def _message_body(message: StoredMessage) -> dict[str, object]:
    """A stored message, without keys that would be null."""
    stored: dict[str, object] = {
        "id": message.id,
        "author": {"role": message.role, "metadata": {}},
        "create_time": message.created_at.timestamp(),
        "content": {"content_type": "text", "parts": [message.text]},
        "status": _status(message.status),
        "weight": 1.0,
        "metadata": _metadata(message),
        "recipient": "all",
    }
    if message.finish is not None:
        stored["end_turn"] = message.finish is not FinishReason.LENGTH
    return stored


def _status(status: MessageStatus) -> str:
    match status:
        case MessageStatus.COMPLETE:
            return "finished_successfully"
        case MessageStatus.QUEUED | MessageStatus.WAITING | MessageStatus.STREAMING:
            return "in_progress"
        case MessageStatus.STOPPED | MessageStatus.FAILED | MessageStatus.INTERRUPTED:
            return "finished_partial_completion"


def _metadata(message: StoredMessage) -> dict[str, object]:
    metadata: dict[str, object] = {"timestamp_": "absolute"}
    if message.model:
        metadata |= {"model_slug": message.model, "parent_id": message.parent_id}
    if message.finish is not None:
        finish = {"type": _FINISH_TYPES[message.finish]}
        return {**metadata, "finish_details": finish, "is_complete": True}
    if message.status.is_final and message.status is not MessageStatus.COMPLETE:
        return {**metadata, "finish_details": {"type": "interrupted"}}
    return metadata
