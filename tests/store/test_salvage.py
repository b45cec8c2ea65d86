import random
import sqlite3
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from fakegpt_tui.domain import MessageStatus, StoreError
from fakegpt_tui.store import salvage
from fakegpt_tui.store.connection import opened
from fakegpt_tui.store.conversations import ConversationStore
from tests.store.tree import chat_message, conversation, turn

PAGE = 4096


def filled(path: Path) -> set[str]:
    """A store of 200 conversations with three messages each; the texts that are in it."""
    texts = set()
    with ConversationStore.open(path) as store:
        for number in range(200):
            header, prompt, reply = turn(
                conversation(), f"prompt {number} ", status=MessageStatus.COMPLETE
            )
            reply = replace(reply, text=f"reply {number} " * 40)
            variant = chat_message(header, prompt.id, text=f"variant {number}")
            store.add_turn(header, prompt, reply)
            store.add_message(variant)
            texts |= {prompt.text, reply.text, variant.text}
    return texts


def texts(store: ConversationStore) -> list[str]:
    return [each.text for one in store.conversations() for each in store.messages(one.id)]


def test_everything_that_is_whole_is_brought_over(path: Path, tmp_path: Path) -> None:
    header, prompt, reply = turn(conversation())
    with ConversationStore.open(path) as store:
        store.add_turn(header, prompt, reply)
        store.grow_reply(reply.id, "half")
    target = tmp_path / "new" / "c.db"
    with ConversationStore.open(target):
        pass
    with closing(opened(target)) as connection:
        assert salvage.bring_over(path, connection) == (1, 2)
    with ConversationStore.open(target) as store:
        assert store.conversations() == (header,)
        interrupted = replace(reply, text="half", status=MessageStatus.INTERRUPTED)
        assert store.path(header.id) == (prompt, interrupted)


@pytest.mark.parametrize("seed", range(8))
def test_a_page_of_garbage_costs_what_was_on_it_and_no_more(path: Path, seed: int) -> None:
    before = filled(path)
    data = bytearray(path.read_bytes())
    chance = random.Random(seed)
    # The first pages are roots, without which SQLite itself finds nothing of a table.
    page = chance.randrange(len(data) // PAGE // 2, len(data) // PAGE)
    data[page * PAGE : (page + 1) * PAGE] = chance.randbytes(PAGE)
    path.write_bytes(data)
    after_a_crash(path)
    with ConversationStore.open(path) as store:
        (notice,) = store.notices
        found = texts(store)
        assert set(found) <= before
        assert len(found) == len(set(found)) > len(before) * 0.8
        assert f"{len(found)} messages" in notice
        store.add_turn(*turn(conversation())).result()
    after_a_crash(path)
    with ConversationStore.open(path) as store:
        assert store.notices == ()
        assert len(texts(store)) == len(found) + 2


def after_a_crash(path: Path) -> None:
    path.with_name(f"{path.name}.instances").joinpath("crashed").touch()


def test_damage_that_is_met_later_is_repaired_at_the_next_start(path: Path) -> None:
    before = filled(path)
    data = bytearray(path.read_bytes())
    # A page of messages: nothing that is looked at when the store is opened.
    page = data.index(b"variant 100") // PAGE
    data[page * PAGE : (page + 1) * PAGE] = bytes(PAGE)
    path.write_bytes(data)
    with ConversationStore.open(path) as store:
        assert store.notices == ()
        with pytest.raises(StoreError, match="The next start brings over what is whole"):
            texts(store)
    with ConversationStore.open(path) as store:
        assert len(store.notices) == 1
        assert len(before) * 0.8 < len(texts(store)) < len(before)


def test_an_index_that_misleads_is_repaired_at_the_next_start(path: Path) -> None:
    before = filled(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(
            "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema"
            " WHERE name = 'conversation_updated') WHERE name = 'chat_message_conversation'"
        )
    with ConversationStore.open(path) as store, suppress(StoreError):
        texts(store)
        store.add_turn(*turn(conversation())).result()
    after_a_crash(path)
    with ConversationStore.open(path) as store:
        assert len(store.notices) == 1
        assert before <= set(texts(store))
