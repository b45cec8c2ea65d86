"""What `ask` says beside a reply: on lines of its own, and what goes on for minutes once."""

import pytest

from fakegpt_tui.cli.reply_printer import ReplyPrinter
from fakegpt_tui.domain import Notice, ReplyEnded, RetryScheduled, TextDelta

LOADING = "The model is loading: {} %."


def test_a_model_that_loads_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    printer = ReplyPrinter()
    for percent in range(50):
        printer.handle(RetryScheduled(1, 0, 2.0, LOADING.format(percent)))
    printer.handle(RetryScheduled(1, 0, 2.0, "Another reason."))
    assert capsys.readouterr().err.splitlines() == [
        f"fakegpt-tui: {LOADING.format(0)} It is asked again every few seconds; ctrl+c stops.",
        "fakegpt-tui: Another reason. It is asked again every few seconds; ctrl+c stops.",
    ]


def test_each_try_of_several_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    printer = ReplyPrinter()
    for attempt in (2, 3):
        printer.handle(RetryScheduled(attempt, 3, 4.0, "Too many."))
    told = [f"fakegpt-tui: Too many. Trying again in 4 s ({attempt}/3)." for attempt in (2, 3)]
    assert capsys.readouterr().err.splitlines() == told


def test_a_notice_does_not_stand_in_a_line_of_the_reply(
    capsys: pytest.CaptureFixture[str],
) -> None:
    printer = ReplyPrinter()
    printer.handle(Notice("Before."))
    assert capsys.readouterr().err == "fakegpt-tui: Before.\n"
    for event in (TextDelta("Hel"), Notice("Within."), TextDelta("lo"), ReplyEnded()):
        printer.handle(event)
    assert capsys.readouterr() == ("Hello", "")
    printer.finish()
    assert capsys.readouterr() == ("\n", "fakegpt-tui: Within.\n")
