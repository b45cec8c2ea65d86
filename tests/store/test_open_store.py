import os
import sqlite3
import stat
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fakegpt_tui.domain import StoreError
from fakegpt_tui.store import connection, maintenance
from fakegpt_tui.store.conversation_store import ConversationStore
from fakegpt_tui.temporary_files import make_private_folder
from tests.store.tree import conversation


def test_files_are_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with ConversationStore.open(tmp_path / "a" / "b" / "c.db") as store:
            store.add_turn(conversation()).result()
            found = sorted((tmp_path / "a").rglob("*"))
            modes = {path: stat.S_IMODE(path.stat().st_mode) for path in found}
    finally:
        os.umask(before)
    assert {"c.db", "c.db-wal", "c.db-shm", "c.db.lock"} <= {path.name for path in modes}
    for path, mode in modes.items():
        assert mode == (0o700 if path.is_dir() else 0o600), path


def test_a_file_that_others_could_read_is_made_private(path: Path) -> None:
    with ConversationStore.open(path):
        path.chmod(0o644)
    with ConversationStore.open(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def filled(path: Path, number: int = 200) -> None:
    with ConversationStore.open(path) as store:
        for _ in range(number):
            store.add_turn(conversation(title="title " * 20))


def test_nothing_is_left_in_the_way_of_a_second_start(path: Path) -> None:
    filled(path)
    assert sorted(each.name for each in path.parent.iterdir()) == [
        "conversations.db",
        "conversations.db.instances",
        "conversations.db.lock",
    ]
    assert list(path.with_name("conversations.db.instances").iterdir()) == []


def test_a_healthy_store_has_nothing_to_tell(path: Path) -> None:
    filled(path)
    with ConversationStore.open(path) as store:
        assert store.notices == ()
        assert len(store.conversations()) == 200


@pytest.mark.parametrize(
    "garbage", [b"hello " * 1000, b"\0" * 8192, b"SQLite format 3\0" + b"x" * 99]
)
def test_a_damaged_file_is_moved_aside_and_said_so(path: Path, garbage: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(garbage)
    with ConversationStore.open(path) as store:
        (notice,) = store.notices
        (aside,) = path.parent.glob("conversations.db.*.damaged")
        assert aside.name in notice
        assert "nothing of it was deleted" in notice
        assert "0 conversations and 0 messages" in notice
        assert aside.read_bytes() == garbage
        store.add_turn(conversation()).result()
    with ConversationStore.open(path) as again:
        assert again.notices == ()
        assert len(again.conversations()) == 1


def test_a_store_with_garbled_pages_is_moved_aside(path: Path) -> None:
    filled(path)
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    path.write_bytes(data)
    with ConversationStore.open(path) as store:
        assert len(store.notices) == 1
        assert store.conversations() == ()


def test_a_damaged_store_that_another_instance_uses_stays_where_it_is(path: Path) -> None:
    filled(path)
    with ConversationStore.open(path):
        path.write_bytes(b"garbage " * 1024)
        with pytest.raises(StoreError, match="damaged"):
            ConversationStore.open(path)
        assert list(path.parent.glob("*.damaged")) == []


def test_two_damaged_stores_of_one_second_do_not_overwrite_each_other(path: Path) -> None:
    path.parent.mkdir()
    time = datetime(2026, 11, 22, tzinfo=UTC)
    found = set()
    for content in ("one", "two"):
        path.write_text(content)
        path.with_name("conversations.db-wal").write_text(content + " log")
        aside = connection.quarantine(path, time)
        found.add((aside.read_text(), aside.with_name(aside.name + "-wal").read_text()))
    assert found == {("one", "one log"), ("two", "two log")}


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("PRAGMA user_version = 99", "newer version"),
        ("PRAGMA application_id = 7", "another program"),
    ],
)
def test_what_this_version_did_not_make_is_refused_untouched(
    path: Path, statement: str, sentence: str
) -> None:
    filled(path)
    with closing(sqlite3.connect(path)) as other:
        other.execute(statement)
    before = path.read_bytes()
    with pytest.raises(StoreError, match=sentence):
        ConversationStore.open(path)
    assert path.read_bytes() == before


def test_the_database_of_another_program_is_refused(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE song (title TEXT)")
    with pytest.raises(StoreError, match="another program"):
        ConversationStore.open(path)


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"The store .* cannot be used"):
        ConversationStore.open(tmp_path / "file" / "conversations.db")


def test_a_link_to_the_store_is_the_store(path: Path, tmp_path: Path) -> None:
    filled(path, 1)
    link = tmp_path / "link.db"
    link.symlink_to(path)
    with ConversationStore.open(link) as store, ConversationStore.open(path) as same:
        store.add_turn(conversation()).result()
        assert len(same.conversations()) == 2
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith("link")] == ["link.db"]


def test_a_backup_is_private_and_has_what_is_still_in_the_log(path: Path) -> None:
    with ConversationStore.open(path) as store:
        store.add_turn(conversation(title="in the log")).result()
        with closing(connection.open_writer(path)) as source:
            copies = [
                maintenance.back_up_before_migration(
                    source, path, 1, datetime(2026, 11, 22, tzinfo=UTC)
                )
                for _ in range(2)
            ]
    for copy in copies:
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600
        with closing(sqlite3.connect(copy)) as found:
            assert found.execute("SELECT title FROM conversation").fetchall() == [("in the log",)]


def test_without_a_shared_log_the_store_works_the_same(path: Path) -> None:
    make_private_folder(path.parent)
    with ConversationStore.open(path) as store:
        store.add_turn(conversation()).result()
    with closing(connection.open_writer(path, journal="DELETE")) as other:
        assert other.execute("PRAGMA journal_mode").fetchone()[0] == "delete"
        assert other.execute("SELECT count(*) FROM conversation").fetchone()[0] == 1


def test_what_is_suspect_is_looked_through_with_its_indexes(path: Path) -> None:
    filled(path, 1)
    data = path.read_bytes()
    with ConversationStore.open(path) as store:
        (header,) = store.conversations()
    first = data.index(header.id.encode())
    second = data.index(header.id.encode(), first + 1)
    # The id is in the table and in the index; the later of the two says something else now.
    path.write_bytes(data[:second] + b"#" + data[second + 1 :])
    with closing(connection.open_writer(path)) as damaged:
        connection.check_structure(damaged, path, is_suspect=False)
        with pytest.raises(StoreError, match="damaged"):
            connection.check_structure(damaged, path, is_suspect=True)
