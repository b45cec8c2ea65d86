"""A transcript whose reply grows, fragment by fragment, and what each one costs.

`python -m tests.benchmarks.growing_app shape results size…`
"""

import asyncio
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

from textual.app import App, ComposeResult

from fakegpt_tui.domain import ChatMessage, MessageStatus, Role, now
from fakegpt_tui.ui.widgets.transcript.view import Transcript
from tests.benchmarks.texts import SHAPES

_FRAGMENT = 16
_FRAGMENTS = 60


class Growing(App[None]):
    """Shows one reply after another, and lets each one grow."""

    ENABLE_COMMAND_PALETTE = False

    def __init__(self, shape: str, results: Path, sizes: list[int]) -> None:
        super().__init__()
        self._shape = shape
        self._results = results
        self._sizes = sizes

    def compose(self) -> ComposeResult:
        yield Transcript()

    def on_mount(self) -> None:
        self.run_worker(self._measure())

    async def _measure(self) -> None:
        costs = {str(size): await self._cost(size) for size in self._sizes}
        self._results.write_text(json.dumps(costs))
        self.exit()

    async def _cost(self, size: int) -> float:
        """Milliseconds of processor time for one more fragment, painted."""
        transcript = self.query_one(Transcript)
        text = SHAPES[self._shape](size + _FRAGMENT * (_FRAGMENTS + 1))
        message = ChatMessage(
            id=str(size),
            conversation_id=str(size),
            parent_id=None,
            role=Role.ASSISTANT,
            text=text[:size],
            status=MessageStatus.STREAMING,
            created_at=now(),
        )
        transcript.show(str(size), [message])
        transcript.update_message(replace(message, text=text[: size + _FRAGMENT]))
        await self._painted()
        before = time.process_time()
        for number in range(2, _FRAGMENTS + 2):
            grown = text[: size + number * _FRAGMENT]
            transcript.update_message(replace(message, text=grown))
            await self._painted()
        return 1000 * (time.process_time() - before) / _FRAGMENTS

    async def _painted(self) -> None:
        event = asyncio.Event()
        self.call_after_refresh(event.set)
        await event.wait()


if __name__ == "__main__":
    _, shape, results, *sizes = sys.argv
    Growing(shape, Path(results), [int(size) for size in sizes]).run()
