"""Pictures in the conversation, in terminals that draw them in place of characters."""

import shlex
import shutil
import signal
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from fakegpt_tui.pictures.protocols import PLACEHOLDER, diacritics
from tests.cli.program import COMMAND
from tests.graphics import GraphicsTerminal
from tests.patience import PATIENCE
from tests.pictures.conversation import home_with_pictures

RESUME = (*COMMAND, "--resume")


def shows(terminal: GraphicsTerminal, count: int) -> bool:
    """Are cells of so many pictures on the screen, all of which the terminal has?"""
    return len(terminal.shown) == count and not terminal.check()


def cells(terminal: GraphicsTerminal) -> list[tuple[int, str]]:
    """The rows of pictures on the screen, from the first on: a notice may move all of them."""
    rows = [
        (y, line[line.index(PLACEHOLDER) :])
        for y, line in enumerate(terminal.screen)
        if PLACEHOLDER in line
    ]
    return [(y - rows[0][0], line) for y, line in rows]


def is_whole(rows: list[tuple[int, str]], height: int) -> bool:
    """Are these all rows of a picture, one below the other?"""
    below = all(row[0] + 1 == after[0] for row, after in pairwise(rows))
    marks = [line[1] for _, line in rows]
    return below and marks == list(diacritics()[:height])


def both_are_whole(terminal: GraphicsTerminal) -> bool:
    """Are all rows of both pictures on the screen?"""
    rows = cells(terminal)
    return shows(terminal, 2) and is_whole(rows[:15], 15) and is_whole(rows[15:], 24)


def test_a_picture_is_sent_once_and_stays_the_same_whatever_is_done_above_it(
    tmp_path: Path,
) -> None:
    home = home_with_pictures(tmp_path)
    home.environment["EDITOR"] = "true"
    with GraphicsTerminal(RESUME, env=home.environment, size=(70, 66)) as terminal:
        terminal.wait_for(lambda _: shows(terminal, 2) and len(cells(terminal)) == 39)
        held, drawn = set(terminal.held), cells(terminal)
        assert {(each.columns, each.rows) for each in terminal.held.values()} == {
            (16, 24),
            (60, 15),
        }
        assert both_are_whole(terminal)

        # Another program has the terminal, and with it all pictures go.
        terminal.press("ctrl+g")
        terminal.wait_for(lambda _: len(terminal.shown - held) == len(terminal.held) == 2)
        terminal.wait_for(lambda _: len(cells(terminal)) == 39 and shows(terminal, 2))
        held, drawn = set(terminal.held), cells(terminal)

        for key, seen in (("tab", "▷ Assistant"), ("home", "▶ You"), ("end", "▷ Assistant")):
            terminal.press(key)
            terminal.wait_for(seen)
        terminal.wait_for(lambda _: cells(terminal) == drawn)
        # A selection over them leaves their colours, which are their numbers.
        terminal.send(b"\x1b[<0;8;3M\x1b[<32;8;20M\x1b[<32;30;50M\x1b[<0;30;50m")
        terminal.wait_for(
            lambda _: "ed the selection " in terminal.text and both_are_whole(terminal)
        )
        terminal.press("f1")
        # Which keys come first depends on where the focus is by then.
        terminal.wait_for(lambda _: "Type to search" in terminal.text and not terminal.shown)
        terminal.press("esc")
        terminal.wait_for(lambda _: cells(terminal) == drawn)
        assert set(terminal.held) == held

        # What the terminal may have forgotten is sent again.
        terminal.press("ctrl+l")
        terminal.wait_for(lambda _: shows(terminal, 2) and not terminal.shown & held)
        terminal.resize(40, 30)
        terminal.wait_for(lambda _: terminal.shown and shows(terminal, len(terminal.shown)))
        terminal.signal(signal.SIGTERM)
        terminal.wait(PATIENCE)
        assert terminal.faults == []
        assert terminal.held == {}


TMUX = """
set -g allow-passthrough on
set -g focus-events on
set -g status off
set -as terminal-features ',*:RGB'
"""


@pytest.mark.long  # tmux and its windows, on a machine with little else to do
@pytest.mark.skipif(shutil.which("tmux") is None, reason="there is no tmux")
def test_in_tmux_pictures_are_handed_on_and_sent_again_when_the_window_is_back(
    tmp_path: Path,
) -> None:
    home = home_with_pictures(tmp_path)
    (tmp_path / "tmux.conf").write_text(TMUX)
    tmux = ("tmux", "-S", str(tmp_path / "socket"))
    started = (*tmux, "-f", str(tmp_path / "tmux.conf"), "new-session", shlex.join(RESUME))
    with GraphicsTerminal(started, env=home.environment, size=(70, 66)) as terminal:
        try:
            terminal.wait_for(lambda _: shows(terminal, 2))
            before = terminal.shown
            subprocess.run([*tmux, "new-window", "cat"], env=home.environment, check=True)
            terminal.wait_for(lambda _: not terminal.shown)
            # What came while another window was shown would be lost.
            subprocess.run([*tmux, "last-window"], env=home.environment, check=True)
            terminal.wait_for(lambda _: shows(terminal, 2) and not terminal.shown & before)
            terminal.press("ctrl+q")
            terminal.wait_for(lambda _: terminal.held == {})
            assert terminal.faults == []
        finally:
            subprocess.run([*tmux, "kill-server"], env=home.environment, check=False)
