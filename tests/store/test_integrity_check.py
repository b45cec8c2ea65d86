import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from fakegpt_tui.domain import StoreError
from fakegpt_tui.domain.parts import ImagePart
from fakegpt_tui.store.connection import has_commit_loss_bug
from fakegpt_tui.store.conversation_store import ConversationStore
from fakegpt_tui.store.integrity_check import IntegrityReport, check_integrity
from tests.attachments.examples import png
from tests.store.tree import conversation, turn


@pytest.fixture
def written(path: Path) -> Path:
    """A closed store with a turn in it."""
    with ConversationStore.open(path) as store:
        header, prompt, reply = turn(conversation(), reply="an answer")
        store.add_turn(header, prompt, reply).result()
    return path


def health(path: Path, seconds: float = 20.0) -> IntegrityReport:
    return check_integrity(path, seconds=seconds, report=lambda *_: None)


def change(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


def beside(path: Path) -> dict[str, bytes]:
    """All that is kept; where readers are is noted in memory that instances share."""
    files = (each for each in path.parent.iterdir() if each.is_file())
    return {each.name: b"" if each.suffix == ".db-shm" else each.read_bytes() for each in files}


def test_a_sound_store_is_reported_as_sound(written: Path) -> None:
    before = beside(written)
    found = health(written)
    assert (found.conversations, found.messages, found.checked, found.damaged) == (1, 2, 2, 0)
    assert (found.is_sound, found.unindexed, found.instances) == (True, 0, 0)
    assert found.backup_at is None
    assert beside(written) == before


def test_a_running_instance_is_counted_and_left_alone(path: Path) -> None:
    with ConversationStore.open(path) as store:
        header, prompt, reply = turn(conversation())
        store.add_turn(header, prompt, reply).result()
        before = beside(path)
        found = health(path)
        assert (found.instances, found.messages, found.is_wal_ignored) == (1, 2, False)
        assert beside(path) == before


def test_pictures_are_compared_with_their_digests(path: Path) -> None:
    names = {}
    with ConversationStore.open(path) as store:
        for width in (4, 5, 6):
            part = ImagePart(store.put_blob(png(width, 3)), f"{width}.png")
            names[part.blob.digest] = part.name
            header, prompt, reply = turn(conversation())
            store.add_turn(header, replace(prompt, parts=(part,)), reply).result()
    found = health(path).blobs
    assert found is not None
    assert (found.used, found.checked, found.in_words) == (3, 3, "")
    first, second, _ = sorted(path.parent.glob("*.blobs/*"))
    first.unlink()
    second.write_bytes(b"x")
    found = health(path).blobs
    assert found is not None
    assert (found.missing, found.damaged) == ((first.name,), (second.name,))
    assert sorted(found.names) == sorted(names[each.name] for each in (first, second))
    assert "3 attached pictures and files, 1 is missing and 1 is damaged" in found.in_words


def test_progress_is_reported(written: Path) -> None:
    reported: list[tuple[str, int, int]] = []
    check_integrity(written, seconds=20.0, report=lambda *each: reported.append(each))
    assert [each for each in reported if each[0] != "attachments"] == [
        ("messages", 2, 2),
        ("structure", 0, 0),
    ]


def test_a_message_that_searches_miss_is_counted(written: Path) -> None:
    change(written, "DELETE FROM message_index_docsize")
    assert health(written).unindexed == 1  # the reply has not come to its end


def test_an_older_store_is_not_judged_by_what_it_lacks(written: Path) -> None:
    change(written, "PRAGMA user_version = 1")
    found = health(written)
    assert (found.format, found.checked, found.unindexed) == (1, 0, None)


def test_a_log_that_would_have_to_be_written_is_left_out(written: Path) -> None:
    written.with_name(f"{written.name}-wal").write_bytes(b"x" * 64)
    before = beside(written)
    assert health(written).is_wal_ignored
    assert beside(written) == before


@pytest.mark.parametrize("content", [b"no database at all, but some text", b"SQLite format 3\0xx"])
def test_what_is_no_store_is_an_error(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(StoreError):
        health(path)


@pytest.mark.parametrize(
    ("version", "is_affected"),
    [
        ((3, 6, 9), False),
        ((3, 7, 0), True),
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 45, 0), True),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 52, 0), False),
    ],
)
def test_the_defect_of_the_log_is_known_by_version(
    version: tuple[int, int, int], is_affected: bool
) -> None:
    assert has_commit_loss_bug(version) is is_affected
