import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from fakegpt_tui.domain import MessageStatus
from fakegpt_tui.store import maintenance
from fakegpt_tui.store.connection import WriteOperation, open_reader, open_writer
from fakegpt_tui.store.conversation_store import ConversationStore
from fakegpt_tui.store.maintenance import Maintenance
from tests.patience import PATIENCE
from tests.store.test_writer import opened as opened_with_files
from tests.store.tree import conversation, turn

NOW = datetime.now(UTC)


class Writer:
    """Does nothing, or what it is given on a connection; much is written at first, if wanted."""

    def __init__(self, connection: sqlite3.Connection | None = None, *, busy_for: int = 0) -> None:
        self._connection = connection
        self._busy_for = busy_for
        self.looks = 0

    @property
    def written(self) -> int:
        self.looks += 1
        return 1000 * min(self.looks, 2 * self._busy_for)

    def submit(self, work: WriteOperation, /) -> None:
        if self._connection is not None:
            work(self._connection)


@contextmanager
def run_maintenance(path: Path, time: datetime = NOW) -> Iterator[Maintenance]:
    """Maintenance without a delay, with all due tasks done."""
    reader = partial(open_reader, path)
    with opened_with_files(path) as (_, files):
        maintenance = Maintenance(path, reader, Writer(files.writer), delay=0, clock=lambda: time)
        try:
            assert maintenance.wait(PATIENCE)
            yield maintenance
        finally:
            maintenance.close()


def filled(path: Path) -> None:
    with ConversationStore.open(path) as store:
        for number in range(50):
            header, *messages = turn(conversation(), f"prompt {number}" * 20)
            store.add_turn(header, *messages)
            store.set_status(messages[1].id, MessageStatus.COMPLETE)


def copies(path: Path) -> list[Path]:
    return sorted(path.parent.glob("*.d-*.backup*"))


def test_a_copy_is_made_each_day_and_can_be_opened(path: Path) -> None:
    filled(path)
    for _ in range(2):
        with run_maintenance(path) as maintenance:
            assert maintenance.notices == ()
    (copy,) = copies(path)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with ConversationStore.open(path) as store, ConversationStore.open(copy) as restored:
        assert restored.conversations() == store.conversations()
        assert restored.notices == ()


def test_the_copies_of_a_few_days_are_kept(path: Path) -> None:
    filled(path)
    for day in range(8):
        with run_maintenance(path, NOW + timedelta(days=day)):
            newest = copies(path)[-1]
            moment = (NOW + timedelta(days=day)).timestamp()
            os.utime(newest, (moment, moment))
    assert len(copies(path)) == 5
    assert maintenance.newest_backup(path) == copies(path)[-1]


def test_a_copy_that_is_abandoned_leaves_nothing_behind(path: Path) -> None:
    filled(path)

    def give_up() -> None:
        raise InterruptedError

    with closing(open_writer(path)) as connection, pytest.raises(InterruptedError):
        maintenance.back_up_daily(connection, path, NOW, give_up)
    assert copies(path) == []


def test_damaged_messages_are_counted_and_reported_once_a_week(path: Path) -> None:
    filled(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE chat_message SET text = 'other' WHERE position IN (3, 5)")
    with run_maintenance(path) as maintenance:
        assert maintenance.notices == (
            "2 chat messages were damaged on the disk. Each says so in its conversation.",
        )
        assert not maintenance.found_damage
    with run_maintenance(path, NOW + timedelta(days=6)) as maintenance:
        assert maintenance.notices == ()
    with run_maintenance(path, NOW + timedelta(days=8)) as maintenance:
        assert len(maintenance.notices) == 1


def test_a_damaged_file_is_reported_and_not_copied(path: Path) -> None:
    filled(path)
    data = bytearray(path.read_bytes())
    page = data.index(b"prompt 20prompt") // 4096
    data[page * 4096 : (page + 1) * 4096] = bytes(4096)
    path.write_bytes(data)
    with run_maintenance(path) as maintenance:
        (notice,) = maintenance.notices
        assert "The next start" in notice
        assert maintenance.found_damage
    assert copies(path) == []


def test_a_crash_makes_the_check_due(path: Path) -> None:
    filled(path)
    with run_maintenance(path):
        pass
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE chat_message SET text = 'other' WHERE position = 3")
    reader = partial(open_reader, path)
    maintenance = Maintenance(path, reader, Writer(), delay=0, is_suspect=True)
    assert maintenance.wait(PATIENCE)
    maintenance.close()
    assert len(maintenance.notices) == 1


def test_leaving_does_not_wait_for_what_is_under_way(path: Path) -> None:
    filled(path)
    maintenance = Maintenance(path, partial(open_reader, path), Writer(), delay=0)
    maintenance.close()
    assert all("-half" not in each.name for each in path.parent.iterdir())
    waiting = Maintenance(path, partial(open_reader, path), Writer(), delay=3600)
    waiting.close()
    assert not waiting.wait(0)


@pytest.mark.parametrize(("busy_for", "looks"), [(0, 2), (3, 8), (10_000, 360)])
def test_copies_wait_while_much_is_written_but_not_for_ever(
    path: Path, busy_for: int, looks: int
) -> None:
    filled(path)
    writer = Writer(busy_for=busy_for)
    maintenance = Maintenance(path, partial(open_reader, path), writer, delay=0)
    assert maintenance.wait(PATIENCE)
    maintenance.close()
    assert writer.looks == looks
    assert len(copies(path)) == 1
