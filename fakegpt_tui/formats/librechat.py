"""Conversations of LibreChat: read nested, flat, or the shown path alone; written flat.

https://github.com/danny-avila/LibreChat, `api/server/utils/import/importers.js`
"""

from collections.abc import Iterator, Sequence

from fakegpt_tui.domain import ChatMessage, Conversation, FinishReason, MessageStatus, Role
from fakegpt_tui.domain.folders import Folder, clean_folder
from fakegpt_tui.formats.assets import EmbeddedFile, ReadBlob, embedded_files
from fakegpt_tui.formats.base import (
    Format,
    ImportItem,
    Record,
    RecordFormat,
    SourceDefaults,
    dump_json,
    reading_order,
)
from fakegpt_tui.formats.foreign_values import dicts_of, read_tags, read_time, texts_of
from fakegpt_tui.formats.message_parts import MessageParts
from fakegpt_tui.formats.source_tree import SourceConversation, SourceMessage

_NO_PARENT = "00000000-0000-0000-0000-000000000000"
_FINISHES = {"stop": FinishReason.STOP, "length": FinishReason.LENGTH}


def _sniff(record: Record) -> str:
    messages = record.get("messages") or record.get("messagesTree")
    is_one = "conversationId" in record and any("messageId" in each for each in dicts_of(messages))
    return "it has a conversationId and messages with a messageId" if is_one else ""


def _read(record: Record, origin: SourceDefaults) -> Iterator[ImportItem]:
    conversation = SourceConversation(
        program="librechat",
        key=texts_of(record, "conversationId"),
        title=texts_of(record, "title"),
        system_prompt=texts_of(record.get("options"), "promptPrefix"),
        tags=read_tags(record.get("tags")),
        folder=Folder(clean_folder(texts_of(record, "folder"))),
    )
    waiting = dicts_of(record.get("messagesTree") or record.get("messages"))[::-1]
    found: list[SourceMessage] = []
    while waiting:
        held = waiting.pop()
        found.append(_read_message(held))
        waiting.extend(dicts_of(held.get("children") or held.get("messages"))[::-1])
    if record.get("branches") is False:
        # Only the shown path, of which each but the first may lack its parent.
        conversation.chain(found)
    else:
        for message in found:
            conversation.add(message)
    if found:
        conversation.leaf = found[-1].key
    yield conversation.build(origin)


def _read_message(held: Record) -> SourceMessage:
    parts = MessageParts()
    for item in dicts_of(held.get("content")):
        _add_content(parts, item)
    if not parts.text:
        parts.add_text(held.get("text"))
    parts.add_files(held.get("files"))
    parts.add_files(held.get("attachments"))
    parent = texts_of(held, "parentMessageId")
    is_cut = held.get("unfinished") is True or held.get("error") is True
    return SourceMessage(
        key=texts_of(held, "messageId"),
        parent=None if parent in ("", _NO_PARENT) else parent,
        role=Role.USER if held.get("isCreatedByUser") is True else Role.ASSISTANT,
        **parts.said(),
        time=read_time(held.get("createdAt")),
        model=texts_of(held, "model"),
        status=MessageStatus.STOPPED if is_cut else MessageStatus.COMPLETE,
        finish=_FINISHES.get(texts_of(held, "finish_reason")),
    )


def _add_content(parts: MessageParts, item: Record) -> None:
    match item:
        case {"type": "think", "think": text}:
            parts.add_reasoning(text if isinstance(text, str) else texts_of(text, "value"))
        case {"type": "tool_call", "tool_call": dict(call)}:
            parts.add_call(call.get("name"), call.get("args"))
            parts.add_result(call.get("name"), call.get("output"))
        case {"type": "error", "error": str(text)}:
            parts.add_text(text)
        case _:
            parts.add_content([item])


FORMAT = RecordFormat(name="LibreChat", sniff=_sniff, read=_read)


def write_librechat(
    conversation: Conversation,
    messages: Sequence[ChatMessage],
    *,
    part: str = "",
    read_blob: ReadBlob | None = None,
) -> str:
    """The conversation with all its branches, as LibreChat imports it.

    LibreChat shows the branch of the message that comes last.
    """
    _, path = reading_order(messages, conversation.leaf_id)
    shown = {each.id for each in path}
    ordered = [*(each for each in messages if each.id not in shown), *path]
    document = {
        "conversationId": conversation.id,
        "endpoint": "openAI",
        "title": conversation.title,
        "exportAt": conversation.updated_at.isoformat(),
        **({"note": part} if part else {}),
        **({"tags": list(conversation.tags)} if conversation.tags else {}),
        **({"folder": conversation.folder} if conversation.folder else {}),
        "branches": True,
        "recursive": False,
        "options": {"model": conversation.model, "promptPrefix": conversation.system_prompt},
        "messages": [_write_message(each, read_blob) for each in ordered],
    }
    return dump_json(document)


def _write_message(message: ChatMessage, read_blob: ReadBlob | None) -> dict[str, object]:
    is_user = message.role is Role.USER
    written: dict[str, object] = {
        "messageId": message.id,
        "parentMessageId": message.parent_id or _NO_PARENT,
        "conversationId": message.conversation_id,
        "isCreatedByUser": is_user,
        "sender": "User" if is_user else message.model or "Assistant",
        "text": message.text,
        "model": message.model,
        "createdAt": message.created_at.isoformat(),
        "error": False,
        "unfinished": message.status is not MessageStatus.COMPLETE,
    }
    if files := [_write_file(each) for each in embedded_files(message.parts, read_blob)]:
        written["files"] = files
    if message.finish is not None:
        written["finish_reason"] = message.finish.value
    if message.reasoning:
        thought = {"type": "think", "think": message.reasoning}
        written["content"] = [thought, {"type": "text", "text": message.text}]
    return written


def _write_file(file: EmbeddedFile) -> dict[str, object]:
    """A file whose address, which the program shows pictures from, has all its bytes."""
    return {
        "file_id": file.part.blob.digest,
        "filename": file.name,
        "filepath": file.url,
        "type": file.media_type,
        "bytes": len(file.data),
        "width": file.part.blob.width,
        "height": file.part.blob.height,
    }


EXPORT = Format(name="LibreChat", suffix="librechat.json", write=write_librechat)
