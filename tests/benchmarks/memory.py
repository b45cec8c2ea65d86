"""What the program holds while nothing happens: B11.

What it takes in its first seconds, for imports that can wait, is part of the idle program; what
work leaves behind is given back in the first quiet after it.
"""

import time
from collections.abc import Iterator

from tests.benchmarks.opening import LONG, fill, opened
from tests.benchmarks.program import ask, floor, home, hosted, running
from tests.benchmarks.rows import Row
from tests.benchmarks.watched import ALTERNATE

_MEGABYTE = 1_000_000
_SETTLING_SECONDS = 3.0
_QUIET_SECONDS = 5.0


def measure(repeats: int) -> Iterator[Row]:
    """Memory of the idle program, with a long conversation open, and after a long reply."""
    idle: list[float] = []
    long: list[float] = []
    large: list[float] = []
    with hosted() as url, home(url) as made:
        fill(made, {"LASTONE": LONG})
        for _ in range(repeats):
            with floor() as terminal:
                terminal.until_seen(ALTERNATE)
                terminal.until_quiet(0.4)
                bare = terminal.megabytes
            with running(made) as terminal:
                time.sleep(_SETTLING_SECONDS)
                start = terminal.megabytes
                idle.append(start - bare)
                opened(terminal, 1, "LASTONE")
                terminal.until_quiet(0.4)
                long.append(terminal.megabytes - start)
            with home(url) as empty, running(empty) as terminal:
                time.sleep(_SETTLING_SECONDS)
                start = terminal.megabytes
                ask(terminal, "mixed", _MEGABYTE, 0)
                terminal.until(lambda terminal=terminal: b"E" in terminal.output[-60_000:])
                terminal.until(lambda terminal=terminal: bool(terminal.stamps("E")), timeout=90)
                time.sleep(_QUIET_SECONDS)
                large.append(terminal.megabytes - start)
    yield Row(budget="B11", what="memory, idle above F0", values=idle, limit=25, unit="MB")
    yield Row(budget="B11", what="memory, 5,000 messages open", values=long, limit=20, unit="MB")
    yield Row(budget="B11", what="memory, a reply of 1 MB", values=large, limit=25, unit="MB")
