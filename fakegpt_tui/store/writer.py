"""Store writer: the one thread that writes, with coalesced deltas and retries."""

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from fakegpt_tui.domain import NotSavedYet, StoreError
from fakegpt_tui.store import migrations
from fakegpt_tui.store.connection import FileIdentity, transaction
from fakegpt_tui.store.errors import ReplacedStore, TransientStoreError, translate_errors
from fakegpt_tui.store.instances import Lock
from fakegpt_tui.store.queries import DeltaBuffer

WriteOperation: TypeAlias = Callable[[sqlite3.Connection], None]
"""Statements on plain values; they are run in a transaction."""

# A quarter second at most is lost to a crash, and writing takes some of that.
COALESCE_SECONDS = 0.2
COALESCE_BYTES = 4096
RETRY_SECONDS = 2.0

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

    deltas: DeltaBuffer
    work: WriteOperation | None = None
    durable: bool = False
    done: Future[None] = field(default_factory=Future)

    def __post_init__(self) -> None:
        # From now on `cancel` has no effect: cancelling who waits must not undo a save.
        self.done.set_running_or_notify_cancel()

    def settle(self, trouble: StoreError | None) -> None:
        """Tell how it went, to whom has not been told before."""
        if self.done.done():
            return
        if trouble is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(trouble)


class StoreWriter:
    """Writes what is handed to it, in that order, on a thread and a connection of its own.

    Growth and notes are gathered until 200 ms after the first of them, or 4 kB, and then written
    at once; they always come before any work that is handed over later. What cannot be written
    because of a trouble that may pass is kept, in order, and tried again until the end.
    """

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        lock: Lock,
        *,
        gathering_time: float = COALESCE_SECONDS,
        retry_time: float = RETRY_SECONDS,
    ) -> None:
        self.last_error: StoreError | None = None
        """Why the last write failed; `None` after one that succeeded."""
        self.foreign_changes = 0
        """How often `look` found that another instance has written."""
        self._path = path
        self._connection = connection
        self._lock = lock
        self._gathering_time = gathering_time
        self._retry_time = retry_time
        self._identity = FileIdentity(path)
        self._data_version = _read_data_version(connection)
        self._changed = threading.Condition()
        self._jobs: deque[_Job] = deque()
        self._deltas = DeltaBuffer()
        self._coalesced: dict[str, _Job] = {}
        self._due = 0.0
        self._poll_requested = False
        self._closing = False
        self._unwritten: deque[_Job] = deque()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, work: WriteOperation, *, durable: bool = False) -> Future[None]:
        """Queue `work`. Once it is done it survives a crash, if `durable` a power cut as well."""
        with self._changed:
            job = _Job(DeltaBuffer(), work, durable)
            if self._closing:
                job.settle(StoreError("The store is closed."))
            else:
                self._flush_coalesced()
                self._jobs.append(job)
                self._changed.notify()
        return job.done

    def submit_coalesced(self, name: str, work: WriteOperation) -> Future[None]:
        """Gather `work`, in place of what was gathered under that name before."""
        with self._changed:
            if self._closing:
                return self.submit(work)
            self._start_coalescing()
            job = self._coalesced.setdefault(name, _Job(DeltaBuffer()))
            job.work = work
        return job.done

    def append_reply(self, reply_id: str, text: str, keep: int | None) -> None:
        """Gather growth of a reply."""
        with self._changed:
            self._start_coalescing()
            self._deltas.add(reply_id, text, keep)
            if self._deltas.size >= COALESCE_BYTES:
                self._flush_coalesced()
                self._changed.notify()

    def poll(self) -> None:
        """Look soon whether another instance has written, and whether the file is still there."""
        with self._changed:
            self._poll_requested = True
            self._changed.notify()

    def close(self, deadline: float) -> bool:
        """Write what is queued, for `deadline` seconds at most; was that all?"""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(deadline)
        if self._thread.is_alive():
            self._fail_queued()
            return False
        return not self._unwritten

    def _fail_queued(self) -> None:
        """Take the queue away from the thread, which may still be at its current job."""
        with self._changed:
            self._flush_coalesced()
            jobs, self._jobs = self._jobs, deque()
        for job in jobs:
            job.settle(StoreError("The program ended before this was saved."))

    def _start_coalescing(self) -> None:
        if not self._deltas and not self._coalesced:
            self._due = time.monotonic() + self._gathering_time
            self._changed.notify()

    def _flush_coalesced(self) -> None:
        if self._deltas:
            self._jobs.append(_Job(self._deltas))
            self._deltas = DeltaBuffer()
        self._jobs.extend(self._coalesced.values())
        self._coalesced = {}

    def _run(self) -> None:
        try:
            while (job := self._next()) is not None:
                self._process(job)
            if self._unwritten:
                self._process(_Job(DeltaBuffer()))
        finally:
            with self._changed:
                self._closing = True
            self._fail_queued()
            # The last connection that is closed makes a checkpoint.
            with ExitStack() as stack:
                with suppress(StoreError), translate_errors(self._path):
                    stack.enter_context(self._lock.hold())
                self._connection.close()

    def _next(self) -> _Job | None:
        """Wait for something to do, be it nothing but another try; `None` at the end."""
        with self._changed:
            retry_at = time.monotonic() + self._retry_time
            while not self._jobs and not self._poll_requested:
                now = time.monotonic()
                is_gathering = bool(self._deltas or self._coalesced)
                if is_gathering and (self._closing or self._due <= now):
                    self._flush_coalesced()
                elif self._closing:
                    return None
                elif self._unwritten and retry_at <= now:
                    return _Job(DeltaBuffer())
                else:
                    moments = [self._due] if is_gathering else []
                    moments += [retry_at] if self._unwritten else []
                    self._changed.wait(min(moments) - now if moments else None)
            return self._jobs.popleft() if self._jobs else _Job(DeltaBuffer())

    def _process(self, job: _Job) -> None:
        if self._poll_requested:
            self._poll_requested = False
            self._poll_file()
        if job.deltas or job.work is not None:
            self._unwritten.append(job)
        while self._unwritten:
            trouble = self._write(self._unwritten[0])
            if isinstance(trouble, TransientStoreError):
                kept = NotSavedYet(f"{trouble} What was not saved is kept in memory for now.")
                for unwritten in self._unwritten:
                    unwritten.settle(kept)
                return
            self._unwritten.popleft().settle(trouble)

    def _poll_file(self) -> None:
        try:
            with translate_errors(self._path):
                self._identity.check()
                version = _read_data_version(self._connection)
        except StoreError as trouble:
            self.last_error = trouble
            return
        if isinstance(self.last_error, ReplacedStore) and not self._unwritten:
            self.last_error = None
        if version != self._data_version:
            self._data_version = version
            self.foreign_changes += 1

    def _write(self, job: _Job) -> StoreError | None:
        """Write a job; why could that not be done?"""
        if growth := job.deltas:
            trouble = self._attempt(lambda connection: _add_deltas(connection, growth), False)
            if trouble is not None:
                return trouble
            job.deltas = DeltaBuffer()
        return None if job.work is None else self._attempt(job.work, job.durable)

    def _attempt(self, work: WriteOperation, durable: bool) -> StoreError | None:
        try:
            with translate_errors(self._path), self._lock.hold():
                self._identity.check()
                # Full makes every commit reach the disk; a log without it survives all but a
                # power cut, and the next full commit takes it along. Without a log, a crash in
                # the middle of a commit would not be survived either.
                is_logged = journal_mode(self._connection) == "wal"
                synchronous = "NORMAL" if is_logged and not durable else "FULL"
                self._connection.execute(f"PRAGMA synchronous = {synchronous}")
                with transaction(self._connection):
                    self._require_current_version()
                    work(self._connection)
        except StoreError as trouble:
            self.last_error = trouble
            return trouble
        self.last_error = None
        return None

    def _require_current_version(self) -> None:
        if migrations.read_version(self._connection) != migrations.VERSION:
            raise ReplacedStore(
                "A newer version of this program has changed the store while this one ran. "
                "Please start it again."
            )


def journal_mode(connection: sqlite3.Connection) -> str:
    (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    return str(mode)


def _read_data_version(connection: sqlite3.Connection) -> int:
    """A number that changes when another connection has written."""
    (number,) = connection.execute("PRAGMA data_version").fetchone()
    return int(number)


def _add_deltas(connection: sqlite3.Connection, growth: DeltaBuffer) -> None:
    connection.executemany(
        _ADD_DELTA,
        [{"id": reply_id, "keep": keep, "text": text} for reply_id, keep, text in growth.deltas()],
    )
