"""What is typed is drawn at once, whatever Textual's clock says."""

import asyncio
import threading

import pytest
from textual.app import App, ComposeResult
from textual.screen import Screen
from textual.widgets import Input

from fakegpt_tui.ui.terminal.output import StallTolerantWriter, repaint_now
from tests.patience import PATIENCE

_AN_HOUR = 3600.0


class Page(Screen[None]):
    """A field that has the keys."""

    def compose(self) -> ComposeResult:
        yield Input()

    def on_idle(self) -> None:
        repaint_now(self)


class Watched(App[None]):
    """Notes each time that something was drawn."""

    def __init__(self) -> None:
        super().__init__()
        self.drawn = asyncio.Event()

    def get_default_screen(self) -> Screen[None]:
        return Page()

    def post_display_hook(self) -> None:
        self.drawn.set()


@pytest.fixture(autouse=True)
def slow_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Textual draws once an hour."""
    monkeypatch.setattr("textual.screen.UPDATE_PERIOD", _AN_HOUR)


async def test_a_letter_does_not_wait_for_the_clock() -> None:
    app = Watched()
    async with app.run_test() as pilot:
        await pilot.press("w")
        app.drawn.clear()
        await pilot.press("x")
        async with asyncio.timeout(PATIENCE):
            await app.drawn.wait()
        assert app.screen.query_one(Input).value == "wx"


class Valve:
    """A file that takes nothing while it is closed."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.taken: list[str] = []

    def write(self, text: str) -> None:
        self.open.wait(PATIENCE)
        self.taken.append(text)

    def flush(self) -> None:
        """Hold nothing back."""


def test_a_terminal_that_takes_nothing_is_left_out_and_drawn_anew_when_it_does() -> None:
    valve, recovered = Valve(), threading.Event()
    writer = StallTolerantWriter(valve, recovered.set)
    writer.start()
    for number in range(3000):
        writer.write(str(number))
    assert not valve.taken
    writer.write("left out, as pictures build on each other")
    valve.open.set()
    assert recovered.wait(PATIENCE)
    writer.write("whole")
    writer.stop()
    assert not writer.is_alive()
    assert valve.taken[-1] == "whole"
    assert valve.taken[:-1] == [str(number) for number in range(len(valve.taken) - 1)]
    assert len(valve.taken) < 3000


def test_a_writer_that_the_terminal_keeps_is_left_behind() -> None:
    valve = Valve()
    writer = StallTolerantWriter(valve)
    writer.start()
    writer.write("kept")
    writer.stop()
    assert writer.is_alive()
    valve.open.set()
    writer.join(PATIENCE)
