"""Store writer: the one thread that writes, with coalesced deltas and retries."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from fakegpt_tui.domain import NotSavedYet, StoreError
from fakegpt_tui.fast_import import dataclass
from fakegpt_tui.store import migrations
from fakegpt_tui.store.connection import FileIdentity, WriteOperation, transaction
from fakegpt_tui.store.errors import ReplacedStore, TransientStoreError, translate_errors
from fakegpt_tui.store.queries import DeltaBuffer
from fakegpt_tui.store.write_operations import add_deltas

if TYPE_CHECKING:
    from fakegpt_tui.store.instances import HoldLock

_LOG = logging.getLogger(__name__)
_LOG.addHandler(logging.NullHandler())  # or Python would print warnings

# A quarter second at most is lost to a crash: reading pauses, and a busy machine writes late.
_COALESCE_SECONDS = 0.1
COALESCE_BYTES = 4096
_RETRY_SECONDS = 2.0
_KEPT = "What was not saved is kept in memory for now."


@dataclass(slots=True)
class _Job:
    """An operation, and the future that tells how it went."""

    operation: WriteOperation
    durable: bool = False
    done: Future[None] = field(default_factory=Future)

    def __post_init__(self) -> None:
        # From now on `cancel` has no effect: a caller that stops waiting must not undo a save.
        self.done.set_running_or_notify_cancel()

    def settle(self, error: StoreError | None) -> None:
        """Resolve the future, unless that was done before."""
        if self.done.done():
            return
        if error is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(error)


class StoreWriter:
    """Writes what is submitted, in that order, on a thread and a connection of its own.

    Deltas of replies and coalesced operations are gathered until 100 ms after the first of them,
    or 4 kB, and then written together, before anything that is submitted later. What fails with a
    `TransientStoreError` is kept, in order, and tried again until the end.
    """

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        hold_lock: HoldLock,
        *,
        identity: FileIdentity | None = None,
        coalesce_seconds: float = _COALESCE_SECONDS,
    ) -> None:
        """With an `identity`, nothing is written to another file at the same path."""
        self.last_error: StoreError | None = None
        """Why the last write failed; `None` after one that succeeded."""
        self.written = 0
        """How many jobs were done."""
        self.foreign_changes = 0
        """How often `poll` found that another instance has written."""
        self.on_change: Callable[[], None] = lambda: None
        """Called in the writer's thread after each write of this instance or another."""
        self._path = path
        self._connection = connection
        self._hold_lock = hold_lock
        self._coalesce_seconds = coalesce_seconds
        self._identity = identity
        self._data_version = migrations.read_pragma(connection, "data_version")
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

    def submit(self, operation: WriteOperation, *, durable: bool = False) -> Future[None]:
        """Queue an operation. Once done it survives a crash, if `durable` a power cut as well."""
        job = _Job(operation, durable)
        with self._changed:
            if self._closing:
                job.settle(StoreError("The store is closed."))
            else:
                self._flush_coalesced()
                self._jobs.append(job)
                self._changed.notify()
        return job.done

    def submit_coalesced(self, name: str, operation: WriteOperation) -> Future[None]:
        """Gather an operation, in place of the one that was gathered under that name before."""
        with self._changed:
            if self._closing:
                return self.submit(operation)
            self._start_coalescing()
            job = self._coalesced.setdefault(name, _Job(operation))
            job.operation = operation
        return job.done

    def append_reply(
        self, reply_id: str, text: str, keep: int | None, part: str | None = None
    ) -> None:
        """Gather a delta of a reply."""
        with self._changed:
            self._start_coalescing()
            self._deltas.add(reply_id, text, keep, part)
            if self._deltas.size >= COALESCE_BYTES:
                self._flush_coalesced()
                self._changed.notify()

    def poll(self) -> None:
        """Look soon whether another instance has written, and whether the file is still there."""
        with self._changed:
            self._poll_requested = True
            self._changed.notify()

    def close(self, deadline: float) -> bool:
        """Write what is queued, for `deadline` seconds at most; was everything written?"""
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
            self._due = time.monotonic() + self._coalesce_seconds
            self._changed.notify()

    def _flush_coalesced(self) -> None:
        if self._deltas:
            self._jobs.append(_Job(add_deltas(self._deltas.deltas())))
            self._deltas = DeltaBuffer()
        self._jobs.extend(self._coalesced.values())
        self._coalesced = {}

    def _run(self) -> None:
        try:
            while self._wait():
                self._process()
            self._process()
        finally:
            with self._changed:
                self._closing = True
            self._fail_queued()
            # The last connection that is closed makes a checkpoint.
            with ExitStack() as stack:
                with suppress(StoreError), translate_errors(self._path):
                    stack.enter_context(self._hold_lock())
                self._connection.close()

    def _wait(self) -> bool:
        """Wait for a job, a poll or the time of another try; is there one before the end?"""
        with self._changed:
            retry_at = time.monotonic() + _RETRY_SECONDS
            while not self._jobs and not self._poll_requested:
                now = time.monotonic()
                is_gathering = bool(self._deltas or self._coalesced)
                if is_gathering and (self._closing or self._due <= now):
                    self._flush_coalesced()
                elif self._closing:
                    return False
                elif self._unwritten and retry_at <= now:
                    return True
                else:
                    moments = [self._due] if is_gathering else []
                    moments += [retry_at] if self._unwritten else []
                    self._changed.wait(min(moments) - now if moments else None)
            return True

    def _process(self) -> None:
        """Write the next job, after those that could not be written before."""
        if self._poll_requested:
            self._poll_requested = False
            self._poll_file()
        with self._changed:
            if self._jobs:
                self._unwritten.append(self._jobs.popleft())
        while self._unwritten:
            error = self._write(self._unwritten[0])
            if isinstance(error, TransientStoreError):
                unsaved = NotSavedYet(str(error), _KEPT)
                for job in self._unwritten:
                    job.settle(unsaved)
                return
            self._unwritten.popleft().settle(error)

    def _poll_file(self) -> None:
        try:
            with translate_errors(self._path):
                self._check_identity()
                version = migrations.read_pragma(self._connection, "data_version")
        except StoreError as error:
            self.last_error = error
            return
        if isinstance(self.last_error, ReplacedStore) and not self._unwritten:
            self.last_error = None
        if version != self._data_version:
            self._data_version = version
            self.foreign_changes += 1
            self.on_change()

    def _write(self, job: _Job) -> StoreError | None:
        """Do a job; the error says why that failed."""
        began = time.monotonic()
        try:
            with translate_errors(self._path), self._hold_lock():
                self._check_identity()
                # Full makes every commit reach the disk; a log without it survives all but a
                # power cut, and the next full commit takes it along. Without a log, a crash in
                # the middle of a commit would not be survived either.
                is_logged = migrations.read_pragma(self._connection, "journal_mode") == "wal"
                synchronous = "NORMAL" if is_logged and not job.durable else "FULL"
                self._connection.execute(f"PRAGMA synchronous = {synchronous}")
                with transaction(self._connection):
                    self._require_current_version()
                    job.operation(self._connection)
        except StoreError as error:
            _LOG.warning("A write failed: %s", type(error).__name__)
            self.last_error = error
            return error
        _LOG.debug("A write took %.1f ms", (time.monotonic() - began) * 1000)
        self.last_error = None
        self.written += 1
        self.on_change()
        return None

    def _check_identity(self) -> None:
        if self._identity is not None:
            self._identity.check()

    def _require_current_version(self) -> None:
        if migrations.read_version(self._connection) != migrations.VERSION:
            raise ReplacedStore(
                "A newer version of this program has changed the store while this one ran. "
                "Please start it again."
            )
