"""Read-ahead: buffer what a response sends, and throttle reads between bursts."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from time import monotonic
from typing import Final

PAUSE_SECONDS: Final = 0.04
"""Seconds. A screen shows no more than twenty changes a second."""

_BURST_SECONDS: Final = 0.002
"""Seconds in which everything is read that has come in the meantime."""

_FIRST_CHUNKS: Final = 8
"""The first words are waited for, so that there is no rest before them."""

_FAST_BYTES_PER_SECOND: Final = 3_000_000
"""Bytes a second from which on reading is all that there is to do."""


class ReadThrottle:
    """Has a reader rest between two bursts of pieces.

    To be woken for every few letters costs a multiple of what the letters do. While nobody reads,
    pieces wait in the socket, and a sender that is in a hurry waits for room in it: one that sends
    so much is never rested from.
    """

    def __init__(
        self,
        clock: Callable[[], float] = monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._chunks = 0
        self._size = 0
        self._began = self._ended = clock()

    async def pause_after(self, piece: bytes) -> None:
        """Rest, if it is time to, now that this piece was read."""
        self._chunks += 1
        self._size += len(piece)
        now = self._clock()
        is_burst = now < self._ended + _BURST_SECONDS
        is_fast = self._size > _FAST_BYTES_PER_SECOND * (now - self._began)
        if is_burst or is_fast or self._chunks <= _FIRST_CHUNKS:
            return
        self._began, self._size = now, 0
        await self._sleep(PAUSE_SECONDS)
        self._ended = self._clock()


_DRAIN_BYTES = 1 << 18
"""Bytes after which nobody waits to see whether more are there already."""

_MAX_BUFFERED = 1 << 20
"""Bytes after which nothing is read until some are taken."""


class ReadAhead:
    """Takes in the pieces of one answer, in a task of its own, until it is closed.

    HTTP hands over one piece for every chunk of the sender. Taken one by one, a sender that is
    faster than the reader would have each of them looked at, long after newer ones have come.
    """

    def __init__(self, arriving: AsyncGenerator[bytes]) -> None:
        self._arriving = arriving
        self._chunks: list[bytes] = []
        self._size = 0
        self._changed = asyncio.Event()
        self._has_room = asyncio.Event()
        self._task = asyncio.create_task(self._fill(), name="inflow")
        self._task.add_done_callback(self._end)

    async def take(self) -> list[bytes]:
        """All that has come, in order; nothing after the end.

        What ended it in trouble is raised as it was, once all that came before has been taken.
        """
        while not self._chunks and not self._task.done():
            self._changed.clear()
            await self._changed.wait()
        await self._drain_socket()
        if not self._chunks:
            self._task.result()
        taken, self._chunks, self._size = self._chunks, [], 0
        self._has_room.set()
        return taken

    async def aclose(self) -> None:
        """Read no further."""
        self._task.cancel()
        await asyncio.shield(asyncio.ensure_future(asyncio.wait([self._task])))

    async def _fill(self) -> None:
        rests = ReadThrottle()
        async with aclosing(self._arriving) as arriving:
            async for piece in arriving:
                if not piece:
                    continue
                self._chunks.append(piece)
                self._size += len(piece)
                self._changed.set()
                while self._size > _MAX_BUFFERED:
                    self._has_room.clear()
                    await self._has_room.wait()
                await rests.pause_after(piece)

    async def _drain_socket(self) -> None:
        """Let in what the socket holds already."""
        size = -1
        while size < self._size < _DRAIN_BYTES and not self._task.done():
            size = self._size
            await asyncio.sleep(0)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._changed.set()
        if not task.cancelled():
            task.exception()  # Nobody may take to the end, and that is no reason to complain.
