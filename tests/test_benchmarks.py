"""The harness of the benchmarks: its arithmetic, its verdict and its history. Nothing is timed."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.benchmarks.__main__ import main, measures, run
from tests.benchmarks.rows import Row, history_line, p95
from tests.benchmarks.table import HISTORY, table
from tests.benchmarks.texts import SHAPES, tokens


def row(*values: float, limit: float = 2, floor: tuple[float, ...] = ()) -> Row:
    return Row(budget="B0", what="x", values=values, floor=floor, limit=limit, unit="s")


@pytest.mark.parametrize(
    ("measured", "score", "holds"),
    [
        (row(1, 9, 2), 2, True),
        (row(1, 9, 2.1), 2.1, False),
        (row(4, 4, 4, floor=(1, 2, 9)), 2, True),
        (row(5, 5, 5, floor=(1, 2, 9)), 2.5, False),
        (row(1, 2, limit=1), 1.5, False),
    ],
)
def test_a_row_holds_its_median_or_the_ratio_of_medians_against_the_limit(
    measured: Row, score: float, holds: bool
) -> None:
    assert measured.score == pytest.approx(score)
    assert measured.holds is holds
    assert measured.line().startswith("ok" if holds else "MISSED")


def test_a_line_shows_the_spread_of_both_sides() -> None:
    line = row(1, 3, 2, floor=(1, 1, 4)).line()
    assert "2 s [1 … 3]" in line
    assert "floor 1 s [1 … 4]" in line


@pytest.mark.parametrize(("count", "expected"), [(1, 1), (8, 8), (20, 19), (100, 95)])
def test_of_twenty_values_nineteen_are_at_most_the_p95(count: int, expected: int) -> None:
    assert p95([float(value) for value in range(count, 0, -1)]) == expected


def test_a_missed_budget_is_an_exit_code_and_every_run_is_kept(tmp_path: Path) -> None:
    history = tmp_path / "history.jsonl"
    good = ("good", lambda repeats: [row(*[1.0] * repeats)])
    bad = ("bad", lambda repeats: [row(*[3.0] * repeats)])
    assert run([good], 5, history) == 0
    assert run([good, bad], 5, history) == 1
    assert run([], 5, history) == 2
    first, second = map(json.loads, history.read_text().splitlines())
    assert [found["score"] for found in first["rows"]] == [1]
    assert [len(found["values"]) for found in second["rows"]] == [5, 5]
    assert first["python"]


def test_modules_take_part_by_name() -> None:
    assert [name for name, _ in measures(["keys", "growing"])] == ["growing", "keys"]
    assert "rows" not in dict(measures([]))
    assert main(["nothing-of-that-name", "--no-history"]) == 2


@pytest.mark.parametrize("shape", SHAPES)
def test_texts_are_exactly_as_long_as_they_are_asked_to_be(shape: str) -> None:
    assert len("".join(tokens(shape, 12_345))) == 12_345


def test_the_numbers_of_the_documentation_are_the_newest_of_the_history() -> None:
    page = (Path(__file__).parent.parent / "docs" / "costs.md").read_text(encoding="utf-8")
    assert table(HISTORY.read_text(encoding="utf-8").splitlines()) in page


def test_the_table_has_the_newest_run_of_each_budget_in_the_order_of_their_numbers() -> None:
    about = {"at": "now"}
    rows = [
        Row(budget="B10", what="later", values=[1.0], limit=2, unit="s"),
        Row(
            budget="B9",
            what="sooner",
            values=[6.0],
            floor=[2.0],
            floor_name="F0",
            limit=2,
            unit="s",
        ),
    ]
    dropped = replace(rows[0], floor=[1.0], floor_name="what is measured no longer")
    newest = replace(rows[0], values=[1.5])
    lines = [history_line([*rows, dropped], about), history_line([newest], about)]
    head, _, first, last = table(lines).splitlines()
    assert head == "| | what | measured | budget | |"
    assert first == "| B9 | sooner | 3.00 × F0 (6 s) | 2 × F0 | missed |"
    assert last == "| B10 | later | 1.5 s | 2 s |  |"
