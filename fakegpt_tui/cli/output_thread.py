"""Standard output in a thread: a terminal or a pipe that takes nothing stops only what is printed.

Writing to a terminal that ctrl+s has stopped, or to a pipe that is not read, returns once some of
it was taken. The event loop must not wait for that, because it reads and saves the reply, and hears
signals.
"""

from __future__ import annotations

import io
import math
import os
import stat
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_GOODBYE = 0.5
"""Seconds without progress that the end of the program waits once a signal has asked for it."""
_PIECE = 16_384
"""Bytes of a write, each of which is progress."""


class OutputThread:
    """Writes what is printed to terminals and pipes, in the order in which it was printed."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[int, bytes]] = deque()
        self._changed = threading.Condition()
        self._taken_at = monotonic()
        self._patience = math.inf
        self._is_closed = False
        self._on_failure: Callable[[], object] = lambda: None
        self.failure: OSError | None = None
        """Why standard output takes no more."""
        threading.Thread(target=self._run, name="output", daemon=True).start()

    def put(self, descriptor: int, data: bytes) -> None:
        """Write `data` when its turn comes.

        Raises:
            OSError: Standard output takes no more.
        """
        if descriptor == 1 and self.failure is not None:
            raise OSError(self.failure.errno, self.failure.strerror)
        with self._changed:
            self._waiting.append((descriptor, data))
            self._changed.notify_all()

    @contextmanager
    def watched(self, on_failure: Callable[[], object]) -> Iterator[None]:
        """Call `on_failure`, in the thread, if standard output takes no more within the block."""
        with self._changed:
            self._on_failure = on_failure
            if self.failure is not None:
                on_failure()
        try:
            yield
        finally:
            with self._changed:
                self._on_failure = lambda: None

    def hurry(self) -> None:
        """From now on wait for what is slow, and not for what takes nothing."""
        self._patience = _GOODBYE

    def drain(self) -> None:
        """Wait until all is written."""
        begun = monotonic()
        with self._changed:
            while self._waiting and monotonic() - max(begun, self._taken_at) < self._patience:
                self._changed.wait(_GOODBYE)

    def close(self) -> None:
        """End the thread once all is written; what it waits for now is left to it."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _run(self) -> None:
        while (item := self._next()) is not None:
            descriptor, data = item
            for start in range(0, len(data), _PIECE):
                self._write(descriptor, memoryview(data)[start : start + _PIECE])
            with self._changed:
                self._waiting.popleft()
                self._changed.notify_all()

    def _next(self) -> tuple[int, bytes] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_closed)
            return self._waiting[0] if self._waiting else None

    def _write(self, descriptor: int, piece: memoryview) -> None:
        try:
            while piece and not (descriptor == 1 and self.failure):
                piece = piece[os.write(descriptor, piece) :]
                self._taken_at = monotonic()
        except OSError as error:
            if descriptor == 1:
                with self._changed:
                    self.failure = error
                    self._on_failure()


class _QueuedFile(io.RawIOBase):
    """The bytes below a text file that is written by an `OutputThread`."""

    def __init__(self, descriptor: int, thread: OutputThread) -> None:
        self._descriptor = descriptor
        self._thread = thread

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        raw = bytes(data)
        self._thread.put(self._descriptor, raw)
        return len(raw)


@contextmanager
def printed_in_thread() -> Iterator[OutputThread]:
    """Have all that the block prints written in a thread, and wait for that at its end.

    Files are written as ever: they take what they are given.

    Raises:
        OSError: Standard output took no more.
    """
    thread = OutputThread()
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (_queued(each, thread) for each in before)
    try:
        yield thread
    except (KeyboardInterrupt, SystemExit):
        thread.hurry()
        raise
    finally:
        sys.stdout, sys.stderr = before
        thread.drain()
        thread.close()
    if thread.failure is not None:
        raise thread.failure


def _queued(file: TextIO, thread: OutputThread) -> TextIO:
    """`file` as the thread writes it, if that can take long."""
    with suppress(OSError):  # What stands in for it may have no descriptor.
        if isinstance(file, io.TextIOWrapper) and os.name == "posix":
            descriptor = file.fileno()
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                file.flush()
                return io.TextIOWrapper(
                    _QueuedFile(descriptor, thread),  # type: ignore[type-var]
                    file.encoding,
                    file.errors,
                    write_through=True,
                )
    return file
