"""Tokens are told as counted, or as estimated."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.chat.token_count import ContextTokenCounter, count_reply_tokens
from fakegpt_tui.domain import (
    ChatMessage,
    Conversation,
    GenerationSettings,
    MessageStatus,
    Role,
    Usage,
    new_id,
    now,
)

TEN = "four " * 10
"""About as many tokens."""


def message(role: Role, text: str, usage: Usage | None = None) -> ChatMessage:
    return ChatMessage(
        id=new_id(),
        conversation_id="c",
        parent_id=None,
        role=role,
        text=text,
        status=MessageStatus.COMPLETE,
        created_at=now(),
        usage=usage,
    )


def context(*path: ChatMessage, window: int | None = None, **changes) -> str:
    """What goes along with the next prompt."""
    header = Conversation(
        id="c", service="s", model="m", created_at=now(), updated_at=now(), **changes
    )
    return str(ContextTokenCounter().count(header, path, window))


PROMPT = message(Role.USER, TEN)
COUNTED = message(Role.ASSISTANT, TEN, Usage(1200, 34))
UNCOUNTED = message(Role.ASSISTANT, TEN)


def test_what_the_service_counted_is_told_as_it_is() -> None:
    assert str(count_reply_tokens(COUNTED)) == "34"
    assert context(PROMPT, COUNTED) == "1,234"
    assert context(PROMPT, COUNTED, system_prompt=TEN) == "1,234"


def test_what_was_not_counted_is_marked_as_an_estimate() -> None:
    assert str(count_reply_tokens(UNCOUNTED)) == "≈ 10"
    thinking = replace(UNCOUNTED, reasoning=TEN)
    assert str(count_reply_tokens(thinking)) == "≈ 20"
    assert context(PROMPT, UNCOUNTED) == "≈ 20"
    assert context(PROMPT, thinking) == "≈ 20"
    assert context(PROMPT, UNCOUNTED, system_prompt=TEN) == "≈ 30"


def test_what_was_said_since_a_reply_was_counted_is_estimated() -> None:
    assert context(PROMPT, COUNTED, PROMPT, UNCOUNTED) == "≈ 1,254"
    assert context(PROMPT, UNCOUNTED, PROMPT, COUNTED) == "1,234"


def test_a_summary_takes_the_place_of_what_it_stands_for() -> None:
    summary = replace(message(Role.SYSTEM, TEN, Usage(900, 5)), summarizes=2)
    path = (PROMPT, COUNTED, PROMPT, COUNTED, summary)
    assert context(*path) == "≈ 30"
    assert context(*path, PROMPT, system_prompt=TEN) == "≈ 50"
    assert context(*path, PROMPT, COUNTED) == "1,234"
    counter = ContextTokenCounter()
    header = Conversation(id="c", service="s", model="m", created_at=now(), updated_at=now())
    assert str(counter.count(header, path[:4], None)) == "1,234"
    assert str(counter.count(header, path, None)) == "≈ 30"
    removed = (*path[:4], replace(summary, summarizes=0, text=""))
    assert str(counter.count(header, removed, None)) == "1,234"


def test_a_service_that_counts_only_what_it_writes_leaves_the_rest_to_be_estimated() -> None:
    assert context(PROMPT, message(Role.ASSISTANT, TEN, Usage(0, 34))) == "≈ 20"


def test_no_more_goes_along_than_the_model_can_take() -> None:
    path = [PROMPT, UNCOUNTED] * 2_500
    assert context(*path) == "≈ 50,000"
    assert context(*path, window=8_192) == "≈ 7,168"
    assert context(*path, window=8_192, generation=GenerationSettings(max_tokens=192)) == "≈ 8,000"
    assert context(PROMPT, UNCOUNTED, window=8_192) == "≈ 20"


def test_a_conversation_without_messages_has_none() -> None:
    assert context() == "0"


@given(st.lists(st.lists(st.sampled_from([PROMPT, COUNTED, UNCOUNTED]), max_size=6), max_size=6))
def test_what_was_counted_before_changes_nothing(paths: list[list[ChatMessage]]) -> None:
    tokens = ContextTokenCounter()
    header = Conversation(id="c", service="s", model="m", created_at=now(), updated_at=now())
    for path in paths:
        assert tokens.count(header, path, None) == ContextTokenCounter().count(header, path, None)
