import random
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.domain import MessageStatus
from fakegpt_tui.store import page_reader
from fakegpt_tui.store.conversation_store import ConversationStore
from fakegpt_tui.store.salvage import match_table, read_schema
from tests.examples import examples
from tests.store.tree import conversation, turn

SCHEMA = read_schema()


def lying(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """The rows of each table, as they lie on the pages."""
    found: dict[str, list[tuple[object, ...]]] = {}
    for each in page_reader.read_rows(path):
        known = match_table(SCHEMA, each)
        if known is not None:
            assert each.is_complete
            found.setdefault(known[0], []).append(tuple(known[1].values()))
    return found


def asked(path: Path) -> dict[str, list[tuple[object, ...]]]:
    tables = ("conversation", "chat_message", "reply_delta", "spending")
    with closing(sqlite3.connect(path)) as connection:
        return {table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in tables}


def test_the_rows_are_those_that_sqlite_finds_also_long_ones_and_in_the_log(path: Path) -> None:
    chance = random.Random(1)
    with ConversationStore.open(path) as store:
        for length in (0, 1, 3000, 3900, 4050, 4080, 4200, 8200, 70_000, 500_000):
            header, prompt, reply = turn(conversation(), "ü" * chance.randrange(9))
            store.add_turn(header, prompt, reply)
            store.append_reply(reply.id, "delta " * (length // 6), keep=length)
            ended = replace(reply, text="x" * length, status=MessageStatus.COMPLETE)
            if length % 2:
                store.finish_reply(ended)
        store.delete_conversation(header.id).result()
        in_the_log, expected = lying(path), asked(path)
    for found in (in_the_log, lying(path)):
        assert {table: sorted(map(repr, rows)) for table, rows in found.items()} == {
            table: sorted(map(repr, rows)) for table, rows in expected.items()
        }


def test_a_row_whose_other_pages_are_lost_is_cut_short(path: Path) -> None:
    with ConversationStore.open(path) as store:
        header, prompt, _ = turn(conversation(), "begin " + "x" * 20_000)
        store.add_turn(header, prompt).result()
    data = bytearray(path.read_bytes())
    lost = data.index(b"x" * 4092) // 4096
    data[lost * 4096 : lost * 4096 + 4] = b"\xff\xff\xff\xff"
    path.write_bytes(data)
    cut = [each for each in page_reader.read_rows(path) if not each.is_complete]
    (text,) = [value for each in cut for value in each.values if str(value).startswith("begin")]
    assert isinstance(text, str)
    assert 4000 < len(text) < 20_000


@pytest.mark.parametrize("seed", range(20))
def test_garbage_has_no_rows_and_does_no_harm(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    path = tmp_path / "garbage"
    start = chance.choice([b"", b"SQLite format 3\0", b"\x0d"])
    path.write_bytes(start + chance.randbytes(chance.randrange(40_000)))
    path.with_name("garbage-wal").write_bytes(chance.randbytes(chance.randrange(9000)))
    assert [each for each in page_reader.read_rows(path) if match_table(SCHEMA, each)] == []


@examples(300)
@given(st.binary(max_size=80))
def test_any_bytes_are_a_row_or_none(payload: bytes) -> None:
    try:
        page_reader.decode_record(payload)
    except (page_reader.InvalidRecord, IndexError):
        return
