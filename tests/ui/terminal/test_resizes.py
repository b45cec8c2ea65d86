"""A screen has the size of its terminal in the end, whatever comes late."""

import asyncio
from collections.abc import Callable

from textual.events import Resize
from textual.geometry import Size
from textual.pilot import Pilot

from fakegpt_tui.ui.terminal.driver import ResizedApp
from tests.patience import PATIENCE

OLDER = Size(20, 5)


class Sized(ResizedApp):
    """Has a screen that cannot be laid out for a while after it was drawn in an older size."""

    is_late = False

    def post_display_hook(self) -> None:
        if self.screen.outer_size == OLDER and not self.is_late:
            self.is_late = True
            self.screen.stack_updates = 0


async def until(pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await pilot.pause(0.01)


async def test_a_screen_does_not_stay_at_an_older_size_that_it_was_told_late() -> None:
    async with (app := Sized()).run_test(size=(40, 10)) as pilot:
        app.screen.post_message(Resize(OLDER, OLDER))
        await until(pilot, lambda: app.is_late)
        is_tried = asyncio.Event()
        app.call_later(is_tried.set)
        await is_tried.wait()
        assert app.screen.outer_size == OLDER
        app.screen.stack_updates = 1
        app.refresh()
        await until(pilot, lambda: app.screen.outer_size == app.size)
        for size in (OLDER, Size(60, 20)):
            app.screen.post_message(Resize(size, size))
            await until(pilot, lambda: not app.screen.message_queue_size)
            await until(pilot, lambda: app.screen.outer_size == app.size)
