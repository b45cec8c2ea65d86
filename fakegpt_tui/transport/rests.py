"""When to leave what comes in the socket for a while, so that it is read together."""

import asyncio
from collections.abc import Awaitable, Callable
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
