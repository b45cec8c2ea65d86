import random
import re
import sqlite3
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from fakegpt_tui.domain import MessageStatus, SearchQuery, StoreError
from fakegpt_tui.domain.folders import Folder
from fakegpt_tui.store import maintenance, salvage
from fakegpt_tui.store.connection import open_writer
from fakegpt_tui.store.conversation_store import ConversationStore
from fakegpt_tui.store.open_store import _READ_AT_START
from fakegpt_tui.store.queries import DAMAGED_MESSAGE
from fakegpt_tui.store.salvage import SalvageResult
from tests.store.tree import TIME, chat_message, conversation, turn

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
            store.add_turn(header, prompt, reply, variant)
            texts |= {prompt.text, reply.text, variant.text}
    return texts


def texts(store: ConversationStore) -> list[str]:
    return [each.text for one in store.conversations() for each in store.messages(one.id)]


def test_everything_that_is_whole_is_brought_over(path: Path, tmp_path: Path) -> None:
    header, prompt, reply = turn(conversation(folder="Work/2026", tags=("tax", "late")))
    folder = Folder("Work", "s", "m", "Be brief.")
    with ConversationStore.open(path) as store:
        store.add_turn(header, prompt, reply)
        store.append_reply(reply.id, "half")
        store.save_folder(folder)
    target = tmp_path / "new" / "c.db"
    with ConversationStore.open(target):
        pass
    with closing(open_writer(target)) as connection:
        assert salvage.salvage_rows(path, connection) == SalvageResult(1, 2)
    with ConversationStore.open(target) as store:
        assert store.conversations() == (header,)
        assert store.folders() == [folder]
        interrupted = replace(reply, text="half", status=MessageStatus.INTERRUPTED)
        assert store.path(header.id) == (prompt, interrupted)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, dict[str, set[int]]]:
    """The bytes of a store, and its texts with the pages on which each of them may be."""
    path = tmp_path_factory.mktemp("original") / "c.db"
    before = filled(path)
    data = path.read_bytes()
    return data, {
        text: {found.start() // PAGE for found in re.finditer(text.encode(), data)}
        for text in before
    }


@pytest.mark.parametrize(
    "part", [0, 5, *(pytest.param(part, marks=pytest.mark.long) for part in (1, 2, 3, 4, 6, 7))]
)
def test_a_page_of_garbage_costs_what_was_on_it_and_no_more(
    tmp_path: Path, original: tuple[bytes, dict[str, set[int]]], part: int
) -> None:
    """Whatever page it is: the first, a root, an inner page or a leaf, of a table or an index."""
    data, places = original
    chance = random.Random(part)
    for page in range(part, len(data) // PAGE, 8):
        path = tmp_path / str(page) / "c.db"
        path.parent.mkdir(mode=0o700)
        garbage = chance.choice([chance.randbytes(PAGE), bytes(PAGE), b"\x0d" * PAGE])
        path.write_bytes(data[: page * PAGE] + garbage + data[(page + 1) * PAGE :])
        (path.parent / "c.db.instances").mkdir()
        after_a_crash(path)
        with ConversationStore.open(path) as store:
            found = texts(store)
            undamaged = {text for text, at in places.items() if page not in at}
            assert len(undamaged) > len(places) * 0.8
            assert undamaged <= set(found) <= places.keys()
            assert len(found) == len(set(found))
            assert all(f"{len(found)} messages" in notice for notice in store.notices)
            store.add_turn(*turn(conversation())).result()
        after_a_crash(path)
        with ConversationStore.open(path) as store:
            assert store.notices == ()
            assert len(texts(store)) == len(found) + 2


@pytest.mark.parametrize("table", [*_READ_AT_START, "its version", "an older version"])
def test_what_a_start_needs_is_salvaged_at_once(path: Path, table: str) -> None:
    """Without a crash, after which everything would be looked at, and for every front end."""
    with ConversationStore.open(path) as store:
        header, prompt, reply = turn(conversation())
        store.add_turn(header, prompt, reply).result()
    data = bytearray(path.read_bytes())
    if table in _READ_AT_START:
        with closing(sqlite3.connect(path)) as connection:
            statement = "SELECT rootpage FROM sqlite_schema WHERE name = ?"
            page = connection.execute(statement, (table,)).fetchone()[0] - 1
        data[page * PAGE : (page + 1) * PAGE] = b"\x0e" * PAGE
    else:
        data[60:64] = b"\xff" * 4 if table == "its version" else bytes((0, 0, 0, 1))
    path.write_bytes(data)
    with ConversationStore.open(path) as store:
        assert any("is damaged. It was moved to" in notice for notice in store.notices)
        assert store.messages(header.id) or table == "conversation"
        store.add_turn(*turn(conversation())).result()


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


def backed_up(path: Path) -> None:
    with closing(open_writer(path)) as connection:
        maintenance.back_up_daily(connection, path, TIME, lambda: None)


def test_a_backup_gives_what_the_damaged_store_lacks(path: Path) -> None:
    before = filled(path)
    backed_up(path)
    with ConversationStore.open(path) as store:
        store.add_turn(*turn(conversation(), "new since", status=MessageStatus.COMPLETE)).result()
    data = bytearray(path.read_bytes())
    for text in (b"variant 7", b"variant 107"):
        page = data.index(text) // PAGE
        data[page * PAGE : (page + 1) * PAGE] = bytes(PAGE)
    path.write_bytes(data)
    after_a_crash(path)
    with ConversationStore.open(path) as store:
        (notice,) = store.notices
        assert before <= set(texts(store))
        assert "new since" in texts(store)
        assert "of them in the newest backup" in notice


def damage_two_messages(path: Path) -> None:
    """Change letters of one, and lose the page of another."""
    data = bytearray(path.read_bytes())
    at = data.index(b"variant 150")
    data[at : at + 7] = b"VARIANT"
    page = data.index(b"variant 9") // PAGE
    path.write_bytes(data[: page * PAGE] + bytes(PAGE) + data[(page + 1) * PAGE :])


def test_a_backup_gives_what_is_damaged_and_nothing_that_was_deleted(path: Path) -> None:
    filled(path)
    backed_up(path)
    with ConversationStore.open(path) as store:
        for _ in range(10):
            store.add_turn(*turn(conversation(), status=MessageStatus.COMPLETE)).result()
        deleted = next(one for one in store.conversations() if "prompt 5 " in all_of(store, one.id))
        store.delete_conversation(deleted.id).result()
    damage_two_messages(path)
    after_a_crash(path)
    with ConversationStore.open(path) as store:
        found = texts(store)
        assert "variant 150" in found
        assert "prompt 5 " not in found


def all_of(store: ConversationStore, conversation_id: str) -> list[str]:
    return [message.text for message in store.messages(conversation_id)]


def test_what_is_damaged_and_has_no_better_copy_is_kept_and_flagged(path: Path) -> None:
    filled(path)
    damage_two_messages(path)
    after_a_crash(path)
    with ConversationStore.open(path) as store:
        messages = [each for one in store.conversations() for each in store.messages(one.id)]
        assert [each.text for each in messages if each.error == DAMAGED_MESSAGE] == ["VARIANT 150"]


def test_what_was_brought_over_can_be_searched(path: Path) -> None:
    filled(path)
    data = path.read_bytes()
    path.write_bytes(bytes(PAGE) + data[PAGE:])
    with ConversationStore.open(path) as store:
        (hit,) = store.search(SearchQuery(text="variant 150 "), 5)
        assert hit.snippet == "variant 150"
