"""What is typed is drawn at once, whatever Textual's clock says."""

import asyncio

import pytest
from textual.app import App, ComposeResult
from textual.screen import Screen
from textual.widgets import Input

from fakegpt_tui.ui.terminal.output import repaint_now
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
