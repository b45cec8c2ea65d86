"""Locks that live in files, so that instances of the program can see each other."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from fakegpt_tui.store.trouble import TransientStoreError
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


class Lock(Protocol):
    """What is held while something is written."""

    def hold(self) -> AbstractContextManager[None]: ...


class FileLock:
    """Serialises what instances do with the same file."""

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
            PassingTrouble: Others kept it for longer than the patience lasts.
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
