"""Copies of the store beside it: one before each migration, and one for each of the last days."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fakegpt_tui.store.connection import stamp, unused_name

_KEPT_DAYS = 5
_KEPT_VERSIONS = 3
_EVERY = timedelta(days=1)
_PAGES_AT_ONCE = 2000


def before_migration(
    connection: sqlite3.Connection, path: Path, found: int, time: datetime
) -> Path:
    """Copy the store, which is of version `found`; where is the copy?"""
    target = unused_name(path, f"v{found}-{stamp(time)}.backup")
    _copy(connection, target, lambda: None)
    _forget(path, "v*", _KEPT_VERSIONS)
    return target


def is_due(path: Path, time: datetime) -> bool:
    """Is the newest daily copy a day old?"""
    daily = _found(path, "d*")
    return not daily or _time_of(daily[-1]) + _EVERY <= time


def daily(
    connection: sqlite3.Connection, path: Path, time: datetime, may_go_on: Callable[[], None]
) -> Path:
    """Copy the store and delete the oldest copies; `may_go_on` may raise to give it up."""
    target = unused_name(path, f"d-{stamp(time)}.backup")
    _copy(connection, target, may_go_on)
    _forget(path, "d*", _KEPT_DAYS)
    return target


def newest(path: Path) -> Path | None:
    """The copy that was made last, whatever it was made for."""
    return max(_found(path, "[dv]*"), key=lambda copy: copy.stat().st_mtime_ns, default=None)


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


def _found(path: Path, kind: str) -> list[Path]:
    return sorted(path.parent.glob(f"{path.name}.{kind}.backup"))


def _forget(path: Path, kind: str, kept: int) -> None:
    for copy in _found(path, kind)[:-kept]:
        copy.unlink(missing_ok=True)


def _time_of(copy: Path) -> datetime:
    return datetime.fromtimestamp(copy.stat().st_mtime, UTC)
