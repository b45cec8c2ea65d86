"""FM: the app of `floor` with Textual's own Markdown, fed the text that the host would send.

`python -m tests.benchmarks.floor_markdown SHAPE SIZE RATE` runs it in this terminal.
"""

import asyncio
import sys
import time

from textual.widget import Widget
from textual.widgets import Markdown

from tests.benchmarks.floor import Bare
from tests.benchmarks.texts import tokens


class Native(Bare):
    """F0 that shows a growing text as Markdown."""

    def __init__(self, shape: str, size: int, rate: float) -> None:
        super().__init__()
        self._asked = (shape, size, rate)

    def pane(self) -> Widget:
        return Markdown(classes="pane")

    def on_mount(self) -> None:
        super().on_mount()
        self.run_worker(self._stream())

    async def _stream(self) -> None:
        shape, size, rate = self._asked
        markdown = self.query_one(Markdown)
        markdown.anchor()
        stream = Markdown.get_stream(markdown)
        began = time.monotonic()
        for number, token in enumerate(tokens(shape, size)):
            await stream.write(token)
            if rate:
                await asyncio.sleep(max(0.0, began + (number + 1) / rate - time.monotonic()))
        await stream.write(f" E{time.monotonic_ns()}E")
        await stream.stop()


if __name__ == "__main__":
    shape, size, rate = sys.argv[1:]
    Native(shape, int(size), float(rate)).run()
