"""Conversations of LM Studio: places in a row, each with versions of which one is selected.

What followed a version that is not selected is not in the file.
"""

from collections.abc import Iterator
from pathlib import Path

from fakegpt_tui.domain import TitleSource, Usage
from fakegpt_tui.domain.folders import Folder, join_folder
from fakegpt_tui.formats.assets import AssetFolder
from fakegpt_tui.formats.base import AssetSource, ImportItem, Record, RecordFormat, SourceDefaults
from fakegpt_tui.formats.foreign_files import file_beside
from fakegpt_tui.formats.foreign_values import dicts_of, read_role, read_time, texts_of
from fakegpt_tui.formats.message_parts import MessageParts
from fakegpt_tui.formats.source_tree import SourceConversation, SourceMessage

_CONVERSATIONS = "conversations"
_SILENT = ("debugInfoBlock", "toolStatus")
_SYSTEM_PROMPT = "llm.prediction.systemPrompt"


def _sniff(record: Record) -> str:
    messages = record.get("messages")
    has_versions = any("versions" in each for each in dicts_of(messages))
    is_empty = messages == [] and {"tokenCount", "systemPrompt"} <= record.keys()
    return "its messages have versions, as LM Studio's have" if has_versions or is_empty else ""


def _read(record: Record, origin: SourceDefaults) -> Iterator[ImportItem]:
    created = read_time(record.get("createdAt"))
    conversation = SourceConversation(
        program="lm-studio",
        key=str(record.get("createdAt") or origin.name),
        title=texts_of(record, "name"),
        titled_by=TitleSource.PERSON,
        created=created,
        updated=read_time(record.get("assistantLastMessagedAt")),
        pinned=record.get("pinned") is True,
        system_prompt=texts_of(record, "systemPrompt") or _old_system_prompt(record),
        folder=_folder(origin.folder),
    )
    model = texts_of(record.get("lastUsedModel"), "identifier")
    files = _user_files(origin.folder)
    before: str | None = None
    for place, held in enumerate(dicts_of(record.get("messages"))):
        versions = dicts_of(held.get("versions"))
        keys = []
        for number, version in enumerate(versions):
            key = f"{place}/{number}"
            message = _read_version(key, version, model, files)
            message.parent = before
            keys.append(conversation.add(message))
        if keys:
            chosen = held.get("currentlySelected")
            chosen = chosen if isinstance(chosen, int) else 0
            before = keys[min(max(chosen, 0), len(keys) - 1)]
    conversation.leaf = before
    yield conversation.build(origin)


def _folder(place: Path | None) -> Folder:
    """The folder of a file below the folder of all conversations."""
    parts = place.parts if place is not None else ()
    if _CONVERSATIONS not in parts:
        return Folder("")
    below = len(parts) - parts[::-1].index(_CONVERSATIONS)
    return Folder(join_folder(*parts[below:]))


def _user_files(place: Path | None) -> AssetSource | None:
    """The files of all conversations, in a folder beside that of these."""
    for folder in (place, *place.parents) if place is not None else ():
        if folder.name == _CONVERSATIONS:
            return AssetFolder(folder.parent / "user-files")
    return None


def _old_system_prompt(record: Record) -> str:
    config = record.get("perChatPredictionConfig")
    fields = dicts_of(config.get("fields")) if isinstance(config, dict) else []
    found = (each for each in fields if each.get("key") == _SYSTEM_PROMPT)
    return texts_of(next(found, {}), "value")


def _read_version(
    key: str, version: Record, model: str, files: AssetSource | None
) -> SourceMessage:
    parts = MessageParts()
    _add_content(parts, version, files)
    usage = None
    for step in dicts_of(version.get("steps")):
        usage = _usage(step) or usage
        _add_step(parts, step, files)
    sender = texts_of(version.get("senderInfo"), "senderName")
    return SourceMessage(
        key=key,
        parent=None,
        role=read_role(version.get("role")),
        **parts.said(),
        model=sender or model,
        usage=usage,
    )


def _add_content(parts: MessageParts, held: Record, files: AssetSource | None) -> None:
    for each in dicts_of(held.get("content")):
        if each.get("type") == "file":
            kind = "Picture" if each.get("fileType") == "image" else "File"
            name = texts_of(each, "fileIdentifier")
            parts.add_file(name, kind, file_beside(files, name))
        else:
            parts.add_content([each])


def _add_step(parts: MessageParts, step: Record, files: AssetSource | None) -> None:
    match step:
        case {"type": "contentBlock", "style": {"type": "thinking"}}:
            for each in dicts_of(step.get("content")):
                parts.add_reasoning(each.get("text"))
        case {"type": "contentBlock"}:
            _add_content(parts, step, files)
        case {"type": "requestConfirmToolCall", "request": dict(asked)}:
            parts.add_call(asked.get("name"), asked.get("parameters"))
        case {"type": str(kind)} if kind in _SILENT:
            pass
        case _:
            parts.add_unknown(step.get("type"), step)


def _usage(step: Record) -> Usage | None:
    match step:
        case {
            "genInfo": {
                "stats": {"promptTokensCount": int(asked), "predictedTokensCount": int(told)}
            }
        }:
            return Usage(asked, told)
        case _:
            return None


FORMAT = RecordFormat(name="LM Studio", sniff=_sniff, read=_read)
