"""An answer of any length: B6."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.program import home
from tests.benchmarks.rows import Row
from tests.benchmarks.texts import SHAPES
from tests.benchmarks.watched import Watched

_SMALL, _LARGE = 1_000, 1_000_000
_ONE_BLOCK = 256_000
"""What is measured of a list, table, quote or paragraph."""

_UNLIMITED = ("prose", "mixed", "fence")
_PATIENCE = 120.0


def measure(repeats: int) -> Iterator[Row]:
    """What one more fragment costs in a long reply and at 1 KB, for every shape."""
    for shape in SHAPES:
        large = _LARGE if shape in _UNLIMITED else _ONE_BLOCK
        name = "1 MB" if large == _LARGE else "256 KB"
        runs = [_costs(shape, large) for _ in range(repeats)]
        yield Row(
            budget="B6",
            what=f"one fragment at {name}, {shape}",
            values=[run[str(large)] for run in runs],
            floor=[run[str(_SMALL)] for run in runs],
            floor_name="at 1 KB",
            limit=3,
            unit="ms",
        )


def _costs(shape: str, large: int) -> dict[str, float]:
    """Milliseconds of processor time by the size of the answer, from one run of the app."""
    with TemporaryDirectory() as folder, home() as made:
        results = Path(folder) / "results.json"
        module = "tests.benchmarks.growing_app"
        command = [sys.executable, "-m", module, shape, str(results), str(_SMALL), str(large)]
        with Watched(command, env=made.environment) as terminal:
            terminal.process.wait(_PATIENCE)
        return json.loads(results.read_text())
