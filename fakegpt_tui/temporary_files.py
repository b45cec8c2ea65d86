"""Temporary files: written beside their target, then moved there; and private folders.

A file that is being written is locked, so that another process can tell it from one that a kill
left, which is removed.
"""

import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform != "win32":
    import fcntl

PRIVATE = 0o600
_PRIVATE_FOLDER = 0o700
_HAS_LOCKS = sys.platform != "win32"
_ATTEMPTS = 10
_SAFELY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
"""Follow no link, wait for no pipe, leave nothing open to other programs."""
_OLD_SECONDS = 3600
"""When a file counts as abandoned where there are no locks."""
_tidied: set[tuple[Path, str]] = set()


def expand_home(path: Path) -> Path:
    """The path from a home folder on, where it begins with the name of one that is known."""
    with suppress(RuntimeError):
        return path.expanduser()
    return path


def make_private_folder(folder: Path) -> None:
    """Make a folder, with those above it that are missing, for this user alone.

    With `parents=True`, `mkdir` would leave those above it open to others.

    Raises:
        OSError: It cannot be made.
    """
    for each in reversed((folder, *folder.parents)):
        if not each.exists():
            # Another start of the program may make the same folder at this moment.
            each.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)
    if not folder.is_dir():
        raise NotADirectoryError(0, "it is not a folder")


@contextmanager
def temporary_file(
    folder: Path, data: bytes, *, name: str = "", mode: int = PRIVATE, durable: bool = True
) -> Iterator[Path]:
    """A hidden file with `data` in `folder`, removed after the block unless it was moved.

    `name` is the name of the file that it will replace, if any. Abandoned files of that name are
    removed first.

    Raises:
        OSError: It cannot be written.
    """
    _remove_abandoned(folder, name)
    path, descriptor = _create(folder, name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            if durable:
                os.fsync(descriptor)
            path.chmod(mode)
            if _HAS_LOCKS:
                yield path  # while it is open, and so locked
        if not _HAS_LOCKS:
            yield path  # because Windows moves no open file
    finally:
        with suppress(OSError):
            path.unlink(missing_ok=True)


@contextmanager
def temporary_folder(prefix: str, parent: Path | None = None) -> Iterator[Path]:
    """A private folder in `parent`, or where the system has such, removed after the block.

    Those of the same prefix that processes left which were killed are removed first.

    Raises:
        OSError: It cannot be made.
    """
    from tempfile import gettempdir, mkdtemp  # noqa: PLC0415 - seldom

    parent = parent or Path(gettempdir())
    for left in parent.glob(f"{prefix}????????"):
        with suppress(OSError):
            _remove_unless_used(left)
    for _ in range(_ATTEMPTS):
        path = Path(mkdtemp(prefix=prefix, dir=parent))
        with suppress(FileNotFoundError):
            descriptor = os.open(path, os.O_RDONLY | _SAFELY)
            if _lock(descriptor) is not False and os.fstat(descriptor).st_nlink:
                break
            os.close(descriptor)  # It was taken for abandoned before it was locked.
    else:
        raise BlockingIOError(0, "other programs remove its temporary folders")
    try:
        yield path
    finally:
        os.close(descriptor)
        shutil.rmtree(path, ignore_errors=True)


def claim(part: Path, path: Path) -> bool:
    """Was nothing at `path`, and is it taken now? Without links by an empty file, if need be."""
    try:
        path.hardlink_to(part)
    except FileExistsError:
        return False
    except OSError:
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _SAFELY, PRIVATE))
            return True
        return False
    return True


def sync_folder(folder: Path) -> None:
    """Make a new name survive a power cut, where the system can promise that for a folder."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _create(folder: Path, name: str) -> tuple[Path, int]:
    for _ in range(_ATTEMPTS):
        path = folder / f".{'.'.join(filter(None, (name, os.urandom(8).hex(), 'part')))}"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _SAFELY, PRIVATE)
        if _lock(descriptor) is not False and os.fstat(descriptor).st_nlink:
            return path, descriptor
        os.close(descriptor)  # It was taken for abandoned before it was locked.
    raise BlockingIOError(0, "other programs remove its temporary files")


def _lock(descriptor: int) -> bool | None:
    """Was the file locked, or does another process hold it? `None` where there are no locks."""
    if sys.platform == "win32":
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _remove_abandoned(folder: Path, name: str) -> None:
    """Remove what processes that were killed left of writes to `name`, once in each process."""
    if (folder, name) in _tidied:
        return
    _tidied.add((folder, name))
    # Version 0.1.0 wrote some of them without a suffix.
    ours = re.compile(
        rf"\.{re.escape(name)}\.[0-9a-f]{{8,16}}(\.part)?" if name else r"\.[0-9a-f]{16}\.part"
    )
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if ours.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                with suppress(OSError):
                    _remove_unless_used(Path(entry.path))


def _remove_unless_used(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | _SAFELY)
    try:
        is_old = time.time() - os.fstat(descriptor).st_mtime > _OLD_SECONDS
        is_locked = _lock(descriptor)
        if is_locked or (is_locked is None and is_old):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    finally:
        os.close(descriptor)
