import signal
import time

import pytest

from tests.patience import PATIENCE
from tests.terminal import Terminal
from tests.ui.small import small_app

MODES_OFF = (
    b"\x1b[?1000l",
    b"\x1b[?1003l",
    b"\x1b[?1006l",
    b"\x1b[?2004l",
    b"\x1b[?1004l",
    b"\x1b[?7h",
    b"\x1b[<u",
    b"\x1b[?1049l",
    b"\x1b[?25h",
)
MODES_ON = b"\x1b[?1049h"


def is_restored(terminal: Terminal) -> bool:
    """Has each mode been taken back after the last time it was set?"""
    return all(mode in terminal.raw.rpartition(MODES_ON)[2] for mode in MODES_OFF)


def wait_until_full(terminal: Terminal) -> None:
    """Wait until the program has written nothing for half a second, though it always would."""
    unread, since = -1, time.monotonic()
    while time.monotonic() - since < 0.5:
        if (now := terminal.unread()) != unread:
            unread, since = now, time.monotonic()
    assert unread > 0


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGTERM, 143),
        (signal.SIGHUP, 129),
        (signal.SIGINT, 130),
        (signal.SIGQUIT, 131),
        (signal.SIGUSR1, 138),
        (signal.SIGABRT, 134),
        (signal.SIGRTMIN + 1, 128 + signal.SIGRTMIN + 1),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_a_signal_ends_in_order(number: int, code: int):
    with small_app("Keys") as terminal:
        before = terminal.line_modes()
        terminal.wait_for("ready")
        assert terminal.line_modes() != before
        terminal.signal(number)
        assert terminal.wait() == code
        assert is_restored(terminal)
        assert terminal.line_modes() == before


def test_a_second_signal_ends_at_once_and_restores_the_terminal():
    with small_app("Stubborn") as terminal:
        before = terminal.line_modes()
        terminal.wait_for("ready").signal(signal.SIGTERM)
        terminal.wait_for("received=SIGTERM")

        def ended(terminal: Terminal) -> bool:
            terminal.signal(signal.SIGTERM)
            return terminal.process.poll() is not None

        terminal.wait_for(ended)
        assert terminal.wait() == 143
        assert is_restored(terminal)
        assert terminal.line_modes() == before


def test_two_signals_in_a_row_are_one():
    with small_app("Keys") as terminal:
        terminal.wait_for("ready").signal(signal.SIGHUP)
        terminal.signal(signal.SIGHUP)
        terminal.signal(signal.SIGTERM)
        assert terminal.wait() in (129, 143)
        # In order, so by Textual, which takes these back in an order of its own.
        assert terminal.raw.rstrip().endswith(b"\x1b[?1015l\x1b[?1006l")


def test_a_program_that_is_stuck_ends_after_a_while():
    with small_app("Stuck") as terminal:
        terminal.wait_for("ready").press("x")
        terminal.wait_for("1: x").signal(signal.SIGTERM)
        assert terminal.wait() == 143
        assert is_restored(terminal)


def test_a_closed_terminal_ends_the_program():
    with small_app("Keys") as terminal:
        terminal.wait_for("ready").hang_up()
        assert terminal.process.wait(PATIENCE) == 129


def test_a_closed_terminal_ends_a_program_that_ignores_the_signal():
    with small_app("Keys", before="trap '' HUP") as terminal:
        terminal.wait_for("ready").hang_up()
        assert terminal.process.wait(PATIENCE) == 129


def test_a_terminal_that_takes_no_more_does_not_keep_the_program():
    with small_app("Flooding") as terminal:
        terminal.wait_for("ready").press("x")
        terminal.wait_for("flood")
        terminal.stop_reading()
        wait_until_full(terminal)
        terminal.signal(signal.SIGTERM)
        assert terminal.process.wait(PATIENCE) == 143


@pytest.mark.parametrize("number", [signal.SIGTSTP, signal.SIGSTOP], ids=lambda value: value.name)
def test_stopping_and_going_on_work(number: signal.Signals):
    with small_app("Keys") as terminal:
        terminal.wait_for("ready").signal(number)
        terminal.wait_for(lambda terminal: terminal.is_stopped)
        if number == signal.SIGTSTP:
            terminal.wait_for(is_restored)
        else:
            assert not is_restored(terminal)
        terminal.signal(signal.SIGCONT)
        terminal.wait_for(lambda terminal: terminal.raw.count(MODES_ON) == 2)
        terminal.wait_for(lambda terminal: b"ready" in terminal.raw.rpartition(MODES_ON)[2])
        for count in range(1, 9):
            terminal.press("x")
            terminal.wait_for(f"{count}: x='x'")
        terminal.signal(signal.SIGTERM)
        assert terminal.wait() == 143
        assert is_restored(terminal)
