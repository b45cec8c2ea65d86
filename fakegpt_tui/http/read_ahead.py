"""Read-ahead: buffer what a response sends, and throttle reads between bursts."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from time import monotonic
from typing import Final, Protocol

from fakegpt_tui.http.direct_connections import FIRST_CHUNKS

PAUSE_SECONDS: Final = 0.04
"""A screen shows at most twenty changes a second."""

_BURST_SECONDS: Final = 0.004
"""After a pause, all that came in the meantime is read without another."""

_MANY_CHUNKS: Final = 25
"""In what the socket held at once: the sender is faster than bursts and pauses would be."""

_FAST_BYTES_PER_SECOND: Final = 3_000_000
"""Above this rate, reading never pauses."""


class ReadThrottle:
    """Pauses a reader between bursts of chunks.

    Waking up for every few letters costs several times what the letters do. During a pause, chunks
    wait in the socket, and a fast sender would have to wait for room in it: at a high rate there is
    no pause, neither of bytes nor of small chunks. A chunk that was read together with others is
    never paused after: those that follow it are here already, and would only get older.
    """

    def __init__(
        self,
        clock: Callable[[], float] = monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._chunks = 0
        self._together = 0
        self._size = 0
        self._began = self._ended = clock()

    def add(self, chunk: bytes) -> None:
        """Count `chunk`, which came together with the one before it."""
        self._chunks += 1
        self._together += 1
        self._size += len(chunk)

    async def pause_after(self, chunk: bytes) -> None:
        """Pause if it is time to, now that `chunk` was waited for and read."""
        self._chunks += 1
        self._size += len(chunk)
        had_many, self._together = self._together >= _MANY_CHUNKS, 1
        now = self._clock()
        is_burst = now < self._ended + _BURST_SECONDS
        is_fast = self._size > _FAST_BYTES_PER_SECOND * (now - self._began)
        if had_many or is_burst or is_fast or self._chunks <= FIRST_CHUNKS:
            return
        self._began, self._size = now, 0
        await self._sleep(PAUSE_SECONDS)
        self._ended = self._clock()


class _Turns:
    """Tells whether the loop went on to others since the last time it was asked."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._mark: asyncio.Handle | None = None

    def passed(self) -> bool:
        is_same = self._mark is not None
        if not is_same:
            self._mark = self._loop.call_soon(self._pass)
        return not is_same

    def _pass(self) -> None:
        self._mark = None


class Arriving(Protocol):
    """The body of a response, of which more comes while nothing is taken."""

    @property
    def has_chunks(self) -> bool:
        """Has something come that was not taken?"""
        ...

    async def rest(self) -> None:
        """Let more come, if that saves work."""
        ...

    async def take(self) -> list[bytes]:
        """All chunks that have come, in order; waits for one; an empty list after the end."""
        ...

    async def aclose(self) -> None:
        """Stop reading."""
        ...


_DRAIN_BYTES = 1 << 18
"""Above this many bytes, `take` does not look whether more are in the socket."""

_MAX_BUFFERED = 1 << 20
"""Above this many bytes, nothing is read until some are taken."""


class ReadAhead:
    """Buffers the chunks of one response, in a task of its own, until it is closed.

    HTTP yields every chunk of the sender by itself. Taken one by one, the chunks of a sender that
    is faster than the reader would be processed long after newer ones have come.
    """

    def __init__(self, arriving: AsyncGenerator[bytes]) -> None:
        self._arriving = arriving
        self._chunks: list[bytes] = []
        self._size = 0
        self._changed = asyncio.Event()
        self._has_room = asyncio.Event()
        self._task = asyncio.create_task(self._fill(), name="read-ahead")
        self._task.add_done_callback(self._end)

    @property
    def has_chunks(self) -> bool:
        return False  # `take` looks for more in the socket in any case.

    async def rest(self) -> None:
        """The task that reads does so."""

    async def take(self) -> list[bytes]:
        """All chunks that have come, in order; an empty list after the end.

        An error that ended the response is raised once all chunks before it have been taken.
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
        """Stop reading."""
        self._task.cancel()
        await asyncio.shield(asyncio.ensure_future(asyncio.wait([self._task])))

    async def _fill(self) -> None:
        throttle, turns = ReadThrottle(), _Turns()
        async with aclosing(self._arriving) as arriving:
            async for chunk in arriving:
                if not chunk:
                    continue
                self._chunks.append(chunk)
                self._size += len(chunk)
                self._changed.set()
                while self._size > _MAX_BUFFERED:
                    self._has_room.clear()
                    await self._has_room.wait()
                if turns.passed():
                    await throttle.pause_after(chunk)
                else:
                    throttle.add(chunk)

    async def _drain_socket(self) -> None:
        """Read what the socket holds already."""
        size = -1
        while size < self._size < _DRAIN_BYTES and not self._task.done():
            size = self._size
            await asyncio.sleep(0)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._changed.set()
        if not task.cancelled():
            task.exception()  # Seen, so that asyncio does not log it where no one takes to the end.
