"""A reply that comes at reading speed: B3, B4, B5 and B13.

What B5 costs is held against F1 that reads the same bytes with httpx, which is what F2 does: to
read them takes more than to paint, and F1 alone would be no floor of a program that shows them.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.benchmarks.paced import paced
from tests.benchmarks.program import ask, floor, home, hosted, running
from tests.benchmarks.rows import Row, p95
from tests.benchmarks.watched import ALTERNATE, Watched

_SIZE = 10_000
_RATE = 200
_FLOOR_SECONDS = 4.0
_REPLY_SECONDS = 8.0
"""What is left of the reply once a floor is there."""

_SHORT_REPLIES = 8


@dataclass
class Cost:
    """Processor seconds and kilobytes, each for a second of streaming."""

    cpu: list[float] = field(default_factory=list)
    kilobytes: list[float] = field(default_factory=list)

    def add(self, terminal: Watched, cpu: float, count: int, seconds: float) -> None:
        self.cpu.append((terminal.cpu - cpu) / seconds)
        self.kilobytes.append((len(terminal.output) - count) / seconds / 1000)


def measure(repeats: int) -> Iterator[Row]:
    """Stream in the program, then in Textual's own Markdown, beside a pane that only repaints."""
    ours, painted, read, native = Cost(), Cost(), Cost(), Cost()
    firsts: list[float] = []
    lasts: list[float] = []
    with hosted() as url:
        for _ in range(repeats):
            with home(url) as made, running(made) as terminal:
                firsts.append(p95([_latency(terminal, "S") for _ in range(_SHORT_REPLIES)]))
                lasts.append(_stream(terminal, ours))
            _repaint(painted, _FLOOR_SECONDS, "painting")
            with paced("mixed", _SIZE, _RATE) as address:
                _repaint(read, _REPLY_SECONDS, "reading", address)
            _stream_natively(native)
    yield Row(
        budget="B3", what="first event to the screen, p95", values=firsts, limit=80, unit="ms"
    )
    yield Row(budget="B4", what="last word to the screen", values=lasts, limit=80, unit="ms")
    what = "processor, 10 KB at 200 tok/s"
    yield Row(
        budget="B5",
        what=what,
        values=ours.cpu,
        floor=read.cpu,
        floor_name="F1+F2",
        limit=1.3,
        unit="s/s",
    )
    yield Row(
        budget="B5",
        what=what,
        values=ours.cpu,
        floor=native.cpu,
        floor_name="FM",
        limit=0.3,
        unit="s/s",
    )
    yield Row(
        budget="B13",
        what="bytes to the terminal, 10 KB at 200 tok/s",
        values=ours.kilobytes,
        floor=painted.kilobytes,
        floor_name="F1",
        limit=1.2,
        unit="kB/s",
    )


def _latency(terminal: Watched, letter: str) -> float:
    """Milliseconds from the writing of a stamp to its being shown, of a short reply."""
    known = set(terminal.stamps(letter))
    ask(terminal, "prose", 40, 0)
    terminal.until(lambda: bool(set(terminal.stamps(letter)) - known))
    terminal.until_quiet(0.2)
    written, shown = max(terminal.stamps(letter).items())
    return 1000 * (shown - written / 1e9)


def _stream(terminal: Watched, cost: Cost) -> float:
    """Take down what a long reply costs; milliseconds until its last word is shown."""
    known = set(terminal.stamps("E"))
    cpu, count, began = terminal.cpu, len(terminal.output), time.monotonic()
    ask(terminal, "mixed", _SIZE, _RATE)
    terminal.until(lambda: _ended(terminal, known, began), timeout=90)
    cost.add(terminal, cpu, count, time.monotonic() - began)
    written, shown = max(terminal.stamps("E").items())
    return 1000 * (shown - written / 1e9)


def _ended(terminal: Watched, known: set[int], began: float) -> bool:
    # Looking for stamps takes time that the program may need: there are none for some seconds.
    if time.monotonic() - began < _SIZE / 5 / _RATE - 0.5:
        time.sleep(0.05)
        return False
    return bool(set(terminal.stamps("E")) - known)


def _repaint(cost: Cost, seconds: float, name: str, *asked: str) -> None:
    with floor(name, *asked) as terminal:
        terminal.until_seen(ALTERNATE)
        time.sleep(0.5)
        cpu, count = terminal.cpu, len(terminal.output)
        time.sleep(seconds)
        cost.add(terminal, cpu, count, seconds)


def _stream_natively(cost: Cost) -> None:
    with floor("markdown", "mixed", _SIZE, _RATE) as terminal:
        terminal.until_seen(ALTERNATE)
        cpu, count, began = terminal.cpu, len(terminal.output), time.monotonic()
        terminal.until(lambda: _ended(terminal, set(), began), timeout=90)
        cost.add(terminal, cpu, count, time.monotonic() - began)
