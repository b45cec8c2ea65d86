"""Scripted backend: plays replies from scripts, for tests and demonstrations."""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, TypeAlias, runtime_checkable

from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.domain import Model, RequestRefused, ServiceError, StreamEvent


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait this many seconds."""

    seconds: float


@runtime_checkable
class Barrier(Protocol):
    """Something that a script can wait for, such as an `asyncio.Event` of the same loop."""

    async def wait(self) -> object: ...


class Gate:
    """A barrier that any thread can open, for scripts in any loop.

    A host streams in a loop of its own, which an `asyncio.Event` of the test's loop cannot hold.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_open = False
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    def open(self) -> None:
        with self._lock:
            self._is_open = True
            waiting, self._waiting = self._waiting, []
        for loop, event in waiting:
            # Nothing waits any more in a loop that is closed by now.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(event.set)

    async def wait(self) -> None:
        event = asyncio.Event()
        with self._lock:
            if self._is_open:
                return
            self._waiting.append((asyncio.get_running_loop(), event))
        await event.wait()


Step: TypeAlias = StreamEvent | Pause | Barrier | ServiceError
"""An event is yielded, a pause slept, a gate waited for, an error raised."""


class ScriptedBackend:
    """Plays one script per request, in the order in which they were given.

    Scripts are read as they are played, so an endless iterator is an endless reply. `requests`
    keeps all requests, `playing` counts the replies under way; any thread may read both.
    """

    def __init__(
        self,
        *scripts: Iterable[Step],
        models: tuple[Model, ...] = (Model("scripted", "Scripted"),),
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self.requests: list[ReplyRequest] = []
        self.playing = 0
        self.closed = False
        self._scripts = deque(scripts)
        self._models = models
        self._sleep = sleep

    def enqueue(self, script: Iterable[Step]) -> None:
        """Play `script` after those that are already waiting."""
        self._scripts.append(script)

    async def stream(self, request: ReplyRequest) -> AsyncGenerator[StreamEvent]:
        """Stream the next script.

        Raises:
            RequestRefused: There is none.
        """
        self.requests.append(request)
        if not self._scripts:
            raise RequestRefused("The script has come to its end.")
        self.playing += 1
        try:
            for step in self._scripts.popleft():
                match step:
                    case Pause(seconds):
                        await self._sleep(seconds)
                    case Barrier():
                        await step.wait()
                    case ServiceError():
                        raise step
                    case _:
                        yield step
        finally:
            self.playing -= 1

    async def models(self) -> tuple[Model, ...]:
        return self._models

    async def aclose(self) -> None:
        self.closed = True
