"""Keys that are held, or typed ahead, and come in one write: B20."""

import time
from collections.abc import Iterator

from tests.benchmarks.program import floor, home, hosted, running
from tests.benchmarks.rows import Row
from tests.benchmarks.watched import Watched

_COUNT = 60
_LETTERS = 300
_BACKSPACE, _LEFT = "\x7f", "\x1b[D"


def measure(repeats: int) -> Iterator[Row]:
    """The time from one write of many keys to the picture of the last of them."""
    times: dict[str, list[float]] = {}
    floors: dict[str, list[float]] = {}
    with hosted() as url:
        for _ in range(repeats):
            with home(url) as made, running(made) as terminal:
                _hold(terminal, times)
            with floor() as terminal:
                terminal.until_quiet()
                _hold(terminal, floors)
    for what, taken in times.items():
        yield Row(
            budget="B20",
            what=f"{what} in one write",
            values=taken,
            floor=floors[what],
            floor_name="F0",
            limit=1.5,
            unit="ms",
        )


def _hold(terminal: Watched, times: dict[str, list[float]]) -> None:
    """Type letters, go back and delete, each ended by a letter that must come last."""
    for what, keys in (
        (f"{_LETTERS} letters", "abcde " * (_LETTERS // 6)),
        (f"{_COUNT} arrow keys", _LEFT * _COUNT),
        (f"{_COUNT} backspaces", _BACKSPACE * _COUNT),
    ):
        before, pressed = len(terminal.output), time.monotonic()
        terminal.type(keys + "Ж")
        seen = terminal.until_seen("Ж".encode(), after=before)
        times.setdefault(what, []).append(1000 * (seen - pressed))
        terminal.until_quiet()
        terminal.type(_BACKSPACE)
        terminal.until_quiet()
