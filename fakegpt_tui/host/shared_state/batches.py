"""Batches of a script: what many replies ask within a moment is one exchange with the engine."""

import asyncio
from collections.abc import Sequence
from contextvars import Context
from dataclasses import dataclass
from typing import Final, TypeAlias

from redis.asyncio import Redis
from redis.exceptions import OutOfMemoryError

from fakegpt_tui.host.conversations import StateError, StateFull, StateLost
from fakegpt_tui.host.shared_state.connection import StateConnection

BATCH_SECONDS: Final = 0.05

_Answer: TypeAlias = list[int] | Exception


@dataclass(frozen=True, slots=True)
class _Call:
    keys: Sequence[str]
    arguments: Sequence[str | float]
    answer: "asyncio.Future[list[int]]"


class ScriptBatches:
    """Runs a script for many at once: a call waits until others have joined it.

    That costs a process a fraction of what as many exchanges do. Each call has its own answer.
    """

    def __init__(self, connection: StateConnection, source: str) -> None:
        self._connection = connection
        self._script = connection.script(source)
        self._calls: list[_Call] = []
        self._running: set[asyncio.Task[None]] = set()

    async def __call__(self, keys: Sequence[str], *arguments: str | float) -> list[int]:
        """Run the script soon. Raises as `StateConnection.run` does."""
        loop = asyncio.get_running_loop()
        call = _Call(keys, arguments, loop.create_future())
        self._calls.append(call)
        if len(self._calls) == 1:
            # What the caller has waited for in vain is not counted against the others.
            loop.call_later(BATCH_SECONDS, self._start, context=Context())
        return await call.answer

    def _start(self) -> None:
        calls, self._calls = self._calls, []
        task = asyncio.get_running_loop().create_task(self._run(calls))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _run(self, calls: Sequence[_Call]) -> None:
        async def run(redis: Redis) -> list[_Answer]:
            pipeline = redis.pipeline(transaction=False)
            for call in calls:
                await self._script.queue(pipeline, call.keys, *call.arguments)
            return await pipeline.execute(raise_on_error=False)

        answers: list[_Answer]
        try:
            answers = await self._connection.run(run)
        except StateError as error:
            answers = [error] * len(calls)
        for call, answer in zip(calls, answers, strict=True):
            if call.answer.done():
                continue
            match answer:
                case list():
                    call.answer.set_result(answer)
                case OutOfMemoryError():
                    self._connection.figures.full += 1
                    call.answer.set_exception(StateFull())
                case _:
                    call.answer.set_exception(StateLost())
