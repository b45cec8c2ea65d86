"""Opening a store: locks, migrations, salvage of a damaged file, read-only fallback."""

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from fakegpt_tui.domain import StoreError
from fakegpt_tui.fast_import import dataclass
from fakegpt_tui.store import (
    connection,
    instances,
    maintenance,
    migrations,
    search,
    write_operations,
)
from fakegpt_tui.store.connection import JOURNAL, FileIdentity, closing_on_failure
from fakegpt_tui.store.errors import DamagedStore, TransientStoreError, translate_errors
from fakegpt_tui.store.instances import FileLock, HoldLock, Instance, InstanceStatus
from fakegpt_tui.temporary_files import make_private_folder
from fakegpt_tui.text import safe_line

if TYPE_CHECKING:
    from fakegpt_tui.store.blobs import BlobStore

_MEMORY = "vfs=memdb"
_CHECKED_AT_START = 64 * 1024 * 1024
"""Bytes of a store that are checked before the start; a larger one would make a person wait."""

_REMOTE_NOTICE = (
    "The store {folder} lies on another machine. It is kept there without a log, which is slower; "
    "please do not use it from two machines at once."
)


_READ_AT_START = (
    *("conversation", "folder", "draft", "queued_prompt", "bookmark", "failed_reply"),
    *("conversation_change", "mirrored_file", "undo_action", "upkeep"),
)
"""Tables of a row for each conversation at most, without which nothing can be shown."""


@dataclass(frozen=True, slots=True)
class UntrackedInstance:
    """An instance that leaves no trace beside the store."""

    id: str = field(default_factory=lambda: str(uuid4()))

    def close(self, *, met_damage: bool = False) -> None:
        """Do nothing, because no file was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreFiles:
    """What an open store holds, and what there is to say about how it was found."""

    path: Path
    reader: sqlite3.Connection
    writer: sqlite3.Connection
    open_reader: Callable[[], sqlite3.Connection]
    hold_lock: HoldLock
    instance: Instance | UntrackedInstance = field(default_factory=UntrackedInstance)
    identity: FileIdentity | None = None
    notices: tuple[str, ...] = ()
    is_in_memory: bool = False
    is_suspect: bool = False
    """Should it be checked in the background, because an instance crashed?"""

    @property
    def needs_maintenance(self) -> bool:
        return isinstance(self.instance, Instance)

    def open_blobs(self) -> "BlobStore":
        """What keeps the bytes of pictures and files."""
        from fakegpt_tui.store import blobs  # noqa: PLC0415 - most conversations have none

        if self.is_in_memory:
            return blobs.MemoryBlobs()
        return blobs.BlobFolder(self.path, self.hold_lock)


def open_store(path: Path, mounts: Path = instances.MOUNTS) -> StoreFiles:
    """Open the store at `path`, an absolute one.

    A damaged store is moved aside, and a new one made of what can still be read, unless a running
    instance uses it. A store that cannot be written is opened to be read.

    Raises:
        StoreError: It cannot be opened, or a newer version of the program wrote it.
    """
    with translate_errors(path):
        instances.require_private(path.parent)
        if path.exists() and not instances.is_writable(path):
            return _open_for_reading(path)
        return _open_for_writing(path, is_remote=instances.is_remote(path.parent, mounts))


def open_in_memory() -> StoreFiles:
    """Open an empty store that never touches a disk, and is gone when it is closed."""
    path = Path(f"/memory-{uuid4()}")
    with closing_on_failure(connection.open_writer(path, _MEMORY, journal="MEMORY")) as writer:
        # Statements, too, may otherwise put what they sort into a file.
        writer.execute("PRAGMA temp_store = MEMORY")
        migrations.migrate(writer)
        open_reader = partial(connection.open_reader, path, _MEMORY)
        return StoreFiles(
            path=path,
            reader=open_reader(),
            writer=writer,
            open_reader=open_reader,
            hold_lock=nullcontext,
            is_in_memory=True,
        )


def _open_for_reading(path: Path) -> StoreFiles:
    with closing_on_failure(_open_read_only(path)) as reader:
        return StoreFiles(
            path=path,
            reader=reader,
            writer=_open_read_only(path),
            open_reader=partial(_open_read_only, path),
            hold_lock=partial(_refuse_to_write, path),
            identity=FileIdentity(path),
            notices=(_read_only_notice(path),),
        )


def _open_read_only(path: Path) -> sqlite3.Connection:
    """A connection that needs no file beside the store.

    Raises:
        StoreError: The store is of another version, or damaged.
    """
    try:
        opened = connection.open_reader(path, "mode=ro")
    except sqlite3.OperationalError:
        # The log of a store that is closed is gone, and its folder takes no new one.
        opened = connection.open_reader(path, "immutable=1")
    with closing_on_failure(opened):
        if migrations.read_version(opened) != migrations.VERSION:
            raise StoreError(
                f"The store {safe_line(str(path))} was written by an older version of this "
                "program, and can only be read here, so it cannot be brought up to date."
            )
        return opened


def _refuse_to_write(path: Path) -> AbstractContextManager[None]:
    raise TransientStoreError(f"The store {safe_line(str(path))} can only be read here.")


def _read_only_notice(path: Path) -> str:
    sentence = (
        f"The store {safe_line(str(path))} can only be read here. New messages are kept in "
        "memory, and written into files when the program ends."
    )
    log = path.with_name(f"{path.name}-wal")
    if log.exists() and log.stat().st_size:
        sentence += " The most recent messages may be missing."
    return sentence


def _open_for_writing(path: Path, *, is_remote: bool) -> StoreFiles:
    lock = FileLock(path.with_name(f"{path.name}.lock"))
    make_private_folder(path.parent)
    with ExitStack() as stack:
        stack.enter_context(lock.hold())
        folder = path.with_name(f"{path.name}.instances")
        status = instances.live_instances(folder)
        writer, notices = _open_or_salvage(path, status, "DELETE" if is_remote else JOURNAL)
        stack.enter_context(closing_on_failure(writer))
        reader = stack.enter_context(closing_on_failure(connection.open_reader(path)))
        instances.reap(folder, status.dead)
        if is_remote:
            notices += (_REMOTE_NOTICE.format(folder=safe_line(str(path.parent))),)
        return StoreFiles(
            path=path,
            reader=reader,
            writer=writer,
            open_reader=partial(connection.open_reader, path),
            hold_lock=lock.hold,
            instance=Instance(folder),
            identity=FileIdentity(path),
            notices=notices,
            is_suspect=bool(status.dead) and path.stat().st_size > _CHECKED_AT_START,
        )


def _open_or_salvage(
    path: Path, status: InstanceStatus, journal: str
) -> tuple[sqlite3.Connection, tuple[str, ...]]:
    """A connection to a store of this version, with a notice where it had to be made anew."""
    try:
        return _open_current(path, status, journal), ()
    except DamagedStore as damage:
        if status.living:
            raise DamagedStore(
                f"{damage} Another instance uses it; once that has ended, the next start brings "
                "over what is whole."
            ) from damage
        aside = connection.quarantine(path, datetime.now(UTC))
        opened = _open_current(path, status, journal)
        from fakegpt_tui.store import salvage  # noqa: PLC0415 - for a damaged store alone

        saved = salvage.salvage_rows(aside, opened, maintenance.newest_backup(path))
        write_operations.interrupt_orphaned_replies(opened, status.living)
        notice = (
            f"{damage} It was moved to {safe_line(aside.name)}; nothing of it was deleted. A new "
            f"store was begun with the {saved.conversations} conversations and {saved.messages} "
            f"messages that could still be read{_from_backup(saved.from_backup)}."
        )
        return opened, (notice,)


def _from_backup(messages: int) -> str:
    return f", {messages} of them in the newest backup" if messages else ""


def _open_current(path: Path, status: InstanceStatus, journal: str) -> sqlite3.Connection:
    with translate_errors(path):
        connection.prepare_file(path)
        with closing_on_failure(connection.open_writer(path, journal=journal)) as opened:
            found = migrations.read_version(opened)
            if 0 < found < migrations.VERSION:
                maintenance.back_up_before_migration(opened, path, found, datetime.now(UTC))
            _migrate(opened, path)
            _check(opened, path, status)
            write_operations.interrupt_orphaned_replies(opened, status.living)
            return opened


def _migrate(opened: sqlite3.Connection, path: Path) -> None:
    """Bring the tables up to date; a version that they do not have is damage."""
    try:
        migrations.migrate(opened)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:
            raise
        raise connection.damage_of(path) from error


def _check(opened: sqlite3.Connection, path: Path, status: InstanceStatus) -> None:
    """Meet damage here, where the store can be moved aside, rather than once it is in use."""
    for table in _READ_AT_START:
        connection.check_table(opened, path, table)
    is_quick = path.stat().st_size <= _CHECKED_AT_START
    if status.found_damage or (status.dead and is_quick):
        connection.check_structure(opened, path, is_suspect=status.found_damage)
    if status.found_damage:
        with connection.transaction(opened):
            search.repair_indexes(opened)
