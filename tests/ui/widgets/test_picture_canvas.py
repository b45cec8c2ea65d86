"""A picture over the whole screen is never drawn in less room than it was made for."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Event

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from fakegpt_tui.pictures.cells import in_decoder
from fakegpt_tui.pictures.decoding import Pixels
from fakegpt_tui.pictures.placement import Zoom
from fakegpt_tui.ui.terminal.graphics import Drawing
from fakegpt_tui.ui.widgets.picture_canvas import PictureCanvas

PICTURE = Pixels(40, 40, bytes(40 * 40 * 3))
SIZE = (40, 20)


class CanvasApp(App[None]):
    def compose(self) -> ComposeResult:
        yield PictureCanvas()

    @property
    def canvas(self) -> PictureCanvas:
        return self.query_one(PictureCanvas)

    def begin(self) -> None:
        """Show the picture as large as there is room, as Sixel draws it."""
        self.canvas.drawing = Drawing.SIXEL
        self.canvas.show(PICTURE, Zoom(40, 40, self.canvas.room, self.canvas.cell))


async def until_drawn(pilot: Pilot[None]) -> None:
    """Wait until all work on pictures is done and shown, that which follows from it, too."""
    for _ in range(3):
        await in_decoder(bool)
        await pilot.pause()


@asynccontextmanager
async def held() -> AsyncIterator[Event]:
    """Keep the thread for pictures from what comes next, until that event is set."""
    event = Event()
    waiting = asyncio.create_task(in_decoder(event.wait))
    await asyncio.sleep(0)
    try:
        yield event
    finally:
        event.set()
        await waiting


async def test_what_was_made_for_other_room_is_not_drawn() -> None:
    async with (app := CanvasApp()).run_test(size=SIZE) as pilot:
        async with held() as blocks:
            app.begin()
            await pilot.pause()
            async with held():
                blocks.set()
                await pilot.pause()
                await pilot.resize_terminal(30, 8)
        await until_drawn(pilot)
        assert app.canvas.sequence_over(None) == ""
        app.begin()
        await until_drawn(pilot)
        assert "\x1bP0;1;0q" in app.canvas.sequence_over(None)


async def test_a_terminal_that_has_become_smaller_unnoticed_gets_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with (app := CanvasApp()).run_test(size=SIZE) as pilot:
        app.begin()
        await until_drawn(pilot)
        columns, rows = app.canvas.room
        for size, is_drawn in (
            ((columns, rows + 1), True),
            ((columns, rows), False),
            ((columns - 1, rows + 1), False),
        ):
            terminal = os.terminal_size(size)
            monkeypatch.setattr(os, "get_terminal_size", lambda *_, of=terminal: of)
            assert bool(app.canvas.sequence_over(None)) is is_drawn
