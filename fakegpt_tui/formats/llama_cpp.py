"""Conversations of llama.cpp's web page: trees, alone, in a list, or one a line.

https://github.com/ggml-org/llama.cpp/tree/master/tools/server has the page and its types.
"""

from collections.abc import Iterator

from fakegpt_tui.domain import Role
from fakegpt_tui.formats.base import ImportItem, Record, RecordFormat, SourceDefaults, parse_json
from fakegpt_tui.formats.foreign_files import base64_file, held_file
from fakegpt_tui.formats.foreign_values import dict_of, dicts_of, read_role, read_time, texts_of
from fakegpt_tui.formats.message_parts import MessageParts, split_thinking
from fakegpt_tui.formats.source_tree import SourceConversation, SourceMessage


def _sniff(record: Record) -> str:
    about = record.get("conv")
    is_one = isinstance(about, dict) and "currNode" in about and "messages" in record
    return "it has a conv with a currNode, as llama.cpp's page has" if is_one else ""


def _read(record: Record, origin: SourceDefaults) -> Iterator[ImportItem]:
    held = dict_of(record.get("conv"))
    conversation = SourceConversation(
        program="llama.cpp",
        key=texts_of(held, "id"),
        title=texts_of(held, "name"),
        updated=read_time(held.get("lastModified")),
        leaf=str(held.get("currNode")),
    )
    for each in dicts_of(record.get("messages")):
        message = _read_message(each)
        if message.role is Role.SYSTEM and not conversation.system_prompt:
            conversation.system_prompt, message.text = message.text, ""
        conversation.add(message)
    yield conversation.build(origin)


def _read_message(held: Record) -> SourceMessage:
    parts = MessageParts()
    thinking, text = split_thinking(texts_of(held, "content"))
    if held.get("role") == "tool":
        parts.add_result("", text)
    elif held.get("type") != "root":  # The first place of each tree holds nothing.
        parts.add_text(text)
    parts.add_reasoning(texts_of(held, "reasoningContent", "thinking") or thinking)
    for call in _calls(held.get("toolCalls")):
        asked = call.get("function")
        parts.add_call(texts_of(asked, "name"), texts_of(asked, "arguments"))
    for extra in dicts_of(held.get("extra")):
        kind = texts_of(extra, "type").lower()
        name = texts_of(extra, "name")
        if kind in ("text", "textfile", "context"):
            parts.add_attached_text(name, extra.get("content"))
        else:
            data = texts_of(extra, "base64Url", "base64Data", "data")
            found = held_file(data) or base64_file(data)
            parts.add_file(name, "Picture" if kind.startswith("image") else "File", found)
    parent = held.get("parent")
    return SourceMessage(
        key=str(held.get("id")),
        parent=None if parent is None or parent == -1 else str(parent),
        role=read_role(held.get("role")),
        **parts.said(),
        time=read_time(held.get("timestamp")),
        model=texts_of(held, "model"),
    )


def _calls(value: object) -> list[Record]:
    return dicts_of(parse_json(value) if isinstance(value, str) else value)


FORMAT = RecordFormat(name="llama.cpp", sniff=_sniff, read=_read)
