"""Running instances that share a store, and the file locks they see each other by."""

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeAlias
from uuid import uuid4

from fakegpt_tui.domain.fast_dataclass import dataclass
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
