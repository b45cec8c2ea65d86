"""An answer in a pipe: B17."""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

from tests.benchmarks.program import home, hosted
from tests.benchmarks.rows import Row
from tests.cli.program import COMMAND, Home

IMPORTING_HTTPX = (sys.executable, "-c", "import httpx")


def measure(repeats: int) -> Iterator[Row]:
    """Ask a host that answers at once, signed in since the first time."""
    ours: list[float] = []
    bare: list[float] = []
    with hosted() as url, home(url) as made:
        ask = (*COMMAND, "ask", "prose 400 50")
        _first_byte(made, ask)
        for _ in range(repeats):
            ours.append(_first_byte(made, ask))
            began = time.monotonic()
            subprocess.run(IMPORTING_HTTPX, env=made.environment, check=True)
            bare.append(time.monotonic() - began)
    yield Row(
        budget="B17",
        what="ask, to the first byte of the answer",
        values=ours,
        floor=bare,
        floor_name="import httpx",
        limit=1.6,
        unit="s",
    )


def _first_byte(made: Home, command: Sequence[str]) -> float:
    """Seconds until a command has written something, the host's own time among them."""
    began = time.monotonic()
    with subprocess.Popen(
        command, env=made.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, bufsize=0
    ) as process:
        assert process.stdout is not None
        assert process.stdout.read(1)
        took = time.monotonic() - began
        process.stdout.read()
    return took
