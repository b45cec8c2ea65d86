"""Exports of DeepSeek: a mapping like ChatGPT's, whose messages are lists of fragments."""

from collections.abc import Iterator

from fakegpt_tui.domain import Role
from fakegpt_tui.formats.base import ImportItem, Record, RecordFormat, SourceDefaults
from fakegpt_tui.formats.foreign_values import (
    dict_of,
    dicts_of,
    objects_by_id,
    read_time,
    texts_of,
)
from fakegpt_tui.formats.message_parts import MessageParts
from fakegpt_tui.formats.source_tree import SourceConversation, SourceMessage


def _sniff(record: Record) -> str:
    mapping = record.get("mapping")
    if not isinstance(mapping, dict | list):
        return ""
    messages = [*map(_message_of, objects_by_id(mapping).values())]
    has_fragments = any("fragments" in each for each in messages)
    has_nothing = "inserted_at" in record and not any(messages)
    return "its mapping has fragments, as DeepSeek's has" if has_fragments or has_nothing else ""


def _message_of(node: object) -> Record:
    return dict_of(dict_of(node).get("message"))


def _read(record: Record, origin: SourceDefaults) -> Iterator[ImportItem]:
    conversation = SourceConversation(
        program="deepseek",
        key=texts_of(record, "id"),
        title=texts_of(record, "title"),
        created=read_time(record.get("inserted_at")),
        updated=read_time(record.get("updated_at")),
    )
    mapping = record.get("mapping")
    messages = [
        _read_node(key, texts_of(node, "parent") or None, _message_of(node))
        for key, node in objects_by_id(mapping).items()
    ]
    conversation.add_all(messages, in_order=isinstance(mapping, list))
    yield conversation.build(origin)


def _read_node(key: str, parent: str | None, held: Record) -> SourceMessage:
    parts = MessageParts()
    fragments = dicts_of(held.get("fragments"))
    for fragment in fragments:
        _add_fragment(parts, fragment)
    parts.add_files(held.get("files"))
    is_prompt = any(each.get("type") == "REQUEST" for each in fragments)
    return SourceMessage(
        key=key,
        parent=parent,
        role=Role.USER if is_prompt else Role.ASSISTANT,
        **parts.said(),
        time=read_time(held.get("inserted_at")),
        model=texts_of(held, "model"),
    )


def _add_fragment(parts: MessageParts, fragment: Record) -> None:
    match fragment:
        case {"type": "REQUEST" | "RESPONSE", "content": text}:
            parts.add_text(text)
        case {"type": "THINK", "content": text}:
            parts.add_reasoning(text)
        case {"type": "SEARCH", "results": found}:
            for each in dicts_of(found):
                parts.add_source(each.get("title"), each.get("url"))
        case {"type": str(kind)} if kind.startswith("TOOL"):
            parts.add_result(kind.lower(), fragment.get("content") or fragment.get("results"))
        case {"type": "FILE"}:
            parts.add_files([fragment])
        case _:
            parts.add_unknown(fragment.get("type"), fragment)


FORMAT = RecordFormat(name="DeepSeek", sniff=_sniff, read=_read)
