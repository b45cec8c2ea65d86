"""The body that a client posts to be answered."""

from collections.abc import Sequence

from fakegpt_tui.domain import ContextMessage
from fakegpt_tui.text import replace_surrogates
from fakegpt_tui.wire.requests import ConversationAction


def pack_prompt(messages: Sequence[ContextMessage]) -> str:
    """`messages` as the one prompt that the protocol has room for.

    A single message goes as it is; several become lines of `Role: text`, ending in `Assistant:`.

    Raises:
        ValueError: There is no message.
    """
    match messages:
        case []:
            raise ValueError("There is no message to pack into a prompt.")
        case [only]:
            return only.text
        case _:
            lines = [f"{message.role.capitalize()}: {message.text}" for message in messages]
            return "\n".join([*lines, "Assistant:"])


def conversation_request_body(
    *,
    prompt: str | None,
    model: str,
    message_id: str,
    parent_id: str,
    timezone_offset_min: int,
    action: ConversationAction = ConversationAction.NEXT,
    conversation_id: str | None = None,
    keep_history: bool = False,
) -> dict[str, object]:
    """The body of `POST /api/conversation`.

    Args:
        prompt: What is asked; `None` for `Action.CONTINUE`, which asks nothing new.
        model: The name that the service has for it.
        message_id: The id of the prompt.
        parent_id: The message that the prompt follows, or the reply that is continued; random for
            the first message of a conversation.
        timezone_offset_min: With the sign of JavaScript: -120 is two hours ahead of UTC.
        action: What is wanted.
        conversation_id: The conversation that the service keeps; `None` begins a new one.
        keep_history: May the service keep the conversation, so that it can be gone on with?
    """
    message = {
        "id": message_id,
        "author": {"role": "user"},
        "content": {"content_type": "text", "parts": [replace_surrogates(prompt or "")]},
        "metadata": {},
    }
    conversation = {} if conversation_id is None else {"conversation_id": conversation_id}
    return {
        "action": action.value,
        **({} if prompt is None else {"messages": [message]}),
        **conversation,
        "parent_message_id": parent_id,
        "model": model,
        "plugin_ids": [],
        "timezone_offset_min": timezone_offset_min,
        "suggestions": [],
        "history_and_training_disabled": not keep_history,
        "arkose_token": "",
        "force_paragen": False,
    }
