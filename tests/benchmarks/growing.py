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
_PATIENCE = 120.0


def measure(repeats: int) -> Iterator[Row]:
    """What one more fragment costs at 1 MB and at 1 KB, for every shape."""
    for shape in SHAPES:
        runs = [_costs(shape) for _ in range(repeats)]
        yield Row(
            budget="B6",
            what=f"one fragment at 1 MB, {shape}",
            values=[run[str(_LARGE)] for run in runs],
            floor=[run[str(_SMALL)] for run in runs],
            floor_name="at 1 KB",
            limit=3,
            unit="ms",
        )


def _costs(shape: str) -> dict[str, float]:
    """Milliseconds of processor time by the size of the answer, from one run of the app."""
    with TemporaryDirectory() as folder, home() as made:
        results = Path(folder) / "results.json"
        module = "tests.benchmarks.growing_app"
        command = [sys.executable, "-m", module, shape, str(results), str(_SMALL), str(_LARGE)]
        with Watched(command, env=made.environment) as terminal:
            terminal.process.wait(_PATIENCE)
        return json.loads(results.read_text())
