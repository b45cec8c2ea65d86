"""Messages as OpenAI's API has them, and ShareGPT: lists, requests, and training data in lines.

Both are written with the shown path alone, since they know no branches.
"""

from collections.abc import Iterator, Sequence

from fakegpt_tui.domain import ChatMessage, Conversation, Role
from fakegpt_tui.domain.folders import Folder, clean_folder
from fakegpt_tui.domain.parts import FilePart, ImagePart, attached_parts, place_parts
from fakegpt_tui.formats.assets import ReadBlob
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
from fakegpt_tui.formats.embedded_files import embedded_files
from fakegpt_tui.formats.message_list import add_messages, first_exchange
from fakegpt_tui.formats.message_parts import dicts_of, read_tags, texts_of
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
        folder=Folder(clean_folder(texts_of(record.get("metadata"), "folder"))),
        tags=texts_of(record.get("metadata"), "tags").split(", "),
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
            messages.append({**turn, "role": role, "content": turn.get("value")})
    conversation = SourceConversation(
        program="sharegpt",
        key=texts_of(record, "id") or first_exchange(messages),
        system_prompt=texts_of(record, "system"),
        folder=Folder(clean_folder(texts_of(record, "folder"))),
        tags=read_tags(record.get("tags")),
    )
    add_messages(conversation, messages)
    yield conversation.build(origin)


SHAREGPT = RecordFormat(name="ShareGPT", sniff=_sniff_sharegpt, read=_read_sharegpt)
REQUEST = RecordFormat(name="OpenAI messages", sniff=_sniff_record, read=_read_record)
MESSAGES = ListFormat(name="OpenAI messages", sniff=_sniff_list, read=_read_list)


def write_openai_messages(
    conversation: Conversation,
    messages: Sequence[ChatMessage],
    *,
    part: str = "",
    read_blob: ReadBlob | None = None,
) -> str:
    """The body of a request that asks for the next reply; `part` has no place in it.

    The folder and tags are in its `metadata`, which a service only takes if it is to store it.
    """
    del part
    said: list[dict[str, object]] = []
    if conversation.system_prompt:
        said.append({"role": Role.SYSTEM.value, "content": conversation.system_prompt})
    said += (
        {"role": each.role.value, "content": _write_content(each, read_blob)}
        for each in _shown(conversation, messages)
    )
    metadata = {"folder": conversation.folder, "tags": ", ".join(conversation.tags)}
    held = {name: value for name, value in metadata.items() if value}
    about = {"metadata": held} if held else {}
    return dump_json({"model": conversation.model, **about, "messages": said})


def _write_content(message: ChatMessage, read_blob: ReadBlob | None) -> str | list[object]:
    """The text, or its pieces with pictures and files between."""
    if not attached_parts(message.parts):
        return message.text
    files = {each.part: each for each in embedded_files(message.parts, read_blob)}
    content: list[object] = []
    for part, text in place_parts(message.text, "", message.parts):
        if text:
            content.append({"type": "text", "text": text})
        elif isinstance(part, ImagePart) and files[part].url:
            content.append({"type": "image_url", "image_url": {"url": files[part].url}})
        elif isinstance(part, ImagePart | FilePart):
            held = {"filename": part.name, "file_data": files[part].url}
            content.append({"type": "file", "file": held})
    return content


def write_sharegpt(
    conversation: Conversation,
    messages: Sequence[ChatMessage],
    *,
    part: str = "",
    read_blob: ReadBlob | None = None,
) -> str:
    """A list of this one conversation, as training tools read it; `part` has no place in it.

    What they do not know, the folder, tags and files, is beside what they read.
    """
    del part
    turns: list[dict[str, object]] = []
    if conversation.system_prompt:
        turns.append({"from": _NAMES[Role.SYSTEM], "value": conversation.system_prompt})
    for each in _shown(conversation, messages):
        turn: dict[str, object] = {"from": _NAMES[each.role], "value": each.text}
        if files := [*embedded_files(each.parts, read_blob)]:
            turn["files"] = [{"name": file.name, "url": file.url} for file in files]
        turns.append(turn)
    about = {"folder": conversation.folder, "tags": list(conversation.tags)}
    held = {name: value for name, value in about.items() if value}
    return dump_json([{"id": conversation.id, **held, "conversations": turns}])


def _shown(conversation: Conversation, messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """What was said on the shown path, without what says nothing."""
    _, path = reading_order(messages, conversation.leaf_id)
    return [each for each in path if each.text or attached_parts(each.parts)]


_NAMES = {Role.USER: "human", Role.ASSISTANT: "gpt", Role.SYSTEM: "system"}

OPENAI_EXPORT = Format(name="OpenAI messages", suffix="openai.json", write=write_openai_messages)
SHAREGPT_EXPORT = Format(name="ShareGPT", suffix="sharegpt.json", write=write_sharegpt)
