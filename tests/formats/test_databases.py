"""Databases of other programs are read as they are now, and left as they were."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from fakegpt_tui.domain import LoadError
from fakegpt_tui.formats.databases import copy_live
from tests.formats.exports import zipped
from tests.formats.reading import FILES, loaded, outline, read, read_bytes

STORE = FILES / "oterm" / "store.db"
DATABASES = [
    path.with_suffix("")
    for path in sorted(FILES.glob("*/*.outline"))
    if path.with_suffix("").suffix in (".db", ".sqlite")
]


def test_the_newest_rows_of_a_database_in_use_are_read_and_nothing_is_left_beside_it(
    tmp_path: Path,
) -> None:
    path = Path(shutil.copyfile(STORE, tmp_path / "live?.db"))
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("INSERT INTO message VALUES (9, 1, 'user', 'And now?', '[]')")
        writer.commit()
        before = {each.name: each.stat().st_mtime_ns for each in tmp_path.iterdir()}
        assert outline(read(path))[-1] == "3 >* 'And now?'"
        assert {each.name: each.stat().st_mtime_ns for each in tmp_path.iterdir()} == before
    assert [each.name for each in tmp_path.iterdir()] == ["live?.db"]


def test_a_database_in_a_folder_that_cannot_be_written_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "fixed"
    folder.mkdir()
    path = Path(shutil.copyfile(STORE, folder / "store.db"))
    folder.chmod(0o500)
    try:
        assert loaded(read(path))
        assert [each.name for each in folder.iterdir()] == ["store.db"]
    finally:
        folder.chmod(0o700)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"SQLite format 3\0" + b"x" * 5000, "damaged, encrypted or locked"),
        (STORE.read_bytes()[:5000], "damaged, encrypted or locked"),
    ],
)
def test_a_damaged_database_is_told(tmp_path: Path, data: bytes, sentence: str) -> None:
    with pytest.raises(LoadError, match=sentence):
        read_bytes(tmp_path, data)


def test_a_database_of_no_known_kind_is_told(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE chat (id TEXT)")
        connection.commit()
    with pytest.raises(LoadError, match=r"tables of no kind that is known\. What can be"):
        read(path)


def test_threads_of_llm_that_only_begin_alike_do_not_merge(tmp_path: Path) -> None:
    path = Path(shutil.copyfile(FILES / "llm" / "logs-0.32.db", tmp_path / "logs.db"))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE threads SET forked_from = NULL")
        connection.commit()
    first, second = loaded(read(path))
    assert first.conversation.id != second.conversation.id
    assert not {each.id for each in first.messages} & {each.id for each in second.messages}
    assert [each.text for each in second.messages][-2:] == ["Never mind.", "Fine."]


def test_rows_of_open_webui_win_over_its_json_which_is_read_where_there_are_none(
    tmp_path: Path,
) -> None:
    path = Path(shutil.copyfile(FILES / "openwebui" / "webui.db", tmp_path / "webui.db"))
    with closing(sqlite3.connect(path)) as connection:
        row = connection.execute("SELECT id FROM chat_message WHERE content LIKE '%Thanks%'")
        values = (json.dumps("Th\0anks!"), *row.fetchone())
        connection.execute("UPDATE chat_message SET content = ? WHERE id = ?", values)
        copy = "INSERT INTO chat (id, user_id, chat) SELECT 'z', user_id, chat FROM chat"
        connection.execute(copy)
        connection.commit()
    first, second = outline(read(path)), loaded(read(path))[1]
    assert "3 > 'Thanks!'" in first
    assert "3 > 'Thanks'" in first
    assert second.conversation.title == "Sums"


def test_a_bad_byte_in_a_database_is_replaced(tmp_path: Path) -> None:
    path = Path(shutil.copyfile(STORE, tmp_path / "store.db"))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE message SET text = CAST(x'41ff42' AS TEXT) WHERE id = 2")
        connection.commit()
    assert outline(read(path))[-1] == "2 <* 'A\ufffdB'"


def test_a_database_in_an_archive_is_read_with_its_newest_rows(tmp_path: Path) -> None:
    path = Path(shutil.copyfile(STORE, tmp_path / "store.db"))
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("INSERT INTO message VALUES (9, 1, 'user', 'And now?', '[]')")
        writer.commit()
        log = Path(f"{path}-wal").read_bytes()
        inner = zipped({"a/store.db": path.read_bytes(), "a/store.db-wal": log})
    for data in (inner, zipped({"backup.zip": inner})):
        assert outline(read_bytes(tmp_path, data))[-1] == "3 >* 'And now?'"


@pytest.mark.parametrize("name", [str(path.relative_to(FILES)) for path in DATABASES])
def test_every_database_reads_alike_in_an_archive_in_an_archive(tmp_path: Path, name: str) -> None:
    path = FILES / name
    beside = {each.name: each.read_bytes() for each in path.parent.iterdir() if each.is_file()}
    members = {key: data for key, data in beside.items() if key == path.name or ".gob" in key}
    found = read_bytes(tmp_path, zipped({"backup.zip": zipped(members), "notes.txt": b"x"}))
    assert outline(found) == outline(read(path))


def test_a_damaged_database_in_an_archive_does_not_hide_others(tmp_path: Path) -> None:
    members = {"a.db": b"SQLite format 3\0" + b"x" * 5000, "b.db": STORE.read_bytes()}
    skipped, *others = outline(read_bytes(tmp_path, zipped(members)))
    assert skipped.startswith("skipped: a.db: The database is damaged, encrypted or locked")
    assert others == outline(read(STORE))


def test_a_change_that_is_under_way_is_not_read(tmp_path: Path) -> None:
    path = Path(shutil.copyfile(STORE, tmp_path / "store.db"))
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("PRAGMA cache_size = 1")
        writer.execute("BEGIN EXCLUSIVE")
        writer.execute("UPDATE message SET text = 'half ' || hex(zeroblob(100000))")
        before = {each.name: each.stat().st_mtime_ns for each in tmp_path.iterdir()}
        assert outline(read(path)) == outline(read(STORE))
        assert {each.name: each.stat().st_mtime_ns for each in tmp_path.iterdir()} == before


def test_a_database_that_changes_all_the_time_is_told(tmp_path: Path) -> None:
    path = Path(shutil.copyfile(STORE, tmp_path / "store.db"))

    def write_meanwhile(source: Path, target: Path) -> None:
        shutil.copyfile(source, target)
        with source.open("ab") as file:
            file.write(b"x")

    with pytest.raises(LoadError, match="writes to the database all the time; close it first"):
        copy_live(path, tmp_path / "copy.db", write_meanwhile)
