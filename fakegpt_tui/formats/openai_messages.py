"""Messages with a role and a content, as OpenAI's API and many programs have them, and ShareGPT.

Both are written with the shown path alone, since they know no branches.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256

from fakegpt_tui.domain import ChatMessage, Conversation, Role
from fakegpt_tui.domain.folders import Folder, clean_folder
from fakegpt_tui.domain.parts import FilePart, ImagePart, attached_parts, place_parts
from fakegpt_tui.formats.assets import ReadBlob, embedded_files
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
from fakegpt_tui.formats.foreign_values import (
    dicts_of,
    read_role,
    read_tags,
    read_time,
    read_usage,
    texts_of,
)
from fakegpt_tui.formats.message_parts import MessageParts
from fakegpt_tui.formats.source_tree import SourceConversation, SourceMessage

_TIMES = ("created_at", "createdAt", "timestamp", "created", "time")
_SYSTEM = ("system", "developer")
_TOOLS = ("tool", "function")
_ROLES = ("system", "developer", "user", "assistant", "tool", "function")
_SPEAKERS = {"human": "user", "gpt": "assistant", "chatgpt": "assistant", "observation": "tool"}
_FROM = {"system", "user", "assistant", *_SPEAKERS}
_NAMES = {Role.USER: "human", Role.ASSISTANT: "gpt", Role.SYSTEM: "system"}


def add_messages(
    conversation: SourceConversation, messages: Iterable[Record], *, model: str = ""
) -> None:
    """Add messages that follow each other; system messages before them are the system prompt.

    The key of a message is its id, or else a digest of all up to it, so that a list that has grown
    extends the known conversation.
    """
    prompts: list[str] = []
    chained: list[SourceMessage] = []
    digest = sha256(conversation.key.encode(errors="replace"))
    for each in messages:
        message = _read_message(each, model)
        if message.role is Role.SYSTEM and not chained:
            prompts.append(message.text)
            conversation.left_out.update(message.losses)
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


def _read_message(held: Record, model: str) -> SourceMessage:
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
    if parts.has_nothing and "content" not in held and any(held.values()):
        parts.add_unknown("message", held)
    return SourceMessage(
        key="",
        parent=None,
        role=read_role(role),
        speaker="" if role in _TOOLS else texts_of(held, "name"),
        **parts.said_after_thinking(),
        time=next((time for name in _TIMES if (time := read_time(held.get(name)))), None),
        model=texts_of(held, "model") or model,
        usage=read_usage(held.get("usage")),
    )


def _add_call(parts: MessageParts, call: object) -> None:
    if isinstance(call, dict):
        parts.add_call(call.get("name"), call.get("arguments"))


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


def _sniff_turn(first: Record) -> str:
    is_one = first.get("from") in _FROM and isinstance(first.get("value"), str)
    return "it is a list of turns with from and value, as ShareGPT's are" if is_one else ""


def _read_turns(values: list[object], origin: SourceDefaults) -> Iterator[ImportItem]:
    yield from _read_sharegpt({"conversations": values}, origin)


SHAREGPT = RecordFormat(name="ShareGPT", sniff=_sniff_sharegpt, read=_read_sharegpt)
REQUEST = RecordFormat(name="OpenAI messages", sniff=_sniff_record, read=_read_record)
MESSAGES = ListFormat(name="OpenAI messages", sniff=_sniff_list, read=_read_list)
TURNS = ListFormat(name="ShareGPT", sniff=_sniff_turn, read=_read_turns)


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
    """The messages of the shown path that say something."""
    _, path = reading_order(messages, conversation.leaf_id)
    return [each for each in path if each.text or attached_parts(each.parts)]


OPENAI_EXPORT = Format(name="OpenAI messages", suffix="openai.json", write=write_openai_messages)
SHAREGPT_EXPORT = Format(name="ShareGPT", suffix="sharegpt.json", write=write_sharegpt)
