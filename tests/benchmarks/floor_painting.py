"""F1: the app of `floor` that paints a pane of prepared lines twenty times a second.

`python -m tests.benchmarks.floor_painting` runs it in this terminal.
"""

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tests.benchmarks.floor import Bare

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
    """F0 that paints a pane of prepared lines twenty times a second."""

    def pane(self) -> Widget:
        return Prepared(classes="pane")

    def on_mount(self) -> None:
        super().on_mount()
        self.set_interval(1 / _RATE, self.query_one(Prepared).step)


if __name__ == "__main__":
    Repainting().run()
