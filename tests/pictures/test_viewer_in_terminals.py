"""The viewer in terminals that draw pictures by a protocol of their own."""

from pathlib import Path

import pytest

from tests.cli.program import COMMAND
from tests.graphics import GraphicsTerminal, read_sixel
from tests.patience import PATIENCE
from tests.pictures.conversation import home_with_pictures

SIXEL = {"name": "foot(1.20)", "attributes": "62;4;22"}
ITERM = {"name": "iTerm2 3.5.0", "attributes": "62;4;22"}


def opened(terminal: GraphicsTerminal) -> None:
    """Open the conversation, and the viewer with its first picture."""
    terminal.wait_for("signed in")
    terminal.press("alt+1")
    terminal.wait_for("reply 0")
    terminal.press("tab")
    terminal.wait_for("y Copy message")
    terminal.press("o")
    terminal.wait_for("1 of 2")


@pytest.mark.parametrize("says", [SIXEL, ITERM], ids=["Sixel", "iTerm2"])
def test_graphics_are_drawn_over_the_cells_and_wiped_off(tmp_path: Path, says: dict) -> None:
    home = home_with_pictures(tmp_path)
    with GraphicsTerminal(COMMAND, env=home.environment, size=(80, 24), **says) as terminal:
        opened(terminal)
        terminal.wait_for(lambda _: len(terminal.drawn) == 1)
        (first,) = terminal.drawn
        assert len(first.cells) == 80 * 20
        if says is SIXEL:
            assert read_sixel(first.body).size == (800, 396)

        terminal.press("n")
        terminal.wait_for("2 of 2")
        terminal.wait_for(lambda _: [len(each.cells) for each in terminal.drawn] == [15 * 22])
        terminal.resize(60, 20)
        terminal.wait_for(lambda _: [len(each.cells) for each in terminal.drawn] == [12 * 18])

        terminal.press("s")
        terminal.wait_for(lambda _: "Save in" in terminal.text and not terminal.drawn)
        terminal.press("esc")
        terminal.wait_for(lambda _: len(terminal.drawn) == 1)
        terminal.press("esc")
        terminal.wait_for(lambda _: "reply 0" in terminal.text and not terminal.drawn)
        terminal.press("ctrl+q")
        terminal.wait(PATIENCE)
        assert terminal.faults == []


def test_kitty_shows_its_own_picture_of_each_view_and_keeps_none(tmp_path: Path) -> None:
    home = home_with_pictures(tmp_path)
    with GraphicsTerminal(COMMAND, env=home.environment, size=(80, 24)) as terminal:

        def is_all_of_it(columns: int, rows: int) -> bool:
            """Is one picture shown, of so many cells?"""
            shown, held = terminal.shown, terminal.held
            sizes = [(held[each].columns, held[each].rows) for each in shown if each in held]
            return sizes == [(columns, rows)]

        opened(terminal)
        terminal.wait_for(lambda _: is_all_of_it(80, 20))
        (number,) = terminal.shown
        picture = terminal.held[number].pixels
        edges = picture.getpixel((9, 9)), picture.getpixel((picture.width - 9, 9))
        assert edges == ((255, 0, 0), (0, 0, 255))
        terminal.press("n")
        terminal.wait_for("2 of 2")
        terminal.wait_for(lambda _: is_all_of_it(15, 22))
        terminal.wait_for(lambda _: number not in terminal.held)
        terminal.press("+")
        terminal.wait_for("· 61%")
        terminal.resize(60, 20)
        terminal.wait_for("· 61%")
        terminal.press("0")
        terminal.wait_for(lambda _: is_all_of_it(12, 18))
        (number,) = terminal.shown
        terminal.press("esc")
        terminal.wait_for("reply 0")
        terminal.wait_for(lambda _: number not in terminal.held)
        terminal.press("ctrl+q")
        terminal.wait(PATIENCE)
        assert terminal.faults == []
        assert terminal.held == {}
