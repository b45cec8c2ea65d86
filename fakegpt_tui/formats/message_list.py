"""Lists of messages with a role and a content, as OpenAI's API and many programs have them."""

from collections.abc import Iterable
from hashlib import sha256

from fakegpt_tui.domain import Role, Usage
from fakegpt_tui.formats.base import Record
from fakegpt_tui.formats.message_parts import (
    MessageParts,
    dicts_of,
    read_role,
    split_thinking,
    texts_of,
)
from fakegpt_tui.formats.source_tree import SourceConversation, SourceMessage
from fakegpt_tui.formats.times import read_time

_TIMES = ("created_at", "createdAt", "timestamp", "created", "time")
_SYSTEM = ("system", "developer")
_TOOLS = ("tool", "function")


def add_messages(
    conversation: SourceConversation, messages: Iterable[Record], *, model: str = ""
) -> None:
    """Add messages that follow each other; system messages before them are the system prompt.

    Each is known by its id, and without one by all that was said up to it, so that a list that has
    grown extends what is there.
    """
    prompts: list[str] = []
    chained: list[SourceMessage] = []
    digest = sha256(conversation.key.encode(errors="replace"))
    for each in messages:
        message = _read_message(conversation, each, model)
        if message.role is Role.SYSTEM and not chained:
            prompts.append(message.text)
            continue
        digest.update(f"{message.role}\0{message.text}\0".encode(errors="replace"))
        message.key = texts_of(each, "id", "uuid") or digest.hexdigest()
        chained.append(message)
    if not conversation.system_prompt:
        conversation.system_prompt = "\n\n".join(filter(None, prompts))
    conversation.chain(chained)


def first_exchange(messages: Iterable[Record]) -> str:
    """A key for a conversation without an id: what was said first, and the answer to it."""
    said: list[str] = []
    for each in messages:
        parts = MessageParts()
        parts.add_content(each.get("content"))
        if texts_of(each, "role") not in _SYSTEM and parts.text:
            said.append(parts.text)
        if len(said) > 1:
            break
    return sha256("\0".join(said).encode(errors="replace")).hexdigest()


def _read_message(conversation: SourceConversation, held: Record, model: str) -> SourceMessage:
    role = texts_of(held, "role")
    parts = MessageParts()
    if role in _TOOLS:
        name, is_error = texts_of(held, "name", "tool_call_id"), held.get("is_error") is True
        parts.add_result(name, held.get("content"), is_error=is_error)
    else:
        parts.add_content(held.get("content"))
    parts.add_reasoning(texts_of(held, "reasoning_content", "reasoning", "thinking"))
    for call in dicts_of(held.get("tool_calls")):
        _add_call(parts, call.get("function", call))
    _add_call(parts, held.get("function_call"))
    parts.add_files(held.get("images"), "Picture")
    parts.add_files(held.get("files"))
    conversation.left_out.update(parts.losses)
    thinking, text = split_thinking(parts.text)
    return SourceMessage(
        key="",
        parent=None,
        role=read_role(role),
        text=text,
        files=parts.files,
        reasoning=parts.reasoning or thinking,
        time=next((time for name in _TIMES if (time := read_time(held.get(name)))), None),
        model=texts_of(held, "model") or model,
        usage=read_usage(held.get("usage")),
    )


def _add_call(parts: MessageParts, call: object) -> None:
    if isinstance(call, dict):
        parts.add_call(call.get("name"), call.get("arguments"))


def read_usage(usage: object) -> Usage | None:
    """Tokens of a prompt and its reply, under the names that services have for them."""
    if not isinstance(usage, dict):
        return None
    counts = [
        next((count for name in names if isinstance(count := usage.get(name), int)), None)
        for names in (
            ("prompt_tokens", "input_tokens", "inputTokens", "input"),
            ("completion_tokens", "output_tokens", "outputTokens", "output"),
        )
    ]
    return None if counts[1] is None else Usage(counts[0], counts[1])
