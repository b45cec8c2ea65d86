"""Exports of Chatbox: sessions by id in one object, with earlier threads and forks.

Settings, which may hold keys of services, are not looked at.
"""

from collections.abc import Iterator

from fakegpt_tui.domain import Role
from fakegpt_tui.formats.base import ImportItem, Record, RecordFormat, SourceDefaults
from fakegpt_tui.formats.foreign_values import (
    dict_of,
    dicts_of,
    read_role,
    read_time,
    read_usage,
    texts_of,
)
from fakegpt_tui.formats.message_parts import MessageParts
from fakegpt_tui.formats.source_tree import SourceConversation, SourceMessage


def _sessions(record: Record) -> list[Record]:
    named = [held for name, held in record.items() if name.startswith("session:")]
    return dicts_of(named) + dicts_of(record.get("chat-sessions"))


def _sniff(record: Record) -> str:
    is_one = "__exported_at" in record or bool(_sessions(record))
    return "it has sessions by their id, as Chatbox has" if is_one else ""


def _read(record: Record, origin: SourceDefaults) -> Iterator[ImportItem]:
    for session in _sessions(record):
        yield _read_session(session, origin)
        for thread in dicts_of(session.get("threads")):
            conversation = SourceConversation(
                program="chatbox",
                key=f"{texts_of(session, 'id')}/{texts_of(thread, 'id')}",
                title=texts_of(thread, "name"),
                created=read_time(thread.get("createdAt")),
            )
            _add_chain(conversation, thread.get("messages"), None)
            yield conversation.item(origin)


def _read_session(session: Record, origin: SourceDefaults) -> ImportItem:
    conversation = SourceConversation(
        program="chatbox",
        key=texts_of(session, "id"),
        title=texts_of(session, "name"),
        pinned=session.get("starred") is True,
    )
    conversation.leaf = _add_chain(conversation, session.get("messages"), None)
    for key, fork in dict_of(session.get("messageForksHash")).items():
        # The list of the shown version is empty, as its messages are in the session itself.
        for other in dicts_of(dict_of(fork).get("lists")):
            _add_chain(conversation, other.get("messages"), key)
    return conversation.item(origin)


def _add_chain(
    conversation: SourceConversation, messages: object, before: str | None
) -> str | None:
    for held in dicts_of(messages):
        message = _read_message(held)
        if message.role is Role.SYSTEM and before is None and not conversation.system_prompt:
            conversation.take_prompt(message)
            continue
        message.parent = before
        before = conversation.add(message)
    return before


def _read_message(held: Record) -> SourceMessage:
    parts = MessageParts()
    for each in dicts_of(held.get("contentParts")):
        match each:
            case {"type": "tool-call"}:
                parts.add_call(each.get("toolName"), each.get("args"))
                parts.add_result(each.get("toolName"), each.get("result"))
            case {"type": "image"}:
                parts.add_file(texts_of(each, "storageKey"), "Picture")
            case _:
                parts.add_content([each])
    if not parts.text:
        parts.add_text(held.get("content"))
    parts.add_reasoning(held.get("reasoningContent"))
    parts.add_files(held.get("files"))
    return SourceMessage(
        key=texts_of(held, "id"),
        parent=None,
        role=read_role(held.get("role")),
        **parts.said(),
        time=read_time(held.get("timestamp")),
        model=texts_of(held, "model"),
        usage=read_usage(held.get("usage")),
    )


FORMAT = RecordFormat(name="Chatbox", sniff=_sniff, read=_read)
