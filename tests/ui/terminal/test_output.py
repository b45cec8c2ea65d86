"""What is typed is drawn at once, whatever Textual's clock says."""

import asyncio
import threading
from collections.abc import Callable, Iterator

import pytest
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from fakegpt_tui.pictures import protocols
from fakegpt_tui.ui.terminal.graphics import give_up_picture
from fakegpt_tui.ui.terminal.output import (
    HELD_PICTURES,
    PICTURE_META,
    OverlaidApp,
    StallTolerantWriter,
    repaint_now,
)
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


@pytest.fixture
def slow_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Textual draws once an hour."""
    monkeypatch.setattr("textual.screen.UPDATE_PERIOD", _AN_HOUR)


@pytest.mark.usefixtures("slow_clock")
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


NUMBER = 0x2A_00_00_01


class Picture(Widget):
    """Cells of a picture, until it has another number."""

    DEFAULT_CSS = "Picture { height: 2; }"

    def __init__(self) -> None:
        super().__init__()
        self.number = NUMBER

    def render_line(self, y: int) -> Strip:
        if self.number != NUMBER:
            return Strip.blank(self.size.width)
        style = Style(
            color=Color.from_rgb(*protocols.id_colour(NUMBER)), meta={PICTURE_META: NUMBER}
        )
        return Strip([Segment(protocols.placeholder_row(NUMBER, y, 4), style)], 4)


class Pictured(OverlaidApp):
    """Counts what was drawn."""

    drawn = 0

    def compose(self) -> ComposeResult:
        yield Picture()
        yield Input()

    def post_display_hook(self) -> None:
        self.drawn += 1


@pytest.fixture
def held() -> Iterator[None]:
    HELD_PICTURES.begin(NUMBER)
    HELD_PICTURES.finish(NUMBER)
    yield
    HELD_PICTURES.free_all()


async def until(pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await pilot.pause(0.01)


@pytest.mark.usefixtures("held")
async def test_a_picture_is_kept_until_a_whole_frame_has_none_of_its_cells() -> None:
    async with (app := Pictured()).run_test(size=(40, 10)) as pilot:
        before = app.drawn
        give_up_picture(app, NUMBER)
        app.query_one(Input).value = "typed meanwhile"
        await until(pilot, lambda: app.drawn > before + 1)
        assert HELD_PICTURES.given_up == {NUMBER}

        app.query_one(Picture).number = 0
        app.query_one(Picture).refresh()
        await until(pilot, lambda: not HELD_PICTURES.given_up)
        assert not HELD_PICTURES
