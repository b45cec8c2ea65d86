"""Concurrency limiter: how many turns run at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class ConcurrencyLimiter:
    """Lets at most `limit` turns run; the others wait in the order in which they came."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._running = 0
        self._waiting: dict[str, asyncio.Future[None]] = {}

    def set_limit(self, limit: int) -> None:
        """Let so many run from now on; of those that run already none is stopped."""
        self._limit = limit
        self._admit()

    @asynccontextmanager
    async def slot(self, turn_id: str) -> AsyncIterator[None]:
        """Hold a place while the block runs, waiting for one first if all are taken."""
        if self.is_full():
            await self._wait(turn_id)
        else:
            self._running += 1
        try:
            yield
        finally:
            self._release()

    def is_full(self) -> bool:
        """Would a turn that starts now have to wait?"""
        return self._running >= self._limit

    def position(self, turn_id: str) -> int:
        """The place in the queue, counted from 1; 0 for a turn that does not wait."""
        waiting = list(self._waiting)
        return waiting.index(turn_id) + 1 if turn_id in self._waiting else 0

    async def _wait(self, turn_id: str) -> None:
        """Wait until `_let_in` has taken a place for that turn."""
        place = self._waiting[turn_id] = asyncio.get_running_loop().create_future()
        try:
            await place
        except asyncio.CancelledError:
            # The place may have been given in the same moment.
            if self._waiting.pop(turn_id, None) is None:
                self._release()
            raise

    def _release(self) -> None:
        self._running -= 1
        self._admit()

    def _admit(self) -> None:
        while self._waiting and self._running < self._limit:
            place = self._waiting.pop(next(iter(self._waiting)))
            self._running += 1
            place.set_result(None)
