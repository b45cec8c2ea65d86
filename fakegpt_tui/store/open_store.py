"""Opening a store: locks, migrations, salvage of a damaged file, read-only fallback."""

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.parse import quote

from fakegpt_tui.domain import StoreError
from fakegpt_tui.store import (
    connection,
    instances,
    maintenance,
    migrations,
    path_safety,
    salvage,
    search,
    write_operations,
)
from fakegpt_tui.store.errors import DamagedStore, TransientStoreError, translate_errors
from fakegpt_tui.store.instances import FileLock, Instance, InstanceStatus, Lock
from fakegpt_tui.text import safe_line


class ReadOnlyLock:
    """In place of the lock of a store that cannot be written: nothing may be begun."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def hold(self) -> AbstractContextManager[None]:
        """Raise `PassingTrouble`."""
        raise TransientStoreError(f"The store {safe_line(str(self._path))} can only be read here.")


class ReadOnlyInstance:
    """An instance that leaves no trace beside the store."""

    id = "onlooker"

    def close(self, *, met_damage: bool = False) -> None:
        """Nothing was made, so nothing is to be given up."""


def open_read_only(path: Path) -> sqlite3.Connection:
    """A connection that needs no file beside the store.

    Raises:
        StoreError: The store is of another version, or damaged.
    """
    try:
        return _open_uri(path, "mode=ro")
    except sqlite3.OperationalError:
        # The log of a store that is closed is gone, and its folder takes no new one.
        return _open_uri(path, "immutable=1")


def read_only_notice(path: Path) -> str:
    sentence = (
        f"The store {safe_line(str(path))} can only be read here. What is said now is kept in "
        "memory, and written into files when the program ends."
    )
    log = path.with_name(f"{path.name}-wal")
    if log.exists() and log.stat().st_size:
        sentence += " What was said last before may be missing."
    return sentence


def _open_uri(path: Path, mode: str) -> sqlite3.Connection:
    uri = f"file:{quote(str(path))}?{mode}"
    found = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    try:
        _require_current_version(found, path)
        connection.configure_reader(found)
    except BaseException:
        found.close()
        raise
    return found


def _require_current_version(found: sqlite3.Connection, path: Path) -> None:
    if migrations.check_version(found, path) != migrations.VERSION:
        raise StoreError(
            f"The store {safe_line(str(path))} was written by an older version of this program, "
            "and can only be read here, so it cannot be brought up to date."
        )


_CHECKED_AT_START = 64 * 1024 * 1024
"""Bytes of a store that are checked before the start; a larger one would make a person wait."""

_REMOTE_NOTICE = (
    "The store {folder} lies on another machine. It is kept there without a log, which is slower; "
    "please do not use it from two machines at once."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreFiles:
    """What an open store holds, and what there is to say about how it was found."""

    reader: sqlite3.Connection
    writer: sqlite3.Connection
    open_reader: Callable[[], sqlite3.Connection]
    lock: Lock
    instance: Instance | ReadOnlyInstance
    notices: tuple[str, ...]
    is_suspect: bool = False
    """Should it be looked through in the background, because somebody crashed?"""

    @property
    def is_read_only(self) -> bool:
        return isinstance(self.instance, ReadOnlyInstance)


def open_store(path: Path, mounts: Path = path_safety.MOUNTS) -> StoreFiles:
    """Open the store at `path`, an absolute one.

    A damaged store is moved aside, and a new one made of what can still be read, unless a running
    instance uses it. One that cannot be written is opened to be read.

    Raises:
        StoreError: It cannot be opened, or a newer version of the program wrote it.
    """
    with translate_errors(path):
        path_safety.require_private(path.parent)
        if path.exists() and not path_safety.is_writable(path):
            return _open_for_reading(path)
        return _open_for_writing(path, is_remote=path_safety.is_remote(path.parent, mounts))


def _open_for_reading(path: Path) -> StoreFiles:
    with ExitStack() as on_failure:
        reader = open_read_only(path)
        on_failure.callback(reader.close)
        writer = open_read_only(path)
        on_failure.pop_all()
        return StoreFiles(
            reader=reader,
            writer=writer,
            open_reader=partial(open_read_only, path),
            lock=ReadOnlyLock(path),
            instance=ReadOnlyInstance(),
            notices=(read_only_notice(path),),
        )


def _open_for_writing(path: Path, *, is_remote: bool) -> StoreFiles:
    lock = FileLock(path.with_name(f"{path.name}.lock"))
    journal = "DELETE" if is_remote else connection.JOURNAL
    with ExitStack() as undo:
        connection.prepare_folder(path.parent)
        undo.enter_context(lock.hold())
        folder = path.with_name(f"{path.name}.instances")
        census = instances.live_instances(folder)
        writer, notices = _open_or_salvage(path, census, journal)
        on_failure = undo.enter_context(ExitStack())
        on_failure.callback(writer.close)
        reader = connection.open_connection(path, read_only=True)
        on_failure.callback(reader.close)
        instances.reap(folder, census.dead)
        if is_remote:
            notices += (_REMOTE_NOTICE.format(folder=safe_line(str(path.parent))),)
        files = StoreFiles(
            reader=reader,
            writer=writer,
            open_reader=partial(connection.open_connection, path, read_only=True),
            lock=lock,
            instance=Instance(folder),
            notices=notices,
            is_suspect=bool(census.dead) and path.stat().st_size > _CHECKED_AT_START,
        )
        on_failure.pop_all()
        return files


def _open_or_salvage(
    path: Path, census: InstanceStatus, journal: str
) -> tuple[sqlite3.Connection, tuple[str, ...]]:
    """A connection to a store of this version, with a notice where it had to be made anew."""
    try:
        return _open_current(path, census, journal), ()
    except DamagedStore as damage:
        if census.living:
            raise
        aside = connection.quarantine(path, datetime.now(UTC))
        opened = _open_current(path, census, journal)
        saved = salvage.salvage_rows(aside, opened, maintenance.newest_backup(path))
        write_operations.interrupt_orphaned_replies(opened, census.living)
        notice = (
            f"{damage} It was moved to {safe_line(aside.name)}; nothing of it was deleted. A new "
            f"store was begun with the {saved.conversations} conversations and {saved.messages} "
            f"messages that could still be read{_from_backup(saved.from_backup)}."
        )
        return opened, (notice,)


def _from_backup(messages: int) -> str:
    return f", {messages} of them in the newest backup" if messages else ""


def _open_current(path: Path, census: InstanceStatus, journal: str) -> sqlite3.Connection:
    with translate_errors(path), ExitStack() as on_failure:
        connection.prepare_file(path)
        opened = connection.open_connection(path, journal=journal)
        on_failure.callback(opened.close)
        found = migrations.check_version(opened, path)
        if 0 < found < migrations.VERSION:
            maintenance.back_up_before_migration(opened, path, found, datetime.now(UTC))
        migrations.migrate(opened)
        # Damage is better met here, where the store can be moved aside, than at every later start.
        opened.execute("SELECT sum(length(title)) FROM conversation").fetchone()
        is_quick = path.stat().st_size <= _CHECKED_AT_START
        if census.found_damage or (census.dead and is_quick):
            connection.check_structure(opened, path, is_suspect=census.found_damage)
        if census.found_damage:
            with connection.transaction(opened):
                search.repair_indexes(opened)
        write_operations.interrupt_orphaned_replies(opened, census.living)
        on_failure.pop_all()
        return opened
