"""An export of 1,000,000 messages, imported: B37 to B39.

`FAKEGPT_IMPORT_MESSAGES` makes it a smaller one. The floors are what Python does with the same
bytes: `raw_decode` of its JSON, and for the whole of it `json.load` with the same rows inserted by
a bare sqlite3. Each part runs in a process of its own.
"""

import json
import multiprocessing
import os
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from fakegpt_tui.formats.documents import ImportFile
from fakegpt_tui.formats.importer import Importer
from fakegpt_tui.formats.json_stream import decode_array
from fakegpt_tui.formats.registry import read_conversations
from fakegpt_tui.store.conversation_store import ConversationStore
from tests.benchmarks.big_store import texts
from tests.benchmarks.rows import Row

_MESSAGES = int(os.environ.get("FAKEGPT_IMPORT_MESSAGES", "1000000"))
_IN_EACH = 100
_LARGEST = 64 * 2**20
_DAY = 86_400
_BEGAN = 1_700_000_000


def measure(repeats: int) -> Iterator[Row]:
    """Scan and import one export as often as asked for, but no more than three times."""
    repeats = min(repeats, 3)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        export = folder / "conversations.json"
        write_export(export, _MESSAGES)
        scans, scan_floors = [], []
        imports, import_floors, memory = [], [], []
        for number in range(repeats):
            scan_floors.append(_apart(_decode_raw, export)[0])
            scans.append(_apart(_scan, export)[0])
            import_floors.append(_apart(_insert_bare, export, folder / f"bare-{number}.db")[0])
            seconds, megabytes = _apart(_import, export, folder / str(number) / "c.db")
            imports.append(seconds)
            memory.append(megabytes)
    what = f"{_MESSAGES:,} messages"
    yield Row(
        budget="B37",
        what=f"JSON of {what}, an element at a time",
        values=scans,
        floor=scan_floors,
        floor_name="raw_decode",
        limit=1.5,
        unit="s",
    )
    yield Row(
        budget="B38",
        what=f"import of {what}",
        values=imports,
        floor=import_floors,
        floor_name="json.load and inserts",
        limit=3,
        unit="s",
    )
    yield Row(budget="B39", what=f"memory, import of {what}", values=memory, limit=60, unit="MB")


def write_export(path: Path, count: int) -> None:
    """An export of ChatGPT with that many messages, a hundred in each conversation."""
    found = texts(count, random.Random(4))
    with path.open("w", encoding="utf-8") as file:
        for number in range(count // _IN_EACH):
            file.write("," if number else "[")
            json.dump(_conversation(number, found), file)
        file.write("]")


def _conversation(number: int, found: Iterator[str]) -> dict[str, Any]:
    at = _BEGAN + number * _DAY / 24
    root = f"{number}-root"
    mapping: dict[str, Any] = {
        root: {"id": root, "message": None, "parent": None, "children": [f"{number}-0"]}
    }
    for place in range(_IN_EACH):
        key = f"{number}-{place}"
        is_reply = place % 2 == 1
        mapping[key] = {
            "id": key,
            "parent": f"{number}-{place - 1}" if place else root,
            "children": [f"{number}-{place + 1}"] if place + 1 < _IN_EACH else [],
            "message": {
                "id": key,
                "author": {"role": "assistant" if is_reply else "user", "name": None},
                "create_time": at + place,
                "content": {"content_type": "text", "parts": [next(found)]},
                "status": "finished_successfully",
                "end_turn": is_reply,
                "weight": 1.0,
                "metadata": {"model_slug": "gpt-4o"} if is_reply else {},
                "recipient": "all",
            },
        }
    return {
        "title": f"Conversation {number}",
        "create_time": at,
        "update_time": at + _IN_EACH,
        "mapping": mapping,
        "current_node": f"{number}-{_IN_EACH - 1}",
        "conversation_id": f"conversation-{number}",
        "id": f"conversation-{number}",
    }


def _apart(act: Callable[..., object], *arguments: Path) -> tuple[float, float]:
    """Seconds of processor and megabytes that something takes in a process of its own."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_measured, (act, arguments))


def _measured(act: Callable[..., object], arguments: tuple[Path, ...]) -> tuple[float, float]:
    before, began = _peak(), time.process_time()
    act(*arguments)
    return time.process_time() - began, _peak() - before


def _peak() -> float:
    """The most megabytes that this process has had; what it was forked from does not count."""
    (line,) = (
        each
        for each in Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        if each.startswith("VmHWM")
    )
    return int(line.split()[1]) / 1024


def _decode_raw(export: Path) -> None:
    text, decoder, at = export.read_text(encoding="utf-8"), json.JSONDecoder(), 1
    while at < len(text):
        _, at = decoder.raw_decode(text, at)
        at += 1


def _scan(export: Path) -> None:
    with export.open("rb") as file:
        for _ in decode_array(file, _LARGEST):
            pass


def _insert_bare(export: Path, path: Path) -> None:
    """The same rows in the same tables, with the same index of words, and nothing else."""
    with ConversationStore.open(path):
        pass
    with export.open(encoding="utf-8") as file:
        found = json.load(file)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'trigger'"
        ).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("PRAGMA synchronous = NORMAL")
        for each in found:
            connection.execute("BEGIN")
            _insert_conversation(connection, each)
            connection.execute("COMMIT")


def _insert_conversation(connection: sqlite3.Connection, each: dict[str, Any]) -> None:
    key = each["id"]
    values = (key, each["title"], "service", "s", "m", 0, 0, each["current_node"])
    connection.execute(
        "INSERT INTO conversation (id, title, title_source, service, model, created_at, updated_at,"
        " leaf_id, unread, pinned, archived, server_id, system_prompt, generation)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, '', '', '{}')",
        values,
    )
    connection.execute(
        "INSERT INTO title_index (rowid, title) VALUES (last_insert_rowid(), ?)", (each["title"],)
    )
    for node in each["mapping"].values():
        message = node["message"]
        if message is None:
            continue
        parent = None if node["parent"].endswith("root") else node["parent"]
        text = "".join(message["content"]["parts"])
        row = (node["id"], key, parent, message["author"]["role"], int(message["create_time"]))
        connection.execute(
            "INSERT INTO chat_message (id, conversation_id, parent_id, role, status, created_at,"
            " service, model, server_id, reasoning, text, checksum)"
            " VALUES (?, ?, ?, ?, 'complete', ?, 's', 'm', '', '', ?, 0)",
            (*row, text),
        )
        connection.execute(
            "INSERT INTO message_index (rowid, text) VALUES (last_insert_rowid(), ?)", (text,)
        )


def _import(export: Path, path: Path) -> None:
    with ConversationStore.open(path) as store:
        importer = Importer(store)
        with ImportFile(export, service="s", model="m") as file:
            for found in read_conversations(file):
                importer.add(found)
        assert importer.report.messages == _MESSAGES, importer.report
