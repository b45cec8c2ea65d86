"""The one thread that writes to the store."""

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from fakegpt_tui.domain import StoreError
from fakegpt_tui.store import migrations
from fakegpt_tui.store.connection import JOURNAL, Identity, transaction
from fakegpt_tui.store.growth import Growth
from fakegpt_tui.store.locks import FileLock
from fakegpt_tui.store.trouble import ReplacedStore, translated

Work: TypeAlias = Callable[[sqlite3.Connection], None]
"""Statements on plain values; they are run in a transaction."""

GATHERING_TIME = 0.25
GATHERING_SIZE = 4096

# A reply that is finished or deleted takes nothing more; its text is what was saved last.
_ADD_DELTA = """
    INSERT INTO reply_delta (message_id, seq, keep, text)
    SELECT
        id,
        (SELECT coalesce(max(seq), 0) + 1 FROM reply_delta WHERE message_id = :id),
        :keep,
        :text
    FROM chat_message
    WHERE id = :id AND owner IS NOT NULL
"""


@dataclass(slots=True)
class _Job:
    """Growth, and then what may be known about the work that came after it."""

    growth: Growth
    work: Work | None = None
    durable: bool = False
    done: Future[None] = field(default_factory=Future)

    def __post_init__(self) -> None:
        # From now on `cancel` has no effect: cancelling who waits must not undo a save.
        self.done.set_running_or_notify_cancel()


class Writer:
    """Writes what is handed to it, in that order, on a thread and a connection of its own.

    Growth is gathered until 250 ms after its first piece, or 4 kB, and then written for all
    replies at once; it always comes before any work that is handed over later. Growth that cannot
    be written is kept, and tried again with the next write.
    """

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        lock: FileLock,
        *,
        gathering_time: float = GATHERING_TIME,
    ) -> None:
        self.trouble: StoreError | None = None
        """Why the last write failed; `None` after one that succeeded."""
        self._path = path
        self._connection = connection
        self._lock = lock
        self._gathering_time = gathering_time
        self._identity = Identity(path)
        self._changed = threading.Condition()
        self._jobs: deque[_Job] = deque()
        self._growth = Growth()
        self._due = 0.0
        self._closing = False
        self._kept = Growth()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Work, *, durable: bool = False) -> Future[None]:
        """Queue `work`. Once it is done it survives a crash, if `durable` a power cut as well."""
        with self._changed:
            job = _Job(self._gathered(), work, durable)
            if self._closing:
                job.done.set_exception(StoreError("The store is closed."))
            else:
                self._jobs.append(job)
                self._changed.notify()
        return job.done

    def grow(self, reply_id: str, text: str, keep: int | None) -> None:
        """Gather growth of a reply."""
        with self._changed:
            if not self._growth:
                self._due = time.monotonic() + self._gathering_time
                self._changed.notify()
            self._growth.take(reply_id, text, keep)
            if self._growth.size >= GATHERING_SIZE:
                self._jobs.append(_Job(self._gathered()))
                self._changed.notify()

    def close(self, deadline: float) -> bool:
        """Write what is queued, for `deadline` seconds at most; was that all?"""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(deadline)
        if self._thread.is_alive():
            self._abandon()
            return False
        return not self._kept

    def _abandon(self) -> None:
        """Take the queue away from the thread, which may still be at its current job."""
        with self._changed:
            jobs, self._jobs, self._growth = self._jobs, deque(), Growth()
        for job in jobs:
            job.done.set_exception(StoreError("The program ended before this was saved."))

    def _gathered(self) -> Growth:
        growth, self._growth = self._growth, Growth()
        return growth

    def _run(self) -> None:
        try:
            while (job := self._next()) is not None:
                self._do(job)
            if self._kept:
                self._do(_Job(Growth()))
        finally:
            with self._changed:
                self._closing = True
            self._abandon()
            # The last connection that is closed makes a checkpoint.
            with suppress(StoreError), translated(self._path), self._lock.held():
                self._connection.close()

    def _next(self) -> _Job | None:
        """Wait for something to write; `None` when there will be no more."""
        with self._changed:
            while not self._jobs:
                left = self._due - time.monotonic() if self._growth else None
                if self._growth and (self._closing or (left is not None and left <= 0)):
                    return _Job(self._gathered())
                if self._closing:
                    return None
                self._changed.wait(left)
            return self._jobs.popleft()

    def _do(self, job: _Job) -> None:
        growth = self._kept.followed_by(job.growth) if self._kept else job.growth
        self._kept = Growth()
        if growth and not self._attempt(lambda connection: _add_deltas(connection, growth)):
            self._kept = growth
        if job.work is None:
            return
        if self._attempt(job.work, durable=job.durable):
            job.done.set_result(None)
        else:
            job.done.set_exception(self.trouble)

    def _attempt(self, work: Work, *, durable: bool = False) -> bool:
        try:
            with translated(self._path), self._lock.held():
                self._identity.check()
                # Full makes every commit reach the disk; a log without it survives all but a
                # power cut, and the next full commit takes it along.
                synchronous = "FULL" if durable or JOURNAL != "WAL" else "NORMAL"
                self._connection.execute(f"PRAGMA synchronous = {synchronous}")
                with transaction(self._connection):
                    self._must_be_ours()
                    work(self._connection)
        except StoreError as trouble:
            self.trouble = trouble
            return False
        self.trouble = None
        return True

    def _must_be_ours(self) -> None:
        if migrations.version(self._connection) != migrations.VERSION:
            raise ReplacedStore(
                "A newer version of this program has changed the store while this one ran. "
                "Please start it again."
            )


def _add_deltas(connection: sqlite3.Connection, growth: Growth) -> None:
    connection.executemany(
        _ADD_DELTA,
        [{"id": reply_id, "keep": keep, "text": text} for reply_id, keep, text in growth.deltas()],
    )
