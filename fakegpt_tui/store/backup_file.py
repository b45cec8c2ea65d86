"""Backup files, which hold the whole store; and erasing what was deleted for ever, copies too.

A backup is a ZIP archive of `conversations.db`, an SQLite database, and `blobs/SHA256` for each
picture and file.
"""

import os
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from fakegpt_tui.domain import FakeGPTError, LoadError, SaveError, StoreError
from fakegpt_tui.store import connection, instances, maintenance, migrations
from fakegpt_tui.store.blob_uses import list_uses
from fakegpt_tui.store.blobs import DIGEST, HALF, blob_folder, is_damaged, list_blobs
from fakegpt_tui.store.errors import translate_errors
from fakegpt_tui.temporary_files import claim, make_private_folder, temporary_folder
from fakegpt_tui.text import safe_line

_DATABASE: Final = "conversations.db"
_BLOBS: Final = "blobs/"
_CHUNK: Final = 1024 * 1024
_WORK_FOLDER: Final = ".fakegpt-tui-backup-"
_PLAIN = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)


def write_backup(store: Path, target: Path) -> None:
    """Write the store, as it is at this moment, into a new archive at `target`.

    Raises:
        SaveError: The archive cannot be written, or there is a file already.
        StoreError: The store cannot be read.
    """
    shown = safe_line(str(target))
    try:
        is_free = not target.exists()
        if is_free:
            with temporary_folder(_WORK_FOLDER, target.parent) as folder:
                half = _write_archive(store, folder)
                is_free = claim(half, target)
                if is_free:
                    half.replace(target)
    except OSError as error:
        raise SaveError(f"{shown} cannot be written: {error.strerror or error}.") from error
    if not is_free:
        raise SaveError(f"There is a file {shown} already.")


def _write_archive(store: Path, folder: Path) -> Path:
    """Write the archive of a store into a private folder, where the database is copied first."""
    copy, archive_path = folder / _DATABASE, folder / "backup.zip"
    with translate_errors(store), closing(connection.open_reader(store)) as source:
        maintenance.fill_copy(source, copy)
    os.close(os.open(archive_path, _PLAIN, 0o600))
    with zipfile.ZipFile(archive_path, "w") as archive:
        archive.write(copy, _DATABASE, zipfile.ZIP_DEFLATED)
        for blob in list_blobs(blob_folder(store)):
            archive.write(blob.path, _BLOBS + blob.name)
    return archive_path


def restore_backup(archive: Path, store: Path) -> Path | None:
    """Put the store of an archive in the place of the one at `store`; where that is now, if any.

    Raises:
        LoadError: The archive is none that `write_backup` made, or is damaged; nothing changed.
        StoreError: Another instance uses the store, or it cannot be written.
    """
    with translate_errors(store):
        instances.require_private(store.parent)
        make_private_folder(store.parent)
        is_open = LoadError("The program is open. Close it everywhere, and try again.")
        with _hold_alone(store, is_open), _open_archive(archive) as opened:
            return _restore(opened, store)


@contextmanager
def _hold_alone(store: Path, error: FakeGPTError) -> Iterator[None]:
    """Hold the lock of a store; raises the error where an instance uses that."""
    with instances.FileLock(store.with_name(f"{store.name}.lock")).hold():
        if instances.live_instances(store.with_name(f"{store.name}.instances")).living:
            raise error
        yield


def _half_of(store: Path) -> Path:
    """Where a store is restored; a kill may have left one there, which the next one replaces."""
    return store.with_name(f"{store.name}.restored-half")


def _restore(archive: zipfile.ZipFile, store: Path) -> Path | None:
    half = _half_of(store)
    try:
        _extract(archive, _DATABASE, half)
        _check_database(half)
        _forget_mirrors(half)
        _restore_blobs(archive, blob_folder(store))
        aside = None
        if store.exists():
            aside = connection.move_aside(store, datetime.now(UTC), "before-restore")
        half.rename(store)
    finally:
        half.unlink(missing_ok=True)
    return aside


def _restore_blobs(archive: zipfile.ZipFile, folder: Path) -> None:
    """Bring back the blobs that are missing or damaged."""
    for name in archive.namelist():
        digest = name.removeprefix(_BLOBS)
        if name == digest:
            continue
        folder.mkdir(mode=0o700, exist_ok=True)
        target, half = folder / digest, folder / f"{HALF}{digest}"
        if target.exists() and not is_damaged(target, digest):
            continue
        try:
            _extract(archive, name, half)
            if is_damaged(half, digest):
                raise LoadError("The backup is damaged: a picture or file is not what was saved.")
            half.rename(target)
        finally:
            half.unlink(missing_ok=True)


@contextmanager
def _open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if _DATABASE not in names or not all(map(_is_known, names)):
                raise LoadError("This is no backup that this program has written.")
            yield archive
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise LoadError("This is no backup, or it was not copied whole.") from error
    except FileNotFoundError as error:
        raise LoadError(f"There is no file {safe_line(str(path))}.") from error


def _is_known(name: str) -> bool:
    is_blob = name.startswith(_BLOBS) and DIGEST.fullmatch(name.removeprefix(_BLOBS)) is not None
    return name == _DATABASE or is_blob


def _extract(archive: zipfile.ZipFile, name: str, target: Path) -> None:
    target.unlink(missing_ok=True)
    with archive.open(name) as source, os.fdopen(os.open(target, _PLAIN, 0o600), "wb") as file:
        while chunk := source.read(_CHUNK):
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


def _check_database(path: Path) -> None:
    """Refuse a database that is damaged, of another program, or of a newer version."""
    with closing(connection.open_reader(path, "immutable=1")) as opened:
        if migrations.read_version(opened) < 1:
            raise LoadError("This is no backup that this program has written.")
        connection.check_structure(opened, path, is_suspect=True)


def _forget_mirrors(path: Path) -> None:
    """Have mirror folders written anew, because they show what came after the backup."""
    with closing(connection.connect(path)) as opened:
        if opened.execute("SELECT 1 FROM sqlite_schema WHERE name = 'mirrored_file'").fetchone():
            opened.execute("DELETE FROM mirrored_file")


_SET_ASIDE: Final = ("before-restore", "damaged")
"""Why stores were given other names; what is in them was deleted with the rest."""

_WRITE_ANEW: Final = (
    # An index keeps the words of what was deleted until its parts are made one.
    "INSERT INTO message_index (message_index) VALUES ('optimize')",
    "INSERT INTO title_index (title_index) VALUES ('optimize')",
    "VACUUM",
    "PRAGMA wal_checkpoint(TRUNCATE)",
)


def erase_deleted(store: Path) -> None:
    """Delete all copies of a store, stores that were set aside, and bytes that no row uses.

    The database is written anew, without the pages on which deleted rows still stand.

    Raises:
        StoreError: It is in use, or cannot be written.
    """
    is_open = StoreError(
        "The program is open, so that what was deleted is still on the disk, where no program shows"
        " it. Close it everywhere, and purge once more."
    )
    with translate_errors(store):
        maintenance.delete_backups(store)
        _half_of(store).unlink(missing_ok=True)
        for why in _SET_ASIDE:
            for aside in store.parent.glob(f"{store.name}.*Z.{why}*"):
                aside.unlink(missing_ok=True)
        with _hold_alone(store, is_open), closing(connection.open_writer(store)) as opened:
            used = list_uses(opened)
            for entry in list_blobs(blob_folder(store)):
                if entry.name not in used:
                    os.unlink(entry)  # noqa: PTH108 - an entry, not a path
            for statement in _WRITE_ANEW:
                opened.execute(statement)
