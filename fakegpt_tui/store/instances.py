"""Who uses a store: running instances, their file locks, and whether its folder is safe."""

import os
import stat
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeAlias
from uuid import uuid4

from fakegpt_tui.domain import StoreError
from fakegpt_tui.fast_import import dataclass, lazy_pattern
from fakegpt_tui.store.errors import TransientStoreError
from fakegpt_tui.text import safe_line

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _try_lock(descriptor: int) -> None:
        # flock and not lockf: it belongs to the opened file, so that two stores in one process
        # exclude each other too, and closing another descriptor does not give it up.
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


_FIRST_PAUSE = 0.0005
_LONGEST_PAUSE = 0.02


def acquire(path: Path) -> int | None:
    """A descriptor that holds the lock of the file at `path`, or `None` where another has it.

    The file is made if need be, with mode 0600. Closing the descriptor gives the lock up.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _try_lock(descriptor)
    except (BlockingIOError, PermissionError):
        os.close(descriptor)
        return None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


HoldLock: TypeAlias = Callable[[], AbstractContextManager[None]]
"""Holds the lock of a store while something is written."""


class FileLock:
    """A lock between instances of the program; the file holds nothing else."""

    def __init__(
        self, path: Path, *, patience: float = 5.0, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._path = path
        self._patience = patience
        self._pause = pause

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold the lock.

        Raises:
            TransientStoreError: Others kept it for longer than the patience lasts.
            OSError: The file system has no such locks, or the file cannot be made.
        """
        descriptor = self._acquire()
        try:
            yield
        finally:
            os.close(descriptor)

    def _acquire(self) -> int:
        end = time.monotonic() + self._patience
        pause = _FIRST_PAUSE
        while (descriptor := acquire(self._path)) is None:
            if time.monotonic() >= end:
                raise TransientStoreError(
                    f"Another instance of this program keeps {safe_line(str(self._path))} locked."
                )
            self._pause(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
        return descriptor


_DAMAGE_NOTE = b"damaged"


class Instance:
    """A running instance, for as long as it holds the lock of a file named after its id.

    To be made under the store's lock, so that no other instance takes the fresh file for one
    that was left behind.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        self.id = str(uuid4())
        self._path = folder / self.id
        self._descriptor = acquire(self._path)

    def close(self, *, met_damage: bool = False) -> None:
        """Give up the lock. Where damage was met, a note of it is left for the next start."""
        if self._descriptor is None:
            return
        if met_damage:
            os.write(self._descriptor, _DAMAGE_NOTE)
        else:
            self._path.unlink(missing_ok=True)
        os.close(self._descriptor)
        self._descriptor = None


@dataclass(frozen=True, slots=True)
class InstanceStatus:
    """The ids of running instances, and of those that crashed since the last start."""

    living: frozenset[str]
    dead: frozenset[str]
    found_damage: bool


def live_instances(folder: Path) -> InstanceStatus:
    """Tell running instances from dead ones. To be called under the store's lock."""
    names = {path.name for path in folder.iterdir() if path.is_file()} if folder.is_dir() else set()
    living = frozenset(name for name in names if _is_held(folder / name))
    dead = frozenset(names) - living
    met_damage = any((folder / name).read_bytes() == _DAMAGE_NOTE for name in dead)
    return InstanceStatus(living, dead, met_damage)


def reap(folder: Path, dead: Iterable[str]) -> None:
    """Delete the files of dead instances, once their unfinished replies are ended."""
    for name in dead:
        (folder / name).unlink(missing_ok=True)


def _is_held(path: Path) -> bool:
    descriptor = acquire(path)
    if descriptor is None:
        return True
    os.close(descriptor)
    return False


MOUNTS = Path("/proc/self/mountinfo")

_REMOTE = {
    *("9p", "afs", "beegfs", "ceph", "cifs", "davfs", "drvfs", "fuse.glusterfs", "fuse.rclone"),
    *("fuse.s3fs", "fuse.sshfs", "gfs2", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4"),
    *("ocfs2", "smb2", "smb3", "smbfs", "vboxsf"),
}
"""File systems of other machines, whose locks and shared memory SQLite's log cannot rely on."""

_ESCAPE = lazy_pattern(r"\\([0-7]{3})")
_MOUNT_POINT = 4
_ROOT = 0


def require_private(folder: Path) -> None:
    """Refuse a folder in which another user could replace the store.

    Raises:
        StoreError: It belongs to another user, or every user may write to it or above it.
    """
    if not hasattr(os, "geteuid"):
        return
    for each in (folder, *folder.parents):
        if not each.exists():
            continue
        found = each.stat()
        # Where the sticky bit is set, as in /tmp, only the owner of a folder can move it away.
        is_guarded = bool(found.st_mode & stat.S_ISVTX) and each != folder
        if found.st_mode & stat.S_IWOTH and not is_guarded:
            raise StoreError(
                f"The store is not kept in {safe_line(str(each))}, because every user of this "
                "computer may write there. Please take that permission away (chmod o-w). Where "
                "that does nothing, as on drives of Windows, choose a folder with --data-dir."
            )
        if each == folder and found.st_uid not in (_ROOT, os.geteuid()):
            raise StoreError(
                f"The store is not kept in {safe_line(str(each))}, because that folder belongs "
                "to another user."
            )


def is_writable(path: Path) -> bool:
    """Can the store at `path` be written, and the files that SQLite makes beside it?"""
    if not path.parent.exists():
        return True
    return os.access(path.parent, os.W_OK) and (not path.exists() or os.access(path, os.W_OK))


def is_remote(folder: Path, mounts: Path = MOUNTS) -> bool:
    """Is `folder` on another machine, as far as the table of mounts tells?"""
    kind, longest = "", -1
    for line in _lines(mounts):
        before, _, after = line.partition(" - ")
        fields, kinds = before.split(" "), after.split(" ")
        if len(fields) <= _MOUNT_POINT:
            continue
        point = Path(_ESCAPE.sub(lambda match: chr(int(match[1], 8)), fields[_MOUNT_POINT]))
        # Of two mounts on the same folder the later one is seen.
        if folder.is_relative_to(point) and len(point.parts) >= longest:
            kind, longest = kinds[0], len(point.parts)
    return kind in _REMOTE


def _lines(mounts: Path) -> list[str]:
    try:
        return mounts.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return []
