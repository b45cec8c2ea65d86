"""Chats of Le Chat and Perplexity, which have neither branches nor roles of their own."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain

from fakegpt_tui.domain import Role
from fakegpt_tui.formats.base import ImportItem, ListFormat, Record, RecordFormat, SourceDefaults
from fakegpt_tui.formats.foreign_files import file_beside
from fakegpt_tui.formats.foreign_values import (
    EARLIEST,
    dict_of,
    dicts_of,
    list_of,
    parse_object,
    read_role,
    read_time,
    texts_of,
)
from fakegpt_tui.formats.message_parts import MessageParts, file_name
from fakegpt_tui.formats.source_tree import SourceConversation, SourceMessage

_EXCEL_START = datetime(1899, 12, 30, tzinfo=UTC)


def _sniff_lechat(first: Record) -> str:
    is_one = {"chatId", "role", "contentChunks"} <= first.keys()
    return "its messages have a chatId and contentChunks, as Le Chat's have" if is_one else ""


def _read_lechat(values: list[object], origin: SourceDefaults) -> Iterator[ImportItem]:
    messages = dicts_of(values)
    conversation = SourceConversation(program="le-chat", key=texts_of(messages[0], "chatId"))
    messages.sort(key=lambda each: read_time(each.get("createdAt")) or EARLIEST)
    for held in messages:
        parts = MessageParts()
        for chunk in dicts_of(held.get("contentChunks")):
            _add_chunk(parts, chunk)
        if not parts.text:
            parts.add_text(held.get("content"))
        for each in dicts_of(held.get("files")):
            name = file_name(each)
            parts.add_file(name, found=file_beside(origin.assets, f"{origin.name}-files/{name}"))
        message = SourceMessage(
            key=texts_of(held, "id"),
            parent=None,
            role=read_role(held.get("role")),
            **parts.said(),
            time=read_time(held.get("createdAt")),
        )
        conversation.chain([message])
    yield conversation.build(origin)


def _add_chunk(parts: MessageParts, chunk: Record) -> None:
    match chunk:
        case {"type": "tool_call"}:
            parts.add_call(chunk.get("name"), chunk.get("publicArguments"))
            for each in dict_of(chunk.get("publicResult")).values():
                parts.add_source(texts_of(each, "title"), texts_of(each, "url"))
        case {"type": "image_url"}:
            parts.add_file(texts_of(chunk, "imageUrl"), "Picture")
        case {"type": "reference" | "custom_element" | "file_reference"}:
            pass
        case _:
            parts.add_content([chunk])


def _sniff_perplexity(record: Record) -> str:
    entries = dicts_of(record.get("entries"))
    if any("query_str" in each for each in entries):
        return "its entries have a query_str, as Perplexity's have"
    old = dicts_of(record.get("conversations"))
    is_old = isinstance(record.get("metadata"), dict) and any("query" in each for each in old)
    return "its conversations have a query and an answer, as Perplexity's have" if is_old else ""


def _read_perplexity(record: Record, origin: SourceDefaults) -> Iterator[ImportItem]:
    entries = dicts_of(record.get("entries")) or dicts_of(record.get("conversations"))
    first = entries[0] if entries else {}
    about = record.get("thread_metadata") or record.get("metadata")
    conversation = SourceConversation(
        program="perplexity",
        key=texts_of(first, "context_uuid", "thread_url_slug") or texts_of(about, "thread_id"),
        title=texts_of(about, "title", "thread_title") or texts_of(first, "thread_title"),
    )
    for entry in entries:
        asked, answered = MessageParts(), MessageParts()
        asked.add_text(texts_of(entry, "query_str", "query"))
        for block in dicts_of(entry.get("blocks")):
            answered.add_text(_answer(block.get("markdown_block")))
        answered.add_text(entry.get("answer"))
        for source in dicts_of(entry.get("sources")):
            answered.add_source(source.get("title"), source.get("url"))
        time = read_time(entry.get("entry_created_datetime") or entry.get("timestamp"))
        key, model = texts_of(entry, "uuid"), texts_of(entry, "display_model", "model")
        conversation.chain(
            [
                SourceMessage(
                    key=f"{key}/query", parent=None, role=Role.USER, text=asked.text, time=time
                ),
                SourceMessage(
                    key=key,
                    parent=None,
                    role=Role.ASSISTANT,
                    **answered.said(),
                    time=time,
                    model=model,
                ),
            ]
        )
    yield conversation.build(origin)


def _answer(block: object) -> str:
    joined = "".join(map(str, list_of(dict_of(block).get("chunks"))))
    return texts_of(block, "answer") or joined


def _sniff_sheets(record: Record) -> str:
    first = (row for rows in _sheets(record) for row in rows[:1])
    is_one = any({"UUID", "OUTPUT_STR"} <= row.keys() for row in first)
    return "a sheet has the columns UUID and OUTPUT_STR, as Perplexity's have" if is_one else ""


def _sheets(record: Record) -> list[list[Record]]:
    """The rows of each sheet of a workbook."""
    return [dicts_of(rows) for rows in list_of(record.get("workbook"))]


def _read_sheets(record: Record, origin: SourceDefaults) -> Iterator[ImportItem]:
    """The conversations of a workbook, of which each row is a question with its answer."""
    found: dict[str, SourceConversation] = {}
    for row in chain.from_iterable(_sheets(record)):
        if "OUTPUT_STR" not in row:
            continue
        key = texts_of(row, "UUID")
        conversation = found.setdefault(key, SourceConversation(program="perplexity", key=key))
        conversation.title = texts_of(row, "TITLE")
        conversation.updated = _sheet_time(row.get("UPDATED"))
        time = _sheet_time(row.get("CREATED"))
        said = texts_of(row, "OUTPUT_STR")
        # It is JSON, or else the answer itself, which may be a number.
        output = parse_object(said) or {"answer": said}
        place = len(conversation.messages)
        conversation.chain(
            SourceMessage(key=f"{place}/{role}", parent=None, role=role, text=text, time=time)
            for role, text in (
                (Role.USER, texts_of(output, "query") or texts_of(row, "TITLE")),
                (Role.ASSISTANT, texts_of(output, "answer")),
            )
        )
    for conversation in found.values():
        yield conversation.item(origin)


def _sheet_time(value: object) -> datetime | None:
    """A time as text, or as Excel counts days."""
    if isinstance(value, str) and re.fullmatch(r"\d{5}(\.\d{1,15})?", value):
        return _EXCEL_START + timedelta(days=float(value))
    return read_time(value)


LECHAT = ListFormat(name="Le Chat", sniff=_sniff_lechat, read=_read_lechat)
PERPLEXITY = RecordFormat(name="Perplexity", sniff=_sniff_perplexity, read=_read_perplexity)
PERPLEXITY_SHEETS = RecordFormat(name="Perplexity", sniff=_sniff_sheets, read=_read_sheets)
