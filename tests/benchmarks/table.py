"""The table of the README, made from the history: `python -m tests.benchmarks.table` prints it."""

import json
import statistics
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

HISTORY = Path(__file__).with_name("history.jsonl")
_HEAD = "| | what | measured | budget | |\n|---|---|---|---|---|\n"

Record = Mapping[str, object]


def table(lines: Iterable[str]) -> str:
    """The newest row of each budget, in the order of their numbers."""
    newest: dict[tuple[object, ...], Record] = {}
    for line in lines:
        for row in json.loads(line)["rows"]:
            newest[row["budget"], row["what"], row["floor_name"]] = row
    rows = sorted(newest.values(), key=lambda row: int(str(row["budget"])[1:]))
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
