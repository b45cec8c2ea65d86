"""The other floors: the app of `floor` with the least of what the program does.

`python -m tests.benchmarks.floors f1|f1+f2|fm` runs one of them in this terminal.
"""

import asyncio
import sys
import time

import httpx
from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Markdown

from tests.benchmarks.floor import Bare
from tests.benchmarks.texts import tokens

_RATE = 20


class Prepared(Widget):
    """Lines that were made before, another screenful of them each time."""

    def on_mount(self) -> None:
        letters = "the quick brown fox jumps over the lazy dog and runs on, "
        self._strips = [
            Strip([Segment((letters[n % 40 :] + letters * 2)[:86])]) for n in range(200)
        ]
        self._first = 0

    def step(self) -> None:
        self._first = (self._first + 1) % 150
        self.refresh(Region(0, 0, *self.size))

    def render_line(self, y: int) -> Strip:
        return self._strips[self._first + y % 50]


class Repainting(Bare):
    """F1: F0 that paints a pane of prepared lines twenty times a second."""

    def pane(self) -> Widget:
        return Prepared(classes="pane")

    def on_mount(self) -> None:
        super().on_mount()
        self.set_interval(1 / _RATE, self.query_one(Prepared).step)


class Reading(Repainting):
    """F1+F2: F1 that reads a reply with httpx meanwhile, and throws it away."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def on_mount(self) -> None:
        super().on_mount()
        self.run_worker(self._read())

    async def _read(self) -> None:
        async with (
            httpx.AsyncClient(timeout=None, trust_env=False) as client,
            client.stream("POST", self._url, json={}) as response,
        ):
            async for _ in response.aiter_raw():
                pass


class Native(Bare):
    """FM: F0 with Textual's own Markdown, fed the text that the host would send."""

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


def main(name: str, *asked: str) -> None:
    match name:
        case "f1":
            Repainting().run()
        case "f1+f2":
            Reading(*asked).run()
        case _:
            shape, size, rate = asked
            Native(shape, int(size), float(rate)).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
