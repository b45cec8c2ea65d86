"""Sessions of Gemini CLI: JSON lines, or one object of older versions.

A message that comes again replaces the first; what was taken back stays as a branch. Shapes of
https://github.com/google-gemini/gemini-cli/blob/main/packages/core/src/services/chatRecordingTypes.ts
"""

from collections.abc import Iterable, Iterator, Sequence

from fakegpt_tui.domain import Role
from fakegpt_tui.formats.base import ImportItem, LinesFormat, Record, RecordFormat, SourceDefaults
from fakegpt_tui.formats.foreign_values import dicts_of, read_time, read_usage, texts_of
from fakegpt_tui.formats.message_parts import MessageParts
from fakegpt_tui.formats.source_tree import DAMAGED, SourceConversation, SourceMessage

_WHY = "it has a sessionId and a projectHash, as Gemini CLI has"
_ROLES = {"user": Role.USER, "gemini": Role.ASSISTANT}


def _sniff_record(record: Record) -> str:
    return _WHY if {"sessionId", "projectHash", "messages"} <= record.keys() else ""


def _sniff_lines(lines: Sequence[Record]) -> str:
    return _WHY if any({"sessionId", "projectHash"} <= each.keys() for each in lines) else ""


def _read_record(record: Record, origin: SourceDefaults) -> Iterator[ImportItem]:
    lines: list[Record | None] = [record, *dicts_of(record.get("messages"))]
    yield from _read_lines(lines, origin)


def _read_lines(lines: Iterable[Record | None], origin: SourceDefaults) -> Iterator[ImportItem]:
    conversation = SourceConversation(program="gemini-cli", key="")
    held: dict[str, Record] = {}
    parents: dict[str, str | None] = {}
    last: str | None = None
    for line in lines:
        if line is None:
            conversation.left_out[DAMAGED] += 1
            continue
        changed = line.get("$set")
        about: Record = changed if isinstance(changed, dict) else line
        if "type" not in about:
            conversation.key = conversation.key or texts_of(about, "sessionId")
            conversation.created = conversation.created or read_time(about.get("startTime"))
            conversation.title = texts_of(about, "summary") or conversation.title
        for message in dicts_of(about.get("messages")) if about is changed else [line]:
            key = texts_of(message, "id")
            if texts_of(message, "type") in _ROLES and key:
                parents.setdefault(key, last)
                held[key] = held.get(key, {}) | message
                last = key
        if undone := texts_of(line, "$rewindTo"):
            last = parents.get(undone, last)
    for key, message in held.items():
        conversation.add(_read_message(key, parents[key], message))
    conversation.leaf = last
    yield conversation.build(origin)


def _read_message(key: str, parent: str | None, held: Record) -> SourceMessage:
    parts = MessageParts()
    for each in dicts_of(held.get("thoughts")):
        parts.add_reasoning("\n\n".join(filter(None, [_bold(each), texts_of(each, "description")])))
    for call in dicts_of(held.get("toolCalls")):
        parts.add_call(call.get("name"), call.get("args"))
        parts.add_result(call.get("name"), _result(call), is_error=call.get("status") == "error")
    parts.add_content(held.get("displayContent") or held.get("content"))
    return SourceMessage(
        key=key,
        parent=parent,
        role=_ROLES[texts_of(held, "type")],
        **parts.said(),
        time=read_time(held.get("timestamp")),
        model=texts_of(held, "model"),
        usage=read_usage(held.get("tokens")),
    )


def _bold(thought: Record) -> str:
    subject = texts_of(thought, "subject")
    return f"**{subject}**" if subject else ""


def _result(call: Record) -> object:
    """What a tool gave back: its output where it is a text."""
    for each in dicts_of(call.get("result")):
        match each:
            case {"functionResponse": {"response": {"output": output}}}:
                return output
            case _:
                pass
    return call.get("result")


LINES = LinesFormat(name="Gemini CLI", sniff=_sniff_lines, read=_read_lines)
RECORD = RecordFormat(name="Gemini CLI", sniff=_sniff_record, read=_read_record)
