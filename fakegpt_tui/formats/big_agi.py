"""Conversations of big-AGI: messages made of fragments, or of texts in older versions."""

from collections.abc import Iterator

from fakegpt_tui.domain import Role, TitleSource
from fakegpt_tui.domain.folders import Folder
from fakegpt_tui.formats.base import ImportItem, Record, RecordFormat, SourceDefaults
from fakegpt_tui.formats.foreign_files import held_file
from fakegpt_tui.formats.foreign_values import dict_of, dicts_of, read_role, read_time, texts_of
from fakegpt_tui.formats.message_parts import MessageParts
from fakegpt_tui.formats.source_tree import SourceConversation, SourceMessage


def _sniff(record: Record) -> str:
    is_one = "messages" in record and {"systemPurposeId", "autoTitle", "userTitle"} & record.keys()
    return "it has messages and a systemPurposeId, as big-AGI has" if is_one else ""


def _read(record: Record, origin: SourceDefaults) -> Iterator[ImportItem]:
    own = texts_of(record, "userTitle")
    conversation = SourceConversation(
        program="big-agi",
        key=texts_of(record, "id"),
        title=own or texts_of(record, "autoTitle"),
        titled_by=TitleSource.PERSON if own else TitleSource.SERVICE,
        created=read_time(record.get("created")),
        updated=read_time(record.get("updated")),
        archived=record.get("isArchived") is True,
        folder=origin.folders.get(texts_of(record, "id"), Folder("")),
    )
    for held in dicts_of(record.get("messages")):
        message = _read_message(held)
        if message.role is Role.SYSTEM and not conversation.messages:
            conversation.take_prompt(message)
        else:
            conversation.chain([message])
    yield conversation.build(origin)


def _read_message(held: Record) -> SourceMessage:
    parts = MessageParts()
    parts.add_text(held.get("text"))
    for fragment in dicts_of(held.get("fragments")):
        part = fragment.get("part")
        if isinstance(part, dict):
            _add_part(parts, part)
    generator = dict_of(held.get("generator"))
    return SourceMessage(
        key=texts_of(held, "id"),
        parent=None,
        role=read_role(held.get("role")),
        **parts.said(),
        time=read_time(held.get("created")),
        model=texts_of(generator.get("aix"), "mId") or texts_of(generator, "name"),
    )


def _add_part(parts: MessageParts, part: Record) -> None:
    match part:
        case {"pt": "text", "text": text} | {"pt": "error", "error": text}:
            parts.add_text(text)
        case {"pt": "doc", "data": {"text": text}}:
            parts.add_attached_text(texts_of(part, "l1Title", "ref"), text)
        case {"pt": "image_ref" | "reference"}:
            held = part.get("dataRef") or part.get("_sref")
            parts.add_file(texts_of(part, "altText"), "Picture", held_file(held))
        case {"pt": "ma", "aText": text}:
            parts.add_reasoning(text)
        case {"pt": "ph" | "_pt_sentinel"}:
            pass
        case _:
            _add_other(parts, part)


def _add_other(parts: MessageParts, part: Record) -> None:
    """What is neither text nor a file: tools and sources."""
    match part:
        case {"pt": "tool_invocation", "invocation": dict(asked)}:
            parts.add_call(asked.get("name"), asked.get("args"))
        case {"pt": "tool_response", "response": dict(given)}:
            parts.add_result(given.get("name"), given.get("result"))
        case {"pt": "annotations", "annotations": list(found)}:
            for each in dicts_of(found):
                parts.add_source(each.get("title"), each.get("url"))
        case _:
            parts.add_unknown(part.get("pt"), part)


FORMAT = RecordFormat(name="big-AGI", sniff=_sniff, read=_read, has_folders_behind=True)
