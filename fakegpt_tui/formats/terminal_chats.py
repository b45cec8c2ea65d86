"""Databases of oterm and elia, and of Open WebUI, which keep chats and messages in two tables."""

import json
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256

from fakegpt_tui.domain import Role
from fakegpt_tui.formats import open_webui
from fakegpt_tui.formats.base import (
    EmptyConversation,
    EmptyItem,
    ImportItem,
    Record,
    SourceDefaults,
)
from fakegpt_tui.formats.databases import DatabaseFormat, ForeignDatabase, Tables, has_tables
from fakegpt_tui.formats.foreign_files import base64_file, base_name_of
from fakegpt_tui.formats.foreign_values import (
    dict_of,
    list_of,
    nest_folders,
    read_role,
    read_time,
    texts_of,
)
from fakegpt_tui.formats.message_parts import MessageParts, split_thinking
from fakegpt_tui.formats.openai_messages import add_messages
from fakegpt_tui.formats.source_tree import SourceConversation, SourceMessage


def _sniff_oterm(tables: Tables) -> str:
    is_one = has_tables(tables, chat="id name model", message="chat_id author text")
    return "it has messages with an author, as oterm has" if is_one else ""


def _read_oterm(database: ForeignDatabase, origin: SourceDefaults) -> Iterator[ImportItem]:
    for row in database.rows("chat", "id", "name", "model", "system", order="id"):
        columns = ("id", "author", "text", "images")
        said = [*database.rows("message", *columns, order="id", chat_id=row["id"])]
        first = texts_of(said[0], "text") if said else ""
        # Ids count from one in each database.
        key = sha256(f"{row['id']}\0{row['name']}\0{first}".encode(errors="replace")).hexdigest()
        conversation = SourceConversation(
            program="oterm",
            key=key,
            title=texts_of(row, "name"),
            system_prompt=texts_of(row, "system"),
        )
        for held in said:
            parts = MessageParts()
            thinking, text = split_thinking(texts_of(held, "text"))
            parts.add_text(text)
            parts.add_reasoning(thinking)
            for image in list_of(_parse(held.get("images"))):
                found = base64_file(image) if isinstance(image, str) else None
                parts.add_file("", "Picture", found)
            role = read_role(held.get("author"))
            model = texts_of(row, "model") if role is Role.ASSISTANT else ""
            message = SourceMessage(
                key=str(held["id"]), parent=None, role=role, model=model, **parts.said()
            )
            conversation.chain([message])
        yield conversation.item(origin)


def _sniff_elia(tables: Tables) -> str:
    is_one = has_tables(
        tables, chat="id model started_at", message="chat_id role content timestamp"
    )
    return "it has chats with started_at, as elia has" if is_one else ""


def _read_elia(database: ForeignDatabase, origin: SourceDefaults) -> Iterator[ImportItem]:
    for row in database.rows("chat", "id", "title", "model", "started_at", "archived", order="id"):
        started = texts_of(row, "started_at")
        conversation = SourceConversation(
            program="elia",
            key=f"{row['id']}/{started}",
            title=texts_of(row, "title"),
            created=read_time(started),
            archived=row.get("archived") == 1,
        )
        columns = ("role", "content", "timestamp", "model")
        said = database.rows("message", *columns, order="id", chat_id=row["id"])
        add_messages(conversation, said, model=texts_of(row, "model"))
        yield conversation.item(origin)


def _sniff_webui(tables: Tables) -> str:
    is_one = has_tables(tables, chat="id user_id title chat")
    return "its chats hold a chat and a user_id, as Open WebUI's do" if is_one else ""


def _read_webui(database: ForeignDatabase, origin: SourceDefaults) -> Iterator[ImportItem]:
    columns = ("id", "title", "chat", "created_at", "updated_at", "archived", "pinned", "folder_id")
    folders = database.rows("folder", "id", "parent_id", "name", "data", order="id")
    known = nest_folders({**each, "data": _parse(each.get("data"))} for each in folders)
    origin = replace(origin, folders=known)
    origin.memo[open_webui.UPLOADS] = {
        str(each["id"]): base_name_of(texts_of(each, "path"))
        for each in database.rows("file", "id", "path", order="id")
    }
    for row in database.rows("chat", *columns, "meta", "current_message_id", order="id"):
        chat, meta = _parse(row.get("chat")), _parse(row.get("meta"))
        record: Record = {**row, "chat": dict_of(chat), "meta": meta}
        record |= {name: row.get(name) == 1 for name in ("archived", "pinned")}
        _take_rows(database, record)
        try:
            yield from open_webui.FORMAT.read(record, origin)
        except EmptyConversation:
            yield EmptyItem(texts_of(record, "title"))


def _take_rows(database: ForeignDatabase, record: Record) -> None:
    """Put messages that have rows of their own in place of those in the chat."""
    columns = (
        *("id", "role", "parent_id", "content", "output", "model_id", "files", "sources"),
        *("done", "error", "usage", "created_at"),
    )
    own: Record = {}
    for row in database.rows("chat_message", *columns, order="created_at", chat_id=record["id"]):
        key = str(row["id"]).removeprefix(f"{record['id']}-")
        parsed = ("content", "output", "files", "sources", "error", "usage")
        own[key] = {
            **{name: _parse(row.get(name)) for name in parsed},
            "role": row.get("role"),
            "parentId": row.get("parent_id"),
            "model": row.get("model_id"),
            "done": row.get("done") != 0,
            "timestamp": row.get("created_at"),
        }
    chat = record["chat"]
    if own and isinstance(chat, dict):
        history = chat.get("history")
        shown = texts_of(record, "current_message_id") or texts_of(history, "currentId")
        record["chat"] = {**chat, "history": {"messages": own, "currentId": shown}}


def _parse(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


OTERM = DatabaseFormat(name="oterm", sniff=_sniff_oterm, read=_read_oterm)
ELIA = DatabaseFormat(name="elia", sniff=_sniff_elia, read=_read_elia)
OPEN_WEBUI = DatabaseFormat(name="Open WebUI", sniff=_sniff_webui, read=_read_webui)
