"""Copies of the store beside it: one before each migration, and one for each of the last days."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fakegpt_tui.store.connection import file_timestamp, unused_name

_MAX_DAILY = 5
_MAX_VERSIONS = 3
_BACKUP_EVERY = timedelta(days=1)
_PAGES_AT_ONCE = 2000


def back_up_before_migration(
    connection: sqlite3.Connection, path: Path, found: int, time: datetime
) -> Path:
    """Copy the store, which is of version `found`; where is the copy?"""
    target = unused_name(path, f"v{found}-{file_timestamp(time)}.backup")
    _copy(connection, target, lambda: None)
    _delete_oldest(path, "v*", _MAX_VERSIONS)
    return target


def is_backup_due(path: Path, time: datetime) -> bool:
    """Is the newest daily copy a day old?"""
    daily = _list_backups(path, "d*")
    return not daily or _modified_at(daily[-1]) + _BACKUP_EVERY <= time


def back_up_daily(
    connection: sqlite3.Connection, path: Path, time: datetime, may_go_on: Callable[[], None]
) -> Path:
    """Copy the store and delete the oldest copies; `may_go_on` may raise to give it up."""
    target = unused_name(path, f"d-{file_timestamp(time)}.backup")
    _copy(connection, target, may_go_on)
    _delete_oldest(path, "d*", _MAX_DAILY)
    return target


def newest_backup(path: Path) -> Path | None:
    """The copy that was made last, whatever it was made for."""
    return max(_list_backups(path, "[dv]*"), key=lambda copy: copy.stat().st_mtime_ns, default=None)


def _copy(connection: sqlite3.Connection, target: Path, may_go_on: Callable[[], None]) -> None:
    # Under another name until it is whole, so that half a copy is never taken for a backup.
    half = target.with_name(f"{target.name}-half")
    half.unlink(missing_ok=True)
    os.close(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    try:
        with closing(sqlite3.connect(half)) as copy:
            connection.backup(copy, pages=_PAGES_AT_ONCE, progress=lambda *_: may_go_on(), sleep=0)
            # A copy of a log's database would want a log of its own to be read.
            copy.execute("PRAGMA journal_mode = DELETE")
        half.rename(target)
    finally:
        half.unlink(missing_ok=True)


def _list_backups(path: Path, kind: str) -> list[Path]:
    return sorted(path.parent.glob(f"{path.name}.{kind}.backup"))


def _delete_oldest(path: Path, kind: str, kept: int) -> None:
    for copy in _list_backups(path, kind)[:-kept]:
        copy.unlink(missing_ok=True)


def _modified_at(copy: Path) -> datetime:
    return datetime.fromtimestamp(copy.stat().st_mtime, UTC)
