"""The table of `docs/costs.md`, from the history: `python -m tests.benchmarks.table` prints it."""

import json
import statistics
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

HISTORY = Path(__file__).with_name("history.jsonl")
_HEAD = "| | what | measured | budget | |\n|---|---|---|---|---|\n"

Record = Mapping[str, object]


def table(lines: Iterable[str]) -> str:
    """What the newest run that had to do with it says of each budget, in the order of numbers."""
    newest: dict[int, list[Record]] = {}
    for line in lines:
        run: dict[int, list[Record]] = {}
        for row in json.loads(line)["rows"]:
            run.setdefault(int(row["budget"][1:]), []).append(row)
        newest |= run
    rows = [row for number in sorted(newest) for row in newest[number]]
    return _HEAD + "".join(map(_row, rows))


def _row(row: Record) -> str:
    unit = f"× {row['floor_name']}" if row["floor_name"] else row["unit"]
    score, limit = float(str(row["score"])), float(str(row["limit"]))
    values = row["values"]
    assert isinstance(values, list)
    measured = f"{score:.2f} {unit} ({statistics.median(values):.3g} {row['unit']})"
    if not row["floor_name"]:
        measured = f"{score:.3g} {unit}"
    held = "" if score <= limit else "missed"
    return f"| {row['budget']} | {row['what']} | {measured} | {limit:g} {unit} | {held} |\n"


if __name__ == "__main__":
    sys.stdout.write(table(HISTORY.read_text(encoding="utf-8").splitlines()))
