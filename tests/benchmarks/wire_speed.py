"""A long answer as fast as it can come: B7."""

import time
from collections.abc import Iterator

from tests.benchmarks.program import ask, floor, home, hosted, running
from tests.benchmarks.rows import Row
from tests.benchmarks.watched import ALTERNATE, Watched

_SIZE = 200_000
_PATIENCE = 12
"""Textual's own Markdown may take minutes; twelve times ours is enough to know."""
_MOST_SECONDS = 20.0


def measure(repeats: int) -> Iterator[Row]:
    """200 KB until the last word is shown, in the program and in Textual's own Markdown."""
    ours: list[float] = []
    native: list[float] = []
    cut = False
    with hosted() as url:
        for _ in range(repeats):
            with home(url) as made, running(made) as terminal:
                began = time.monotonic()
                ask(terminal, "mixed", _SIZE, 0)
                ours.append(_until_the_end(terminal, 60) - began)
            with floor("markdown", "mixed", _SIZE, 0) as terminal:
                began = terminal.until_seen(ALTERNATE)
                patience = min(_MOST_SECONDS, _PATIENCE * ours[-1])
                try:
                    native.append(_until_the_end(terminal, patience) - began)
                except TimeoutError:
                    native.append(patience)
                    cut = True
    yield Row(
        budget="B7",
        what="200 KB at full speed",
        values=ours,
        floor=native,
        floor_name="FM",
        limit=0.1,
        unit="s",
        at_least=cut,
    )


def _until_the_end(terminal: Watched, timeout: float) -> float:
    def ended() -> bool:
        time.sleep(0.01)
        return bool(terminal.stamps("E"))

    return terminal.until(ended, timeout)
