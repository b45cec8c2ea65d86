"""Tokens are told as counted, or as estimated."""

from dataclasses import replace

from fakegpt_tui.chat.tokens import conversation_tokens, reply_tokens
from fakegpt_tui.domain import ChatMessage, MessageStatus, Role, Usage, new_id, now


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


PROMPT = message(Role.USER, "x" * 40)
COUNTED = message(Role.ASSISTANT, "y" * 40, Usage(1200, 34))
UNCOUNTED = message(Role.ASSISTANT, "y" * 40)


def test_what_the_service_counted_is_told_as_it_is() -> None:
    assert str(reply_tokens(COUNTED)) == "34"
    assert str(conversation_tokens([PROMPT, COUNTED])) == "1,234"


def test_what_nobody_counted_is_told_as_an_estimate() -> None:
    assert str(reply_tokens(UNCOUNTED)) == "≈ 10"
    thinking = replace(UNCOUNTED, reasoning="z" * 40)
    assert str(reply_tokens(thinking)) == "≈ 20"
    assert str(conversation_tokens([PROMPT, UNCOUNTED])) == "≈ 20"


def test_a_sum_with_an_estimate_in_it_is_one() -> None:
    assert str(conversation_tokens([PROMPT, COUNTED, PROMPT, UNCOUNTED])) == "≈ 1,274"


def test_a_conversation_without_a_reply_has_cost_nothing() -> None:
    assert str(conversation_tokens([PROMPT])) == "0"
