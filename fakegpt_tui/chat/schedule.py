"""How many turns run at once, and who waits."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Schedule:
    """Lets at most `limit` turns run; the others wait in the order in which they came."""

    def __init__(self, limit: int) -> None:
        self._places = asyncio.Semaphore(limit)
        self._waiting: list[str] = []

    @asynccontextmanager
    async def place(self, turn_id: str) -> AsyncIterator[None]:
        """Hold a place while the block runs, waiting for one first if all are taken."""
        self._waiting.append(turn_id)
        try:
            await self._places.acquire()
        finally:
            self._waiting.remove(turn_id)
        try:
            yield
        finally:
            self._places.release()

    def would_wait(self) -> bool:
        """Would a turn that starts now have to wait?"""
        return self._places.locked()

    def position(self, turn_id: str) -> int:
        """The place in the queue, counted from 1; 0 for a turn that does not wait."""
        return self._waiting.index(turn_id) + 1 if turn_id in self._waiting else 0
