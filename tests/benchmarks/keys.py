"""Typing while eight replies stream: B8."""

import time
from collections.abc import Iterator
from itertools import cycle

from tests.benchmarks.program import home, hosted, running
from tests.benchmarks.rows import Row, p95
from tests.benchmarks.starting import stream_in_eight
from tests.benchmarks.watched import Watched

_LETTERS = "ЖИЛПУФЦЧШЩЭЮЯбгджзий"
_KEYS = 40
_GAPS = (0.061, 0.083, 0.047, 0.072)


def measure(repeats: int) -> Iterator[Row]:
    """The time from a key to its letter, in a quiet program and in a busy one."""
    idle: list[float] = []
    busy: list[float] = []
    with hosted() as url:
        for _ in range(repeats):
            with home(url) as made, running(made) as terminal:
                idle.append(p95(type_letters(terminal)))
                stream_in_eight(terminal)
                busy.append(p95(type_letters(terminal)))
    what = "a key while 8 replies stream, p95"
    yield Row(
        budget="B8", what=what, values=busy, floor=idle, floor_name="idle", limit=2, unit="ms"
    )
    yield Row(budget="B8", what=what, values=busy, limit=35, unit="ms")


def type_letters(terminal: Watched) -> list[float]:
    """Milliseconds until each letter was shown."""
    times: list[float] = []
    for number, gap in zip(range(_KEYS), cycle(_GAPS), strict=False):
        letter = _LETTERS[number % len(_LETTERS)]
        if letter == _LETTERS[0]:
            terminal.press("ctrl+u")
            time.sleep(0.1)
        time.sleep(gap)
        before, pressed = len(terminal.output), time.monotonic()
        terminal.type(letter)
        times.append(1000 * (terminal.until_seen(letter.encode(), after=before) - pressed))
    return times
