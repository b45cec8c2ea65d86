"""Listening: do something for a client for as long as it is there, and nothing else ends that."""

import asyncio
from types import TracebackType
from typing import Any, Self

from starlette.types import Scope

from fakegpt_tui.host.exchange import GONE


class WhileListening:
    """Leaves its block when the client has left, or when `ending` says why the reply has to end.

    The block is cancelled where it waits, as `asyncio.timeout` does it; that costs less than to
    have it in a task of its own, of which each reply would need one.
    """

    def __init__(self, scope: Scope, ending: asyncio.Future[str]) -> None:
        self._gone: asyncio.Future[None] = scope["extensions"][GONE]
        self._ending = ending
        self._is_interrupted = False
        self.sentence = ""
        """Why the block was left though the client is there; empty if it came to its end."""

    async def __aenter__(self) -> Self:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a client is listened to in a task")
        self._task, self._cancelling = task, task.cancelling()
        self._gone.add_done_callback(self._interrupt)
        self._ending.add_done_callback(self._interrupt)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> bool:
        self._gone.remove_done_callback(self._interrupt)
        self._ending.remove_done_callback(self._interrupt)
        is_ours = self._is_interrupted and self._task.uncancel() <= self._cancelling
        self._is_interrupted = True  # What has been called already has nothing left to do.
        if not (is_ours and kind is asyncio.CancelledError):
            return False
        if not self._gone.done():
            self.sentence = self._ending.result()
        return True

    def _interrupt(self, _: asyncio.Future[Any]) -> None:
        if not self._is_interrupted:
            self._is_interrupted = True
            self._task.cancel()
