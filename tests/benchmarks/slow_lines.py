"""What a reply of prose costs a slow line, with and without motion: B22."""

import time
from collections.abc import Iterator

from tests.benchmarks.program import ask, floor, home, hosted, running
from tests.benchmarks.rows import Row
from tests.benchmarks.watched import ALTERNATE, Watched

_SIZE = 10_000
_RATE = 200
_FLOOR_SECONDS = 4.0
_LIMITS = {"off": 0.7, "on": 0.9}


def measure(repeats: int) -> Iterator[Row]:
    """Kilobytes a second to the terminal, beside a pane that is painted twenty times a second."""
    ours: dict[str, list[float]] = {motion: [] for motion in _LIMITS}
    painted: list[float] = []
    with hosted() as url:
        for _ in range(repeats):
            for motion, found in ours.items():
                with home(url) as made:
                    made.configure(f'motion = "{motion}"\n' + made.config.read_text())
                    with running(made) as terminal:
                        found.append(_stream(terminal))
            with floor("painting") as terminal:
                terminal.until_seen(ALTERNATE)
                count, began = len(terminal.output), time.monotonic()
                time.sleep(_FLOOR_SECONDS)
                painted.append(_kilobytes(terminal, count, began))
    for motion, found in ours.items():
        yield Row(
            budget="B22",
            what=f"bytes to the terminal, motion {motion}",
            values=found,
            floor=painted,
            floor_name="F1",
            limit=_LIMITS[motion],
            unit="kB/s",
        )


def _stream(terminal: Watched) -> float:
    count, began = len(terminal.output), time.monotonic()
    ask(terminal, "prose", _SIZE, _RATE)
    terminal.until(lambda: bool(terminal.stamps("E")), timeout=90)
    return _kilobytes(terminal, count, began)


def _kilobytes(terminal: Watched, count: int, began: float) -> float:
    return (len(terminal.output) - count) / (time.monotonic() - began) / 1000
