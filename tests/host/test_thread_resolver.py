"""Whatever clients ask for, a kept conversation stays a tree that ends in its root."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.domain import ContextMessage, PromptTooLong
from fakegpt_tui.host.conversation_cache import CachedConversation
from fakegpt_tui.host.errors import ThreadNotFound
from fakegpt_tui.host.turns import MAX_MESSAGES, resolve_thread
from fakegpt_tui.protocol.fakegpt import (
    ConversationAction,
    ConversationRequest,
    InvalidRequest,
    StoredMessage,
)

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)

IDS = st.sampled_from(["root", "a", "b", "c"])
REPLIES = st.sampled_from(["r0", "r1", "r2"])
REQUESTS = st.builds(
    ConversationRequest,
    action=st.sampled_from(ConversationAction),
    messages=st.lists(
        st.builds(ContextMessage, st.sampled_from(["user", "system"]), st.sampled_from("xyz")),
        min_size=1,
        max_size=3,
    ).map(tuple),
    model=st.just("m"),
    message_id=IDS,
    parent_message_id=IDS | REPLIES | st.none(),
    conversation_id=st.just("C"),
    history_disabled=st.just(False),
)


def test_a_conversation_does_not_grow_for_ever() -> None:
    conversation = CachedConversation(conversation_id="C", root_id="root", created_at=NOON)
    for number in range(MAX_MESSAGES):
        message = StoredMessage(
            id=str(number), parent_id="root", role="user", text="x", created_at=NOON
        )
        conversation.put(message, NOON)
    asked = ConversationRequest(
        action=ConversationAction.NEXT,
        messages=(ContextMessage("user", "x"),),
        model="m",
        message_id="a",
        parent_message_id="root",
        conversation_id="C",
        history_disabled=False,
    )
    with pytest.raises(PromptTooLong):
        resolve_thread(asked, conversation, NOON)


@given(st.lists(REQUESTS, max_size=12))
def test_a_conversation_stays_a_tree(requests: list[ConversationRequest]) -> None:
    conversation = CachedConversation(conversation_id="C", root_id="root", created_at=NOON)
    kept = 1
    for number, asked in enumerate(requests):
        try:
            placed = resolve_thread(asked, conversation, NOON)
        except (ThreadNotFound, InvalidRequest):
            continue
        for message in placed.prompts:
            conversation.put(message, NOON)
        reply = StoredMessage(
            id=f"r{number}",
            parent_id=placed.parent_id,
            role="assistant",
            text=str(number),
            created_at=NOON,
        )
        conversation.put(reply, NOON)
        kept += len(placed.prompts) + 1
        assert placed.context == conversation.context(placed.parent_id)
    mapping = json.loads("".join(conversation.body()))["mapping"]
    assert len(mapping) == kept
    seen = []
    waiting = ["root"]
    while waiting:
        node = mapping[waiting.pop()]
        seen.append(node["id"])
        waiting += node["children"]
    assert sorted(seen) == sorted(mapping)
