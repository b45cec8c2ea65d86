"""Messages as OpenAI's API has them, and ShareGPT: lists, requests, and training data in lines.

Both are written with the shown path alone, since they know no branches.
"""

from collections.abc import Iterator, Sequence

from fakegpt_tui.domain import ChatMessage, Conversation, Role
from fakegpt_tui.formats.base import (
    Format,
    ImportItem,
    ListFormat,
    Record,
    RecordFormat,
    SourceDefaults,
    dump_json,
    reading_order,
)
from fakegpt_tui.formats.message_list import add_messages, first_exchange
from fakegpt_tui.formats.message_parts import dicts_of, texts_of
from fakegpt_tui.formats.source_tree import SourceConversation
from fakegpt_tui.formats.times import read_time

_ROLES = ("system", "developer", "user", "assistant", "tool", "function")
_SPEAKERS = {"human": "user", "gpt": "assistant", "chatgpt": "assistant", "observation": "tool"}


def _is_message(value: object) -> bool:
    return (
        isinstance(value, dict)
        and value.get("role") in _ROLES
        and ("content" in value or "tool_calls" in value)
    )


def _sniff_list(first: Record) -> str:
    return "it is a list of messages with role and content" if _is_message(first) else ""


def _read_list(values: list[object], origin: SourceDefaults) -> Iterator[ImportItem]:
    messages = dicts_of(values)
    conversation = SourceConversation(program="openai", key=first_exchange(messages))
    add_messages(conversation, messages)
    yield conversation.build(origin)


def _sniff_record(record: Record) -> str:
    messages = record.get("messages")
    is_one = isinstance(messages, list) and bool(messages) and _is_message(messages[0])
    return "its messages have role and content" if is_one else ""


def _read_record(record: Record, origin: SourceDefaults) -> Iterator[ImportItem]:
    messages = dicts_of(record.get("messages"))
    conversation = SourceConversation(
        program="openai",
        key=texts_of(record, "id") or first_exchange(messages),
        title=texts_of(record, "title", "name"),
        created=read_time(record.get("created_at") or record.get("created")),
        updated=read_time(record.get("updated_at") or record.get("updated")),
        system_prompt=texts_of(record, "system", "system_prompt"),
    )
    add_messages(conversation, messages, model=texts_of(record, "model"))
    yield conversation.build(origin)


def _sniff_sharegpt(record: Record) -> str:
    turns = record.get("conversations")
    if not isinstance(turns, list):
        return ""
    is_one = all(isinstance(each, dict) and "from" in each for each in turns)
    return "its conversations have from and value, as ShareGPT's have" if is_one else ""


def _read_sharegpt(record: Record, origin: SourceDefaults) -> Iterator[ImportItem]:
    messages: list[Record] = []
    for turn in dicts_of(record.get("conversations")):
        speaker = texts_of(turn, "from").lower()
        if speaker == "function_call":
            call = {"name": "function", "arguments": turn.get("value")}
            messages.append({"role": "assistant", "content": "", "function_call": call})
        else:
            role = _SPEAKERS.get(speaker, speaker)
            messages.append({"role": role, "content": turn.get("value")})
    conversation = SourceConversation(
        program="sharegpt",
        key=texts_of(record, "id") or first_exchange(messages),
        system_prompt=texts_of(record, "system"),
    )
    add_messages(conversation, messages)
    yield conversation.build(origin)


SHAREGPT = RecordFormat(name="ShareGPT", sniff=_sniff_sharegpt, read=_read_sharegpt)
REQUEST = RecordFormat(name="OpenAI messages", sniff=_sniff_record, read=_read_record)
MESSAGES = ListFormat(name="OpenAI messages", sniff=_sniff_list, read=_read_list)


def write_openai_messages(
    conversation: Conversation, messages: Sequence[ChatMessage], *, part: str = ""
) -> str:
    """The body of a request that asks for the next reply; `part` has no place in it."""
    del part
    said = [{"role": role.value, "content": text} for role, text in _said(conversation, messages)]
    return dump_json({"model": conversation.model, "messages": said})


def write_sharegpt(
    conversation: Conversation, messages: Sequence[ChatMessage], *, part: str = ""
) -> str:
    """A list of this one conversation, as training tools read it; `part` has no place in it."""
    del part
    turns = [{"from": _NAMES[role], "value": text} for role, text in _said(conversation, messages)]
    return dump_json([{"id": conversation.id, "conversations": turns}])


def _said(
    conversation: Conversation, messages: Sequence[ChatMessage]
) -> Iterator[tuple[Role, str]]:
    """The system prompt, and what was said on the shown path, without what says nothing."""
    if conversation.system_prompt:
        yield Role.SYSTEM, conversation.system_prompt
    _, path = reading_order(messages, conversation.leaf_id)
    yield from ((each.role, each.text) for each in path if each.text)


_NAMES = {Role.USER: "human", Role.ASSISTANT: "gpt", Role.SYSTEM: "system"}

OPENAI_EXPORT = Format(name="OpenAI messages", suffix="openai.json", write=write_openai_messages)
SHAREGPT_EXPORT = Format(name="ShareGPT", suffix="sharegpt.json", write=write_sharegpt)
