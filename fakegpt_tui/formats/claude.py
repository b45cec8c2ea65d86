"""Exports of Claude: `conversations.json`, alone or in the archives that the service sends.

Messages name the one they follow in newer exports; older ones are a list by time.
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

from fakegpt_tui.domain import LoadError, Role
from fakegpt_tui.domain.folders import Folder
from fakegpt_tui.formats.base import ImportItem, Record, RecordFormat, SourceDefaults
from fakegpt_tui.formats.foreign_files import held_file
from fakegpt_tui.formats.foreign_values import EARLIEST, dicts_of, nest_folders, read_time, texts_of
from fakegpt_tui.formats.message_parts import MessageParts
from fakegpt_tui.formats.source_tree import SourceConversation, SourceMessage

_SILENT = {"token_budget", "flag", "injected_prompt_block"}
"""Blocks that hold nothing of a person's or of the model's."""

_PROJECTS = "projects"
_PROJECT_FILES = re.compile(r"(?:.*/)?projects(?:-\d+)?\.json")
_SHORT_ID = 8


def _sniff(record: Record) -> str:
    is_one = isinstance(record.get("chat_messages"), list) and "uuid" in record
    return "it has chat_messages and a uuid, as Claude has" if is_one else ""


def _read(record: Record, origin: SourceDefaults) -> Iterator[ImportItem]:
    conversation = SourceConversation(
        program="claude",
        key=texts_of(record, "uuid"),
        title=texts_of(record, "name"),
        created=read_time(record.get("created_at")),
        updated=read_time(record.get("updated_at")),
        leaf=texts_of(record, "current_leaf_message_uuid") or None,
        pinned=record.get("is_starred") is True,
    )
    if project := texts_of(record, "project_uuid") or texts_of(record.get("project"), "uuid"):
        conversation.folder = _project(origin, project)
    said = dicts_of(record.get("chat_messages"))
    is_tree = any(each.get("parent_message_uuid") for each in said)
    if is_tree:
        first = {str(each.get("parent_message_uuid")) for each in said}
        known = {str(each.get("uuid")) for each in said}
        # The first messages follow one that is in no file.
        begins = first - known
        for number, each in enumerate(said):
            parent = texts_of(each, "parent_message_uuid")
            conversation.add(_message(each, number, None if parent in begins else parent))
    else:
        conversation.chain(
            _message(each, number, None)
            for number, each in sorted(enumerate(said), key=lambda pair: _order(pair[1]))
        )
    yield conversation.build(origin)


def _order(message: Record) -> tuple[datetime, bool]:
    """By time, and a prompt before a reply of the same moment."""
    return read_time(message.get("created_at")) or EARLIEST, message.get("sender") != "human"


def _message(held: Record, number: int, parent: str | None) -> SourceMessage:
    parts = MessageParts()
    blocks = dicts_of(held.get("content"))
    for block in blocks:
        _add_block(parts, block)
    if not parts.text and not parts.reasoning:
        parts.add_text(held.get("text"))
    for each in dicts_of(held.get("attachments")):
        parts.add_attached_text(texts_of(each, "file_name"), each.get("extracted_content"))
    parts.add_files(held.get("files"))
    sender = texts_of(held, "sender") or ("assistant" if number % 2 else "human")
    return SourceMessage(
        key=texts_of(held, "uuid") or str(number),
        parent=parent,
        role=Role.USER if sender == "human" else Role.ASSISTANT,
        **parts.said(),
        time=read_time(held.get("created_at")),
        model=texts_of(held, "model"),
    )


def _add_block(parts: MessageParts, block: Record) -> None:
    match block:
        case {"type": "text" | "voice_note", "text": text}:
            parts.add_text(text)
            for each in dicts_of(block.get("citations")):
                details = each.get("details")
                parts.add_source(texts_of(details, "title"), texts_of(details, "url"))
        case {"type": "thinking", "thinking": text}:
            parts.add_reasoning(text)
        case {"type": "tool_use", "input": {"content": str(text), **about}}:
            parts.add_call(block.get("name"), about)
            parts.add_text(text)
        case {"type": "tool_use"}:
            parts.add_call(block.get("name"), block.get("input"))
        case {"type": "tool_result"}:
            _add_result(parts, block)
        case {"type": str(kind)} if kind in _SILENT:
            pass
        case _:
            parts.add_unknown(block.get("type"), block)


def _add_result(parts: MessageParts, block: Record) -> None:
    """Add the result of a tool: its texts, and sources that it found."""
    is_error = block.get("is_error") is True
    found = dicts_of(block.get("content"))
    texts = [text for each in found if (text := texts_of(each, "text"))]
    parts.add_result(block.get("name"), "\n\n".join(texts), is_error=is_error)
    for each in found:
        if each.get("type") == "knowledge":
            parts.add_source(each.get("title"), each.get("url"))
        elif each.get("type") == "image":
            parts.add_file("", "Picture", held_file(each))


def _project(origin: SourceDefaults, project_id: str) -> Folder:
    """The folder of a project, whose name and instructions are in a file of the export."""
    known = origin.memo.get(_PROJECTS)
    if not isinstance(known, dict):
        known = origin.memo[_PROJECTS] = _read_projects(origin)
    return known.get(project_id) or Folder(f"Claude project {project_id[:_SHORT_ID]}")


def _read_projects(origin: SourceDefaults) -> dict[str, Folder]:
    found: dict[str, Folder] = {}
    for name in origin.assets.names() if origin.assets else ():
        if _PROJECT_FILES.fullmatch(name):
            with suppress(LoadError, ValueError, RecursionError):
                records = dicts_of(json.loads(origin.require_beside(name)))
                found |= nest_folders({**each, "id": each.get("uuid")} for each in records)
    return found


FORMAT = RecordFormat(name="Claude", sniff=_sniff, read=_read)
