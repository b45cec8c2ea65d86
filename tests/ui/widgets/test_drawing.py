"""Rendered lines are cached until their widget changes, and no longer."""

from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.strip import Strip
from textual.widgets import Static

from fakegpt_tui.ui.widgets.drawing import RenderCache


class Composed(Static):
    """Counts how often its lines are composed."""

    composed = 0

    def render_lines(self, crop: Region) -> list[Strip]:
        self.composed += 1
        return super().render_lines(crop)


class Still(RenderCache, Composed):
    """A text that seldom changes."""


class Page(App[None]):
    """One that seldom changes above one that always does."""

    def compose(self) -> ComposeResult:
        yield Still("still")
        yield Static("moving")

    @property
    def still(self) -> Still:
        return self.query_one(Still)

    def shown(self) -> str:
        region = Region(0, 0, *self.still.outer_size)
        return "".join(strip.text for strip in self.still.render_lines(region)).strip()


async def test_what_stands_still_is_composed_once() -> None:
    app = Page()
    async with app.run_test() as pilot:
        app.shown()
        before = app.still.composed
        for number in range(5):
            app.query(Static).last().update(f"moved {number}")
            await pilot.pause()
            assert app.shown() == "still"
        assert app.still.composed == before


async def test_what_changes_is_composed_anew() -> None:
    app = Page()
    async with app.run_test(size=(40, 10)) as pilot:
        assert app.shown() == "still"
        app.still.update("changed")
        await pilot.pause()
        assert app.shown() == "changed"


async def test_another_size_or_style_is_another_picture() -> None:
    app = Page()
    async with app.run_test(size=(40, 10)) as pilot:
        app.shown()
        await pilot.resize_terminal(30, 10)
        await pilot.pause()
        assert app.still.render_lines(Region(0, 0, *app.still.outer_size))[0].cell_length == 30
        app.still.styles.text_style = "bold"
        await pilot.pause()
        line = app.still.render_lines(Region(0, 0, *app.still.outer_size))[0]
        assert any(segment.style and segment.style.bold for segment in line)
