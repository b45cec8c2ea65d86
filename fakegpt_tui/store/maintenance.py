"""Background maintenance: daily backups and a weekly integrity check.

It waits while much is written, as by an import: every write makes a backup begin again.
"""

import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from fakegpt_tui.domain import StoreError
from fakegpt_tui.store import queries, rows
from fakegpt_tui.store.connection import (
    WriteOperation,
    check_structure,
    file_timestamp,
    run_statement,
    unused_name,
)
from fakegpt_tui.store.errors import DamagedStore, translate_errors

_MAX_DAILY = 5
_MAX_VERSIONS = 3
_BACKUP_EVERY = timedelta(days=1)
_PAGES_AT_ONCE = 2000


def back_up_before_migration(
    connection: sqlite3.Connection, path: Path, found: int, time: datetime
) -> Path:
    """Copy the store, which is of version `found`, and return the path of the copy."""
    target = unused_name(path, f"v{found}-{file_timestamp(time)}.backup")
    _copy(connection, target, lambda: None)
    _delete_oldest(path, "v*", _MAX_VERSIONS)
    return target


def is_backup_due(path: Path, time: datetime) -> bool:
    """Is the newest daily copy a day old?"""
    daily = _list_backups(path, "d*")
    return not daily or modified_at(daily[-1]) + _BACKUP_EVERY <= time


def back_up_daily(
    connection: sqlite3.Connection, path: Path, time: datetime, check_cancelled: Callable[[], None]
) -> Path:
    """Copy the store and delete the oldest copies; `check_cancelled` may raise to stop that."""
    target = unused_name(path, f"d-{file_timestamp(time)}.backup")
    _copy(connection, target, check_cancelled)
    _delete_oldest(path, "d*", _MAX_DAILY)
    return target


def delete_backups(path: Path) -> None:
    """Delete all copies, those before migrations, too."""
    for copy in _list_backups(path, "[dv]*"):
        copy.unlink(missing_ok=True)


def newest_backup(path: Path) -> Path | None:
    """The newest copy, daily or before a migration."""
    return max(_list_backups(path, "[dv]*"), key=lambda copy: copy.stat().st_mtime_ns, default=None)


def _copy(
    connection: sqlite3.Connection, target: Path, check_cancelled: Callable[[], None]
) -> None:
    # Under another name until it is complete, so that half a copy never counts as a backup.
    half = target.with_name(f"{target.name}-half")
    half.unlink(missing_ok=True)
    try:
        fill_copy(
            connection, half, pages=_PAGES_AT_ONCE, progress=lambda *_: check_cancelled(), sleep=0
        )
        half.rename(target)
    finally:
        half.unlink(missing_ok=True)


def fill_copy(connection: sqlite3.Connection, target: Path, **pace: Any) -> None:
    """Copy the store into a new file; `pace` goes to `sqlite3.Connection.backup`."""
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    with closing(sqlite3.connect(target)) as copy:
        connection.backup(copy, **pace)
        # A copy of a log's database would want a log of its own to be read.
        copy.execute("PRAGMA journal_mode = DELETE")


def _list_backups(path: Path, kind: str) -> list[Path]:
    return sorted(path.parent.glob(f"{path.name}.{kind}.backup"))


def _delete_oldest(path: Path, kind: str, kept: int) -> None:
    for copy in _list_backups(path, kind)[:-kept]:
        copy.unlink(missing_ok=True)


def modified_at(copy: Path) -> datetime:
    return datetime.fromtimestamp(copy.stat().st_mtime, UTC)


DELAY = 10.0
"""Seconds after the start, so that neither the start nor a short command is slowed."""

_FULL_CHECK = "full check"
_CHECK_EVERY = timedelta(days=7)
_DONE_AT = "SELECT done_at FROM upkeep WHERE task = :task"
_DONE = """
    INSERT INTO upkeep (task, done_at) VALUES (:task, :done_at)
    ON CONFLICT (task) DO UPDATE SET done_at = :done_at
"""
_PAUSE = 0.005
"""Between two batches of messages, because checksums keep other threads waiting."""


_BUSY = 50
"""Writes while it waits, of which a few replies that stream make less."""
_MOST_WAITS = 180


class MaintainedWriter(Protocol):
    """What maintenance needs of the writer; `written` counts what was done."""

    @property
    def written(self) -> int: ...

    def submit(self, operation: WriteOperation, /) -> object: ...


class Maintenance:
    """A thread that checks and backs up the store until it is closed."""

    def __init__(
        self,
        path: Path,
        open_connection: Callable[[], sqlite3.Connection],
        writer: MaintainedWriter,
        *,
        is_suspect: bool = False,
        delay: float = DELAY,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.notices: tuple[str, ...] = ()
        self.found_damage = False
        """Is the file itself damaged, so that the next start must salvage it?"""
        self._path = path
        self._open = open_connection
        self._writer = writer
        self._is_suspect = is_suspect
        self._delay = delay
        self._clock = clock
        self._ending = threading.Event()
        self._done = threading.Event()
        self._connection: sqlite3.Connection | None = None
        self._thread = threading.Thread(target=self._run, name="store-maintenance", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._ending.set()
        # Repeated, because the statement to interrupt may only be about to begin.
        while self._thread.is_alive():
            if self._connection is not None:
                with suppress(sqlite3.ProgrammingError):
                    self._connection.interrupt()
            self._thread.join(0.01)

    def wait(self, seconds: float) -> bool:
        """Wait until all due tasks are done; are they?"""
        return self._done.wait(seconds)

    def _run(self) -> None:
        if not self._wait_for_quiet():
            return
        # A task that fails, as on a full disk, is due again at the next start.
        with (
            suppress(StoreError, _MaintenanceStopped),
            translate_errors(self._path),
            closing(self._open()) as opened,
        ):
            self._connection = opened
            opened.set_progress_handler(self._ending.is_set, 10_000)
            self._run_tasks(opened)
        self._connection = None
        self._done.set()

    def _wait_for_quiet(self) -> bool:
        """Wait until little is written, but not for ever; may the tasks begin then?"""
        for _ in range(_MOST_WAITS):
            before = self._writer.written
            if self._ending.wait(self._delay):
                return False
            if self._writer.written - before <= _BUSY:
                break
        return True

    def _run_tasks(self, opened: sqlite3.Connection) -> None:
        now = self._clock()
        found = opened.execute(_DONE_AT, {"task": _FULL_CHECK}).fetchone()
        is_old = found is None or rows.from_microseconds(found["done_at"]) + _CHECK_EVERY <= now
        try:
            if is_old or self._is_suspect:
                self._check(opened)
                values: rows.Values = {"task": _FULL_CHECK, "done_at": rows.to_microseconds(now)}
                self._writer.submit(run_statement(_DONE, values))
        except DamagedStore as damage:
            self.found_damage = True
            self.notices += (f"{damage} The next start brings over what is whole.",)
            return
        self._writer.submit(self._sweep(now))
        # Only after the check, so that no copy of a damaged store takes the place of a good one.
        if is_backup_due(self._path, now):
            back_up_daily(opened, self._path, now, self._check_not_closing)

    def _sweep(self, now: datetime) -> WriteOperation:
        from fakegpt_tui.store import blob_uses, blobs  # noqa: PLC0415 - not at the start

        backups = _list_backups(self._path, "d*")
        return blob_uses.sweep(blobs.blob_folder(self._path), now, backups)

    def _check(self, opened: sqlite3.Connection) -> None:
        with translate_errors(self._path):
            check_structure(opened, self._path, is_suspect=True)
            damaged = self._damaged_messages(opened)
        if damaged:
            what = "chat message was" if damaged == 1 else "chat messages were"
            self.notices += (
                f"{damaged} {what} damaged on the disk. Each says so in its conversation.",
            )
        self._check_blobs(opened)

    def _check_blobs(self, opened: sqlite3.Connection) -> None:
        from fakegpt_tui.store import blob_uses  # noqa: PLC0415 - not at the start

        report = ""
        for found in blob_uses.check_blobs(opened, self._path):
            report = found.in_words
            if self._ending.wait(_PAUSE):
                raise _MaintenanceStopped
        self.notices += (report,) if report else ()

    def _damaged_messages(self, opened: sqlite3.Connection) -> int:
        damaged = 0
        for _, damaged_so_far in queries.check_messages(opened):
            damaged = damaged_so_far
            if self._ending.wait(_PAUSE):
                raise _MaintenanceStopped
        return damaged

    def _check_not_closing(self) -> None:
        if self._ending.is_set():
            raise _MaintenanceStopped


class _MaintenanceStopped(Exception):
    """The store is being closed, so that the task is abandoned."""
