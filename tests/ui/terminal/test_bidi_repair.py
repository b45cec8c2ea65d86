"""Rows in which a widget hides a part of another, as they are written."""

import re
from collections.abc import Sequence

import pytest
from rich.console import Console
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App, ComposeResult
from textual.content import Content
from textual.filter import LineFilter
from textual.geometry import Region
from textual.strip import Strip
from textual.widgets import Static

from fakegpt_tui.ui.terminal.bidi_isolates import repair_bidi
from fakegpt_tui.ui.terminal.line_filters import ISOLATE, POP_ISOLATE, BidiIsolateFilter

WORDS = "שלום עולם"
CONSOLE = Console(color_system=None)


class Covered(App[None]):
    """A line, on top of which stands something of a certain size."""

    CSS = "Screen { layers: below above; } #below { layer: below; } #above { layer: above; }"

    def __init__(self, line: str, above: str, x: int) -> None:
        super().__init__()
        self.line, self.above, self.x = line, above, x
        self.isolating = BidiIsolateFilter()

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), self.isolating]

    def compose(self) -> ComposeResult:
        yield Static(Content(self.line), id="below")
        above = Static(Content(self.above), id="above")
        above.styles.width, above.styles.offset = len(self.above), (self.x, 0)
        yield above


def written(app: App[None], *, regions: Sequence[Region] = ()) -> str:
    """The first row as it is written, with brackets for isolates."""
    compositor = app.screen._compositor  # noqa: SLF001 - Textual has no public way
    app.screen.refresh(*regions)
    compositor._dirty_regions.clear()  # noqa: SLF001
    compositor._dirty_regions.update(regions)  # noqa: SLF001
    update = compositor.render_update(full=not regions)
    repair_bidi(update)
    assert isinstance(update, LayoutUpdate | ChopsUpdate)
    sequences = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", update.render_segments(CONSOLE))
    row = sequences.split("\n")[0].rstrip()
    return row.replace(ISOLATE, "⟦").replace(POP_ISOLATE, "⟧")


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (0, "+++⟦ם עולם⟧"),
        (2, "⟦של⟧+++⟦עולם⟧"),
        (6, "⟦שלום ע⟧+++"),
        (7, "⟦שלום עו⟧+++"),
        (12, "⟦שלום עולם⟧   +++"),
    ],
)
async def test_what_is_hidden_in_part_is_whole_where_it_shows(x: int, expected: str) -> None:
    async with Covered(WORDS, "+++", x).run_test(size=(40, 3)) as pilot:
        assert written(pilot.app) == expected
        assert written(pilot.app, regions=[Region(0, 0, 40, 1)]) == expected


async def test_what_is_cut_by_nothing_but_the_end_of_a_hidden_widget_stays_in_one() -> None:
    async with Covered("a", WORDS, 0).run_test(size=(40, 3)) as pilot:
        below = pilot.app.query_one("#below")
        below.styles.width = 4
        await pilot.pause()
        assert written(pilot.app) == "⟦שלום עולם⟧"


@pytest.mark.parametrize("width", [2, 6, 9, 12])
async def test_what_is_written_of_a_line_that_has_changed_in_part_is_whole(width: int) -> None:
    async with Covered(WORDS, "+", 20).run_test(size=(40, 3)) as pilot:
        row = written(pilot.app, regions=[Region(1, 0, width, 1)])
        assert row.count("⟦") == row.count("⟧") == 1


def test_parts_that_are_whole_are_written_as_they_are() -> None:
    strip = Strip(BidiIsolateFilter().apply(list(Strip.blank(3)), None))  # type: ignore[arg-type]
    update = LayoutUpdate([[strip]], Region(0, 0, 3, 1))
    repair_bidi(update)
    assert [list(row) for row in update.strips] == [[strip]]
