"""Reading an answer ahead of whoever takes it, so that all that is there is taken at once."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from fakegpt_tui.transport.rests import ReadThrottle

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
