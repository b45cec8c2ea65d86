"""Searching on a connection of its own, one question at a time."""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

from fakegpt_tui.domain import SearchHit, SearchQuery, StoreError
from fakegpt_tui.store import searching
from fakegpt_tui.store.trouble import translate_errors

_STEPS = 2000
"""Steps of SQLite's machine between two looks at whether to stop; a fraction of a millisecond."""


class SearchConnection:
    """Answers one question at a time: a newer one makes an end of the one before."""

    def __init__(self, path: Path, open_connection: Callable[[], sqlite3.Connection]) -> None:
        self._path = path
        self._open = open_connection
        self._connection: sqlite3.Connection | None = None
        self._busy = threading.Lock()
        self._asking = threading.Lock()
        self._newest = 0
        self._is_closed = False

    def search(
        self, query: SearchQuery, limit: int, *, best_first: bool, stopped: Callable[[], bool]
    ) -> tuple[SearchHit, ...]:
        """What is found; nothing once `stopped` says so, or a newer question has come.

        Raises:
            StoreError: The index cannot be read.
        """
        with self._asking:
            self._newest += 1
            number = self._newest
        self._interrupt()

        def is_over() -> bool:
            return self._is_closed or number != self._newest or stopped()

        with self._busy, translate_errors(self._path):
            if self._is_closed:
                raise StoreError("The store is closed.")
            if self._connection is None:
                self._connection = self._open()
            self._connection.set_progress_handler(is_over, _STEPS)
            try:
                return searching.find_hits(
                    self._connection, query, limit, best_first=best_first, stopped=is_over
                )
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                    return ()
                raise
            finally:
                self._connection.set_progress_handler(None, _STEPS)

    def close(self) -> None:
        self._is_closed = True
        self._interrupt()
        with self._busy:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _interrupt(self) -> None:
        if self._connection is not None:
            self._connection.interrupt()
