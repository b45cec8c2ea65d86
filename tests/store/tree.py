"""Conversations and chat messages for the tests of the store."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from fakegpt_tui.domain import ChatMessage, Conversation, MessageStatus, Role, new_id

TIME = datetime(2026, 11, 22, 12, 30, 1, 5, tzinfo=UTC)
_numbers = itertools.count()


def conversation(**changes: Any) -> Conversation:
    time = TIME + timedelta(seconds=next(_numbers))
    plain = Conversation(
        id=new_id(), title="A title", service="s", model="m", created_at=time, updated_at=time
    )
    return replace(plain, **changes)


def chat_message(conversation: Conversation, parent: str | None, **changes: Any) -> ChatMessage:
    plain = ChatMessage(
        id=new_id(),
        conversation_id=conversation.id,
        parent_id=parent,
        role=Role.USER,
        text="",
        status=MessageStatus.COMPLETE,
        created_at=TIME,
    )
    return replace(plain, **changes)


def turn(
    conversation: Conversation,
    prompt: str = "a prompt",
    *,
    parent: str | None = None,
    status: MessageStatus = MessageStatus.STREAMING,
    reply: str = "",
) -> tuple[Conversation, ChatMessage, ChatMessage]:
    """The arguments of `add_turn`: the reply is the new leaf."""
    asked = chat_message(conversation, parent or conversation.leaf_id, text=prompt)
    answer = chat_message(
        conversation, asked.id, role=Role.ASSISTANT, text=reply, status=status, service="s"
    )
    return replace(conversation, leaf_id=answer.id), asked, answer
