"""Conversations of mods: a database of titles, and beside it a file for each with its messages.

https://github.com/charmbracelet/mods has the tables in `db.go`, and what a message holds in
`internal/proto`.
"""

import base64
from collections.abc import Iterator

from fakegpt_tui.domain import LoadError
from fakegpt_tui.formats.base import FormatError, ImportItem, Record, SkippedItem, SourceDefaults
from fakegpt_tui.formats.databases import DatabaseFormat, ForeignDatabase, Tables, has_tables
from fakegpt_tui.formats.foreign_values import dicts_of, read_time, texts_of
from fakegpt_tui.formats.gob import decode_gob
from fakegpt_tui.formats.openai_messages import add_messages
from fakegpt_tui.formats.source_tree import SourceConversation
from fakegpt_tui.text import safe_line


def _sniff(tables: Tables) -> str:
    is_one = has_tables(tables, conversations="id title updated_at") and len(tables) == 1
    return "it has titles of conversations and nothing else, as mods has" if is_one else ""


def _read(database: ForeignDatabase, origin: SourceDefaults) -> Iterator[ImportItem]:
    columns = ("id", "title", "updated_at", "model")
    for row in database.rows("conversations", *columns, order="updated_at"):
        title, key = texts_of(row, "title"), str(row["id"])
        conversation = SourceConversation(
            program="mods", key=key, title=title, updated=read_time(row.get("updated_at"))
        )
        try:
            held = dicts_of(decode_gob(origin.require_beside(f"{key}.gob")))
        except (LoadError, FormatError) as error:
            reason = (
                f"The messages of “{safe_line(title)}”, in {safe_line(key)}.gob, cannot be read"
            )
            told = f"; it {error}." if isinstance(error, FormatError) else "."
            yield SkippedItem(safe_line(title), f"{reason}{told}")
            continue
        add_messages(conversation, map(_message, held), model=texts_of(row, "model"))
        yield conversation.item(origin)


def _message(held: Record) -> Record:
    """A message in the words of OpenAI's API."""
    calls = [
        {"name": texts_of(function, "Name"), "arguments": _arguments(function)}
        for call in dicts_of(held.get("ToolCalls"))
        if isinstance(function := call.get("Function"), dict)
    ]
    is_result = texts_of(held, "Role") == "tool"
    return {
        "role": texts_of(held, "Role"),
        "content": texts_of(held, "Content"),
        "is_error": any(call.get("IsError") is True for call in dicts_of(held.get("ToolCalls"))),
        "name": calls[0]["name"] if is_result and calls else "",
        "tool_calls": [] if is_result else calls,
        "images": [_image(each) for each in dicts_of(held.get("Images"))],
    }


def _image(held: Record) -> Record:
    """A picture, whose bytes are there as they are, or in base64."""
    data = held.get("Data")
    if not isinstance(data, bytes):
        data = b""
    is_encoded = data.isascii() and len(data) % 4 == 0
    encoded = data if is_encoded else base64.b64encode(data)
    return {"name": texts_of(held, "Filename"), "data": encoded.decode()}


def _arguments(function: Record) -> str:
    held = function.get("Arguments")
    return held.decode(errors="replace") if isinstance(held, bytes) else ""


FORMAT = DatabaseFormat(name="mods", sniff=_sniff, read=_read)
