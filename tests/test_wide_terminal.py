"""The whole program in a terminal that takes two cells for what others take one for."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fakegpt_tui.domain import ReplyEnded, TextDelta
from tests.cli.program import COMMAND, Home, served
from tests.terminal import Terminal
from tests.wide_terminal import WideTerminal

REPLY = (
    "Größe § 5: “naïve” – ± 3 × 4 → 12 … ① and so on, for as long as it takes to reach the end of "
    "the line and to go on behind it.\n\n"
    "| Größe | Ωμέγα |\n|---|---|\n| é | ① Привет |\n| plain | — |\n\n"
    "```\n┌──┐ §\n└──┘\n```\n\n- § one\n- two\n\n> “quoted”\n\nthe last words"
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@contextmanager
def opened(home: Home, *, answers: bool = True) -> Iterator[WideTerminal]:
    """The program, after it was asked something in Greek and has answered."""
    with served([TextDelta(REPLY), ReplyEnded()]) as (_, url):
        home.use_service(url)
        with WideTerminal(
            COMMAND, env=home.environment, size=(100, 40), answers=answers
        ) as terminal:
            terminal.wait_for("signed in")
            terminal.type("§ τί είναι;")
            terminal.press("enter")
            terminal.wait_for("the last words")
            terminal.wait_for(lambda each: "tok/s" not in each.text and "Stop" not in each.text)
            yield terminal


def row_with(terminal: WideTerminal, words: str) -> list[str]:
    """The cells of the one row that has these words."""
    (row,) = (cells for cells in terminal.cells if words in "".join(cells))
    return row


def is_aligned(terminal: WideTerminal) -> bool:
    """Are bars, columns and frames below each other, and the frame around the prompt whole?"""
    rows = terminal.cells
    top = next(at for at, row in enumerate(rows) if "".join(row).rstrip().endswith("----+"))
    left, right = rows[top].index("+"), 99
    bars = {row[left] for row in rows[3:25]}
    columns = {row_with(terminal, words).index("|", left + 1) for words in ("Ωμ", "Пр", "plain")}
    crossing = row_with(terminal, "---+---").index("+", left + 1)
    return (
        {row[left] + row[right] for row in (rows[top], rows[top + 2])} == {"++"}
        and rows[top + 1][left] + rows[top + 1][right] == "||"
        and bars <= {"|", " "}
        and columns == {crossing}
    )


def test_everything_is_where_it_belongs_where_ambiguous_characters_are_wide(home: Home) -> None:
    with opened(home) as terminal:
        terminal.wait_for("|  § τί είναι;")
        assert is_aligned(terminal), terminal.picture()
        assert row_with(terminal, "⋯ ① and so on")[-1] == " "
        terminal.wait_for("Ask anything")  # so that the answer was not typed into the prompt


def test_the_answer_may_come_late_and_in_pieces(home: Home) -> None:
    with opened(home, answers=False) as terminal:
        terminal.wait_for("╭──")
        terminal.type("\x1b[2;")
        terminal.type("3R")
        terminal.wait_for("+--")
        terminal.wait_for(lambda each: not re.search("[─-╿▌]", each.text))
        assert is_aligned(terminal), terminal.picture()
        terminal.wait_for("Ask anything")


@pytest.mark.parametrize("answer", ["", "\x1b[2;2R", "\x1b[2;4R", "\x1b[1;3R"])
def test_without_that_answer_all_stays_narrow(home: Home, answer: str) -> None:
    with Terminal(COMMAND, env=home.environment, size=(100, 30)) as terminal:
        terminal.wait_for("signed in")
        terminal.type(answer)
        terminal.type("§…")
        terminal.wait_for("│ §…")
        assert terminal.cursor == (4, 26)


@pytest.mark.parametrize(("width", "shown"), [("wide", "+-----"), ("narrow", "╭─────")])
def test_a_setting_counts_for_more_than_the_answer(home: Home, width: str, shown: str) -> None:
    home.environment["FAKEGPT_AMBIGUOUS_WIDTH"] = width
    with WideTerminal(COMMAND, env=home.environment) as terminal:
        terminal.wait_for("signed in")
        terminal.type("§")
        terminal.wait_for("§")
        assert shown in terminal.text
