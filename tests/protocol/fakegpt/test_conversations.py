import json
from datetime import UTC, datetime
from typing import Any

import pytest

from fakegpt_tui.domain import FinishReason, MessageStatus
from fakegpt_tui.protocol.fakegpt import (
    ConversationSummary,
    StoredMessage,
    conversation_json,
    conversations_body,
)

NOON = datetime(2023, 11, 5, 12, tzinfo=UTC)
SUMMARY = ConversationSummary(id="C", title="", created_at=NOON, updated_at=NOON)
PROMPT = StoredMessage(id="U", parent_id="R", role="user", text="Hi", created_at=NOON)


def reply(**changes: object) -> StoredMessage:
    fields = {"id": "A", "parent_id": "U", "role": "assistant", "text": "Yo", "model": "m"}
    return StoredMessage(**{**fields, "created_at": NOON, **changes})  # type: ignore[arg-type]


def body_of(message: StoredMessage) -> dict[str, Any]:
    pieces = conversation_json(SUMMARY, [PROMPT, message], root_id="R", leaf_id="A")
    body: dict[str, Any] = json.loads("".join(pieces))
    return body


def stored(message: StoredMessage) -> dict[str, Any]:
    kept: dict[str, Any] = body_of(message)["mapping"][message.id]["message"]
    return kept


def test_a_conversation_is_a_tree_below_a_root_without_message() -> None:
    body = body_of(reply())
    mapping = body["mapping"]
    assert mapping["R"] == {"id": "R", "children": ["U"]}
    assert mapping["U"].keys() == {"id", "message", "parent", "children"}
    assert (mapping["A"]["parent"], mapping["A"]["children"]) == ("U", [])
    assert (body["current_node"], body["conversation_id"]) == ("A", "C")
    assert body["create_time"] == NOON.timestamp()


@pytest.mark.parametrize(
    ("changes", "status", "finish"),
    [
        ({"finish": FinishReason.STOP}, "finished_successfully", "stop"),
        ({"finish": FinishReason.LENGTH}, "finished_successfully", "max_tokens"),
        ({"finish": FinishReason.CONTENT_FILTER}, "finished_successfully", "content_filter"),
        ({"status": MessageStatus.INTERRUPTED}, "finished_partial_completion", "interrupted"),
        ({"status": MessageStatus.STREAMING}, "in_progress", None),
    ],
)
def test_a_stored_reply_says_how_it_ended(
    changes: dict[str, object], status: str, finish: str | None
) -> None:
    kept = stored(reply(**changes))
    metadata = kept["metadata"]
    assert isinstance(metadata, dict)
    assert kept["status"] == status
    assert metadata.get("finish_details", {}).get("type") == finish
    assert metadata["model_slug"] == "m"


def test_nothing_that_is_stored_is_null() -> None:
    kept = stored(PROMPT)
    assert None not in kept.values()
    assert "end_turn" not in kept


def test_a_page_says_where_it_is_in_the_list() -> None:
    body = conversations_body([SUMMARY], total=9, limit=1, offset=3)
    assert body.pop("items") == [
        {
            "id": "C",
            "title": "New chat",
            "create_time": "2023-11-05T12:00:00.000000+00:00",
            "update_time": "2023-11-05T12:00:00.000000+00:00",
            "mapping": None,
            "current_node": None,
        }
    ]
    assert body == {"total": 9, "limit": 1, "offset": 3, "has_missing_conversations": False}
