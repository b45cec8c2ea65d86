"""Renewal of what a host holds: all of it together, every ten seconds, as long as it holds any."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Final

_RENEW_SECONDS: Final = 10.0
"""A third of how long a lease lasts, so that one renewal may fail."""


class Renewal:
    """Calls `renew` again and again while `is_needed`; nothing runs while it is not."""

    def __init__(
        self, renew: Callable[[], Coroutine[object, object, None]], is_needed: Callable[[], bool]
    ) -> None:
        self._renew = renew
        self._is_needed = is_needed
        self._timer: asyncio.TimerHandle | None = None
        self._running: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """Begin, unless it has; to be called when there is something to renew."""
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(_RENEW_SECONDS, self._start)

    def close(self) -> None:
        """Renew nothing more; what is held ends by itself."""
        if self._timer is not None:
            self._timer.cancel()
        for task in self._running:
            task.cancel()

    def _start(self) -> None:
        self._timer = None
        if self._is_needed():
            task = asyncio.create_task(self._renew())
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            self.wake()
