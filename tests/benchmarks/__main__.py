"""Measures what the program costs, in a real terminal, beside floors: `python -m tests.benchmarks`.

Every module of this folder that has `measure(repeats)` takes part; `ONLY` names some of them.
"""

import argparse
import importlib
import pkgutil
import platform
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import tests.benchmarks
from tests.benchmarks.rows import Row, history_line

_HISTORY = Path(__file__).with_name("history.jsonl")
_HELP = "the modules to run, as in: streaming keys"

Measure = Callable[[int], Iterable[Row]]


def measures(only: Iterable[str]) -> Iterator[tuple[str, Measure]]:
    """The modules that measure something, by name."""
    wanted = set(only)
    for found in pkgutil.iter_modules(tests.benchmarks.__path__):
        if found.name.startswith("_") or (wanted and found.name not in wanted):
            continue
        measure = getattr(
            importlib.import_module(f"tests.benchmarks.{found.name}"), "measure", None
        )
        if measure is not None:
            yield found.name, measure


def about() -> dict[str, str]:
    """Where and when a run took place, as far as it matters for the numbers."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit.stdout.strip(),
        "python": platform.python_version(),
        "textual": version("textual"),
    }


def run(found: Iterable[tuple[str, Measure]], repeats: int, history: Path | None) -> int:
    """Print the table; 1 if a budget is missed, 2 if nothing was measured."""
    rows: list[Row] = []
    for _, measure in found:
        for row in measure(repeats):
            rows.append(row)
            sys.stdout.write(row.line() + "\n")
            sys.stdout.flush()
    if not rows:
        sys.stderr.write("There is nothing of that name to measure.\n")
        return 2
    if history is not None:
        with history.open("a", encoding="utf-8") as file:
            file.write(history_line(rows, about()) + "\n")
    missed = sorted({row.budget for row in rows if not row.holds})
    sys.stdout.write(f"missed: {', '.join(missed)}\n" if missed else "all budgets hold\n")
    return 1 if missed else 0


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("only", nargs="*", metavar="ONLY", help=_HELP)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--no-history", action="store_true")
    options = parser.parse_args(arguments)
    history = None if options.no_history else _HISTORY
    return run(measures(options.only), options.repeats, history)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
