"""Threads of Jan: the lines of `messages.jsonl`, each of which names its thread.

The title is in `thread.json` beside it. On phones, both are rows of `jan.db`.
"""

from collections.abc import Iterable, Iterator, Sequence

from fakegpt_tui.domain.folders import Folder, join_folder
from fakegpt_tui.formats.base import ImportItem, LinesFormat, Record, SourceDefaults
from fakegpt_tui.formats.databases import DatabaseFormat, ForeignDatabase, Tables, has_tables
from fakegpt_tui.formats.foreign_values import (
    dict_of,
    dicts_of,
    parse_object,
    read_role,
    read_time,
    read_usage,
    texts_of,
)
from fakegpt_tui.formats.message_parts import MessageParts
from fakegpt_tui.formats.source_tree import DAMAGED, SourceConversation, SourceMessage


def _sniff(lines: Sequence[Record]) -> str:
    is_one = bool(lines) and {"thread_id", "role", "content"} <= lines[0].keys()
    return "its lines have a thread_id and a role, as Jan's have" if is_one else ""


def _read(lines: Iterable[Record | None], origin: SourceDefaults) -> Iterator[ImportItem]:
    conversation = SourceConversation(program="jan", key="")
    thread = parse_object(origin.beside("thread.json"))
    for line in lines:
        if line is None:
            conversation.left_out[DAMAGED] += 1
            continue
        if not conversation.key:
            conversation.key = texts_of(line, "thread_id")
            _add_thread(conversation, thread)
        conversation.chain([_read_message(line)])
    yield conversation.build(origin)


def _sniff_database(tables: Tables) -> str:
    is_one = has_tables(tables, threads="id data", messages="thread_id data")
    return "it has threads and messages as JSON, as Jan on phones has" if is_one else ""


def _read_database(database: ForeignDatabase, origin: SourceDefaults) -> Iterator[ImportItem]:
    for row in database.rows("threads", "id", "data", "created_at", order="created_at"):
        key = str(row["id"])
        conversation = SourceConversation(program="jan", key=key)
        _add_thread(conversation, {"id": key, **parse_object(row.get("data"))})
        rows = database.rows("messages", "id", "data", order="created_at", thread_id=key)
        conversation.chain(
            _read_message({"id": str(held["id"]), **parse_object(held.get("data"))})
            for held in rows
        )
        yield conversation.item(origin)


def _add_thread(conversation: SourceConversation, thread: Record) -> None:
    """Add what is known of the whole thread, if it is that of the conversation."""
    if texts_of(thread, "id") != conversation.key:
        return
    conversation.title = texts_of(thread, "title")
    conversation.created = read_time(thread.get("created"))
    conversation.updated = read_time(thread.get("updated"))
    about = dict_of(thread.get("metadata"))
    conversation.pinned = about.get("is_favorite") is True
    conversation.folder = Folder(join_folder(texts_of(about.get("project"), "name")))
    for assistant in dicts_of(thread.get("assistants"))[:1]:
        conversation.system_prompt = texts_of(assistant, "instructions")


def _read_message(held: Record) -> SourceMessage:
    parts = MessageParts()
    parts.add_content(held.get("content"))
    parts.add_files(held.get("attachments"))
    about = dict_of(held.get("metadata"))
    return SourceMessage(
        key=texts_of(held, "id"),
        parent=None,
        role=read_role(held.get("role")),
        **parts.said_after_thinking(),
        time=read_time(held.get("created_at")),
        model=texts_of(about, "model", "modelId"),
        usage=read_usage(about.get("usage")),
    )


FORMAT = LinesFormat(name="Jan", sniff=_sniff, read=_read)
DATABASE = DatabaseFormat(name="Jan", sniff=_sniff_database, read=_read_database)
