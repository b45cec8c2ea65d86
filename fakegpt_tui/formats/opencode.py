"""Sessions of opencode: a database of messages and their parts.

https://github.com/sst/opencode has the schema. Sessions of helpers are left out.
"""

from collections.abc import Iterator

from fakegpt_tui.domain import MessageStatus, Role
from fakegpt_tui.formats.base import ImportItem, Record, SourceDefaults
from fakegpt_tui.formats.databases import DatabaseFormat, ForeignDatabase, Tables, has_tables
from fakegpt_tui.formats.foreign_files import held_file
from fakegpt_tui.formats.foreign_values import parse_object, read_time, read_usage, texts_of
from fakegpt_tui.formats.message_parts import MessageParts
from fakegpt_tui.formats.source_tree import SourceConversation, SourceMessage

_SILENT = (
    "step-start",
    "step-finish",
    "snapshot",
    "patch",
    "agent",
    "subtask",
    "retry",
    "compaction",
)


def _sniff(tables: Tables) -> str:
    is_one = has_tables(
        tables, session="id title parent_id", message="session_id data", part="message_id data"
    )
    return "it has sessions whose messages have parts, as opencode has" if is_one else ""


def _read(database: ForeignDatabase, origin: SourceDefaults) -> Iterator[ImportItem]:
    columns = ("id", "parent_id", "title", "time_created", "time_updated")
    for row in database.rows("session", *columns, order="id"):
        if row.get("parent_id"):
            continue
        conversation = SourceConversation(
            program="opencode",
            key=str(row["id"]),
            title=texts_of(row, "title"),
            created=read_time(row.get("time_created")),
            updated=read_time(row.get("time_updated")),
        )
        said = database.rows(
            "message", "id", "time_created", "data", order="id", session_id=row["id"]
        )
        conversation.chain(_read_message(database, held) for held in said)
        yield conversation.item(origin)


def _read_message(database: ForeignDatabase, row: Record) -> SourceMessage:
    about = parse_object(row.get("data"))
    parts = MessageParts()
    for held in database.rows("part", "id", "data", order="id", message_id=row["id"]):
        _add_part(parts, parse_object(held.get("data")))
    return SourceMessage(
        key=str(row["id"]),
        parent=None,
        role=Role.USER if about.get("role") == "user" else Role.ASSISTANT,
        **parts.said(),
        time=read_time(row.get("time_created")),
        model=texts_of(about, "modelID"),
        status=MessageStatus.STOPPED if about.get("error") else MessageStatus.COMPLETE,
        usage=read_usage(about.get("tokens")),
    )


def _add_part(parts: MessageParts, part: Record) -> None:
    match part:
        case {"type": "text"}:
            if part.get("synthetic") is not True and part.get("ignored") is not True:
                parts.add_text(part.get("text"))
        case {"type": "reasoning"}:
            parts.add_reasoning(part.get("text"))
        case {"type": "file"}:
            kind = "Picture" if texts_of(part, "mime").startswith("image") else "File"
            parts.add_file(texts_of(part, "filename", "url"), kind, held_file(part))
        case {"type": "tool", "state": dict(state)}:
            parts.add_call(part.get("tool"), state.get("input"))
            failed = state.get("error")
            parts.add_result(part.get("tool"), failed or state.get("output"), is_error=bool(failed))
            parts.add_files(state.get("attachments"))
        case {"type": str(kind)} if kind in _SILENT:
            pass
        case _:
            parts.add_unknown(part.get("type"), part)


FORMAT = DatabaseFormat(name="opencode", sniff=_sniff, read=_read)
