"""Integrity check: a store, read through without changing it or making a file beside it."""

import sqlite3
from collections.abc import Callable
from contextlib import closing, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Final

from fakegpt_tui.domain import StoreError
from fakegpt_tui.store import connection, instances, maintenance, migrations, queries
from fakegpt_tui.store.blob_uses import BlobCheck, check_blobs
from fakegpt_tui.store.errors import TransientStoreError, translate_errors
from fakegpt_tui.store.instances import FileLock

_HEADER: Final = 20
_WAL_FORMAT: Final = 2
"""The byte of a database's header for write-ahead logging."""

_STEPS: Final = 10_000
_COUNTS = {
    "conversations": "SELECT count(*) FROM conversation",
    "messages": "SELECT count(*) FROM chat_message",
}
_TO_INDEX = "SELECT count(*) FROM chat_message WHERE owner IS NULL"
_INDEXED = "SELECT count(*) FROM message_index_docsize"

ReportProgress = Callable[[str, int, int], None]
"""Called with what is checked, how much of it is done, and how much there is; 0 if unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrityReport:
    """The findings; `None` stands for what could not be checked, or not in time."""

    format: int
    newest_format: int
    conversations: int
    messages: int
    checked: int
    """How many chat messages were compared with their checksums."""

    damaged: int
    is_sound: bool | None
    unindexed: int | None
    is_wal_ignored: bool
    size: int
    changed_at: datetime
    blobs: BlobCheck | None
    backup_at: datetime | None
    instances: int | None


def check_integrity(path: Path, *, seconds: float, report: ReportProgress) -> IntegrityReport:
    """Check the store at `path`, for `seconds` at most.

    Raises:
        StoreError: It cannot be read, or is no store of this version or an older one.
    """
    with translate_errors(path):
        opened, is_wal_ignored = _open_without_traces(path)
        with closing(opened):
            return _check(opened, path, seconds, report, is_wal_ignored)


def _check(
    opened: sqlite3.Connection,
    path: Path,
    seconds: float,
    report: ReportProgress,
    is_wal_ignored: bool,
) -> IntegrityReport:
    begun = monotonic()
    found = connection.check_version(opened, path)
    counts = {
        name: opened.execute(statement).fetchone()[0] if found else 0
        for name, statement in _COUNTS.items()
    }
    is_current = found == migrations.VERSION
    summed = damaged = 0
    if is_current:
        # Half of the time is for the structure.
        summed, damaged = _check_messages(opened, counts["messages"], begun + seconds / 2, report)
    unindexed = _count_unindexed(opened) if is_current else None
    report("structure", 0, 0)
    newest = maintenance.newest_backup(path)
    return IntegrityReport(
        format=found,
        newest_format=migrations.VERSION,
        **counts,
        checked=summed,
        damaged=damaged,
        is_sound=_is_sound(opened, path, begun + seconds),
        unindexed=unindexed,
        is_wal_ignored=is_wal_ignored,
        blobs=_check_blobs(opened, path, begun + seconds, report) if is_current else None,
        size=path.stat().st_size,
        changed_at=_changed_at(path),
        backup_at=maintenance.modified_at(newest) if newest else None,
        instances=_count_instances(path),
    )


def _open_without_traces(path: Path) -> tuple[sqlite3.Connection, bool]:
    """A connection that makes no file, and whether the log had to be ignored for that."""
    log, shared = (path.with_name(path.name + part) for part in ("-wal", "-shm"))
    with path.open("rb") as file:
        header = file.read(_HEADER)
    is_logged = header[-1:] == bytes([_WAL_FORMAT])
    has_log = log.exists() and log.stat().st_size > 0
    # With the log's own files there, or without a log, nothing is made by reading.
    mode = "mode=ro" if not is_logged or (has_log and shared.exists()) else "immutable=1"
    return connection.open_reader(path, mode), has_log and mode != "mode=ro"


def _check_messages(
    opened: sqlite3.Connection, messages: int, end: float, report: ReportProgress
) -> tuple[int, int]:
    counts = (0, 0)
    for counts in queries.check_messages(opened):
        report("messages", counts[0], messages)
        if monotonic() > end:
            break
    return counts


def _check_blobs(
    opened: sqlite3.Connection, path: Path, end: float, report: ReportProgress
) -> BlobCheck:
    """Compare pictures and files with their digests, as many as there is time for."""
    found = BlobCheck()
    for found in check_blobs(opened, path):
        report("attachments", found.checked, found.used)
        if monotonic() > end:
            break
    return found


def _count_unindexed(opened: sqlite3.Connection) -> int:
    """How many chat messages are missing from the search index."""
    wanted, there = (opened.execute(each).fetchone()[0] for each in (_TO_INDEX, _INDEXED))
    return abs(int(wanted) - int(there))


def _is_sound(opened: sqlite3.Connection, path: Path, end: float) -> bool | None:
    opened.set_progress_handler(lambda: monotonic() > end, _STEPS)
    try:
        connection.check_structure(opened, path, is_suspect=False)
    except StoreError:
        return False
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        return None
    finally:
        opened.set_progress_handler(None, 0)
    return True


def _count_instances(path: Path) -> int | None:
    """How many instances use the store; `None` where that cannot be found out."""
    lock = path.with_name(f"{path.name}.lock")
    folder = path.with_name(f"{path.name}.instances")
    if not folder.is_dir() or not any(folder.iterdir()):
        return 0
    try:
        with FileLock(lock).hold() if lock.exists() else nullcontext():
            return len(instances.live_instances(folder).living)
    except (TransientStoreError, OSError):
        return None


def _changed_at(path: Path) -> datetime:
    log = path.with_name(f"{path.name}-wal")
    return max(maintenance.modified_at(each) for each in (path, log) if each.exists())
