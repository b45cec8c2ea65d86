"""Opening a store: everything that must be right before the first conversation is read."""

import sqlite3
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from fakegpt_tui.store import (
    backups,
    connection,
    index,
    instances,
    migrations,
    onlooking,
    places,
    recovery,
    salvage,
)
from fakegpt_tui.store.instances import Census, Instance
from fakegpt_tui.store.locks import FileLock, Lock
from fakegpt_tui.store.onlooking import NoLock, Onlooker
from fakegpt_tui.store.trouble import DamagedStore, translated
from fakegpt_tui.text import safe_line

_LOOKED_THROUGH_AT_ONCE = 64 * 1024 * 1024
"""Bytes of a store that are checked before the start; a larger one would make a person wait."""

_REMOTE = (
    "The store {folder} lies on another machine. It is kept there without a log, which is slower; "
    "please do not use it from two machines at once."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFiles:
    """What an open store holds, and what there is to say about how it was found."""

    reader: sqlite3.Connection
    writer: sqlite3.Connection
    another_reader: Callable[[], sqlite3.Connection]
    lock: Lock
    instance: Instance | Onlooker
    notices: tuple[str, ...]
    is_suspect: bool = False
    """Should it be looked through in the background, because somebody crashed?"""

    @property
    def is_read_only(self) -> bool:
        return isinstance(self.instance, Onlooker)


def open_files(path: Path, mounts: Path = places.MOUNTS) -> OpenFiles:
    """Open the store at `path`, an absolute one.

    A damaged store is moved aside, and a new one made of what can still be read, unless a running
    instance uses it. One that cannot be written is opened to be read.

    Raises:
        StoreError: It cannot be opened, or a newer version of the program wrote it.
    """
    with translated(path):
        places.must_be_ours(path.parent)
        if path.exists() and not places.is_writable(path):
            return _to_be_read(path)
        return _to_be_written(path, is_remote=places.is_remote(path.parent, mounts))


def _to_be_read(path: Path) -> OpenFiles:
    with ExitStack() as on_failure:
        reader = onlooking.opened(path)
        on_failure.callback(reader.close)
        writer = onlooking.opened(path)
        on_failure.pop_all()
        return OpenFiles(
            reader=reader,
            writer=writer,
            another_reader=partial(onlooking.opened, path),
            lock=NoLock(path),
            instance=Onlooker(),
            notices=(onlooking.notice(path),),
        )


def _to_be_written(path: Path, *, is_remote: bool) -> OpenFiles:
    lock = FileLock(path.with_name(f"{path.name}.lock"))
    journal = "DELETE" if is_remote else connection.JOURNAL
    with ExitStack() as undo:
        connection.prepare_folder(path.parent)
        undo.enter_context(lock.held())
        folder = path.with_name(f"{path.name}.instances")
        census = instances.census(folder)
        writer, notices = _sound(path, census, journal)
        on_failure = undo.enter_context(ExitStack())
        on_failure.callback(writer.close)
        reader = connection.opened(path, read_only=True)
        on_failure.callback(reader.close)
        instances.bury(folder, census.dead)
        if is_remote:
            notices += (_REMOTE.format(folder=safe_line(str(path.parent))),)
        files = OpenFiles(
            reader=reader,
            writer=writer,
            another_reader=partial(connection.opened, path, read_only=True),
            lock=lock,
            instance=Instance(folder),
            notices=notices,
            is_suspect=bool(census.dead) and path.stat().st_size > _LOOKED_THROUGH_AT_ONCE,
        )
        on_failure.pop_all()
        return files


def _sound(path: Path, census: Census, journal: str) -> tuple[sqlite3.Connection, tuple[str, ...]]:
    """A connection to a store of this version, with a notice where it had to be made anew."""
    try:
        return _current(path, census, journal), ()
    except DamagedStore as damage:
        if census.living:
            raise
        aside = connection.moved_aside(path, datetime.now(UTC))
        opened = _current(path, census, journal)
        saved = salvage.bring_over(aside, opened, backups.newest(path))
        recovery.interrupt_orphans(opened, census.living)
        notice = (
            f"{damage} It was moved to {safe_line(aside.name)}; nothing of it was deleted. A new "
            f"store was begun with the {saved.conversations} conversations and {saved.messages} "
            f"messages that could still be read{_from_backup(saved.from_backup)}."
        )
        return opened, (notice,)


def _from_backup(messages: int) -> str:
    return f", {messages} of them in the newest backup" if messages else ""


def _current(path: Path, census: Census, journal: str) -> sqlite3.Connection:
    with translated(path), ExitStack() as on_failure:
        connection.prepare_file(path)
        opened = connection.opened(path, journal=journal)
        on_failure.callback(opened.close)
        found = migrations.check(opened, path)
        if 0 < found < migrations.VERSION:
            backups.before_migration(opened, path, found, datetime.now(UTC))
        migrations.migrate(opened)
        # Damage is better met here, where the store can be moved aside, than at every later start.
        opened.execute("SELECT sum(length(title)) FROM conversation").fetchone()
        is_quick = path.stat().st_size <= _LOOKED_THROUGH_AT_ONCE
        if census.met_damage or (census.dead and is_quick):
            connection.must_be_sound(opened, path, is_suspect=census.met_damage)
        if census.met_damage:
            with connection.transaction(opened):
                index.repair(opened)
        recovery.interrupt_orphans(opened, census.living)
        on_failure.pop_all()
        return opened
