"""Thread resolver: the position of a prompt in its conversation, and the context before it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from fakegpt_tui.backends.context_window import name_media
from fakegpt_tui.domain import ContextMessage, PromptTooLong, Role, new_id
from fakegpt_tui.host.conversation_cache import CachedConversation
from fakegpt_tui.host.errors import ThreadNotFound
from fakegpt_tui.protocol.fakegpt import (
    ConversationAction,
    ConversationRequest,
    InvalidRequest,
    StoredMessage,
)

MAX_MESSAGES = 5_000
"""Of one conversation, because all of them are sent at once when it is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadPosition:
    """A request in its conversation.

    `context` goes to the backend; `prompts` are the messages that the conversation does not have
    yet; the reply follows `parent_id`.
    """

    context: tuple[ContextMessage, ...]
    prompts: tuple[StoredMessage, ...]
    parent_id: str


def resolve_thread(
    asked: ConversationRequest, conversation: CachedConversation, at: datetime
) -> ThreadPosition:
    """The position of a request. The conversation is not changed.

    A prompt that is there already, word for word, is asked again; any other becomes a new branch
    below the named parent, or at the end of the conversation without one.

    Raises:
        ThreadNotFound: The conversation has no such parent.
        InvalidRequest: What should be continued is no reply.
        PromptTooLong: The conversation has more messages than can be shown at once.
    """
    if conversation.size >= MAX_MESSAGES:
        raise PromptTooLong("The conversation has become too long for this host.")
    if asked.action is ConversationAction.CONTINUE:
        return _resolve_continuation(asked, conversation)
    known = conversation.message(asked.message_id)
    if known is not None and (known.role, known.text) == (Role.USER, asked.prompt):
        return ThreadPosition(
            context=conversation.context(known.id), prompts=(), parent_id=known.id
        )
    if asked.message_id in conversation:
        asked = replace(asked, message_id=new_id())
    return _resolve_branch(asked, conversation, at)


def _resolve_continuation(
    asked: ConversationRequest, conversation: CachedConversation
) -> ThreadPosition:
    parent_id = _resolve_parent(asked, conversation)
    reply = conversation.message(parent_id)
    if reply is None or reply.role != Role.ASSISTANT:
        raise InvalidRequest("a reply is required", "parent_message_id")
    return ThreadPosition(context=conversation.context(parent_id), prompts=(), parent_id=parent_id)


def _resolve_branch(
    asked: ConversationRequest, conversation: CachedConversation, at: datetime
) -> ThreadPosition:
    parent_id = _resolve_parent(asked, conversation)
    prompts = tuple(_link_messages(asked.messages, asked.message_id, parent_id, at))
    return ThreadPosition(
        context=(*conversation.context(parent_id), *asked.messages),
        prompts=prompts,
        parent_id=prompts[-1].id,
    )


def _resolve_parent(asked: ConversationRequest, conversation: CachedConversation) -> str:
    parent_id = asked.parent_message_id or conversation.leaf_id
    if parent_id not in conversation:
        raise ThreadNotFound
    return parent_id


def _link_messages(
    messages: Sequence[ContextMessage], last_id: str, parent_id: str, at: datetime
) -> list[StoredMessage]:
    """Each message below the one before; only the id of the last one comes from the client.

    Of pictures and files, names are kept: their bytes are of this request alone.
    """
    chain: list[StoredMessage] = []
    for index, message in enumerate(messages):
        message_id = last_id if index == len(messages) - 1 else new_id()
        chain.append(
            StoredMessage(
                id=message_id,
                parent_id=parent_id,
                role=message.role,
                text=name_media(message).text,
                created_at=at,
            )
        )
        parent_id = message_id
    return chain
