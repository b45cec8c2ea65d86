"""The viewer in terminals that draw pictures by a protocol of their own."""

import fcntl
import signal
import struct
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.program import COMMAND
from tests.graphics import GraphicsTerminal, HeldImage, read_sixel
from tests.patience import PATIENCE
from tests.pictures.conversation import home_with_pictures
from tests.terminal import Terminal

SIXEL = {"name": "foot(1.20)", "attributes": "62;4;22"}
ITERM = {"name": "iTerm2 3.5.0", "attributes": "62;4;22"}


class AskedTerminal(GraphicsTerminal):
    """Tells the pixels of its cells only when it is asked."""

    cell = (10, 25)

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _answered(self, data: bytes) -> bytes:
        if b"\x1b[16t" in data:
            self.send(b"\x1b[6;25;10t")
        return super()._answered(data)


def opened(terminal: GraphicsTerminal) -> None:
    """Open the conversation, and the viewer with its first picture."""
    terminal.wait_for("signed in").wait_for("Pictures").press("alt+1")
    terminal.wait_for("reply 0")
    terminal.press("tab")
    terminal.wait_for("y Copy message")
    terminal.press("o")
    terminal.wait_for("1 of 2")


@pytest.mark.parametrize(
    ("kind", "says", "cells"),
    [
        (GraphicsTerminal, SIXEL, (80 * 20, 15 * 22, 11 * 17)),
        (AskedTerminal, ITERM, (80 * 16, 18 * 22, 14 * 17)),
    ],
    ids=["Sixel", "iTerm2"],
)
def test_graphics_are_drawn_over_the_cells_and_wiped_off(
    tmp_path: Path, kind: type[GraphicsTerminal], says: dict, cells: tuple[int, ...]
) -> None:
    home = home_with_pictures(tmp_path)
    with kind(COMMAND, env=home.environment, size=(80, 24), **says) as terminal:

        def draws(count: int) -> Callable[[Terminal], bool]:
            return lambda _: [len(each.cells) for each in terminal.drawn] == [count]

        opened(terminal)
        terminal.wait_for(draws(cells[0]))
        if says is SIXEL:
            assert {read_sixel(each.body).size for each in terminal.drawn} <= {(800, 396)}

        terminal.press("n")
        terminal.wait_for("2 of 2")
        terminal.wait_for(draws(cells[1]))
        terminal.resize(60, 20)
        terminal.wait_for(draws(cells[2]))

        terminal.press("s")
        terminal.wait_for(lambda _: "File in" in terminal.text and not terminal.drawn)
        terminal.press("esc")
        terminal.wait_for(draws(cells[2]))
        terminal.press("esc")
        terminal.wait_for(lambda _: "reply 0" in terminal.text and not terminal.drawn)
        terminal.press("ctrl+q")
        terminal.wait(PATIENCE)
        assert terminal.faults == []


def test_kitty_shows_its_own_picture_of_each_view_and_keeps_none(tmp_path: Path) -> None:
    home = home_with_pictures(tmp_path)
    with GraphicsTerminal(COMMAND, env=home.environment, size=(80, 24)) as terminal:

        def shown(columns: int, rows: int) -> int:
            """The id of the only picture that is shown, once it has so many cells."""

            def is_it(_: Terminal) -> bool:
                found.clear()
                found.update(terminal.pictures)
                return [(each.columns, each.rows) for each in found.values()] == [(columns, rows)]

            found: dict[int, HeldImage] = {}
            terminal.wait_for(is_it)
            ((number, picture),) = found.items()
            edges = [picture.pixels.getpixel((x, 9)) for x in (3, picture.pixels.width - 3)]
            assert edges == [(255, 0, 0), (0, 0, 255)]
            return number

        opened(terminal)
        first = shown(80, 20)
        terminal.press("n")
        terminal.wait_for("2 of 2")
        second = shown(15, 22)
        terminal.wait_for(lambda _: first not in terminal.held)
        terminal.press("+")
        terminal.wait_for("· 61%")
        terminal.resize(60, 20)
        terminal.wait_for("· 61%")
        terminal.press("0")
        third = shown(11, 17)  # two rows of keys below it
        terminal.press("esc")
        terminal.wait_for("reply 0")
        terminal.wait_for(lambda _: not {second, third} & terminal.held.keys())
        terminal.press("ctrl+q")
        terminal.wait(PATIENCE)
        assert (terminal.faults, terminal.held) == ([], {})


CRASHING = """
from fakegpt_tui.__main__ import main
from fakegpt_tui.ui.dialogs.picture_viewer import PictureViewer

def crash(self):
    raise ValueError

PictureViewer.action_copy_path = crash
main()
"""


def test_nothing_is_kept_while_another_program_has_the_terminal_nor_after_a_crash(
    tmp_path: Path,
) -> None:
    home, command = home_with_pictures(tmp_path), (sys.executable, "-c", CRASHING)
    with GraphicsTerminal(command, env=home.environment, size=(80, 24)) as terminal:

        def shows_one(_: Terminal) -> bool:
            return [(each.columns, each.rows) for each in terminal.pictures.values()] == [(80, 20)]

        opened(terminal)
        terminal.wait_for(shows_one)
        before = set(terminal.held)
        terminal.signal(signal.SIGTSTP)
        terminal.wait_for(lambda _: not terminal.held)
        terminal.wait_for(lambda _: terminal.is_stopped)
        terminal.signal(signal.SIGCONT)
        terminal.wait_for(shows_one)
        assert not before & terminal.held.keys()
        terminal.press("c")
        assert terminal.wait(PATIENCE) == 1
        assert (terminal.faults, terminal.held) == ([], {})
