"""Pictures in a transcript: whether they are drawn, in how many cells, and which are in view."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.app import App
from textual.widget import Widget

from fakegpt_tui.ui.terminal.cell_widths import width_profile
from fakegpt_tui.ui.terminal.graphics import terminal_cell
from fakegpt_tui.ui.terminal.output import HELD_PICTURES
from fakegpt_tui.ui.widgets.transcript.picture_cache import Look, PictureCache, PictureSource

if TYPE_CHECKING:
    from rich.segment import Segment

    from fakegpt_tui.pictures.placement import CellSize
    from fakegpt_tui.ui.markdown.lines import Line, PictureRow
    from fakegpt_tui.ui.widgets.transcript.viewport import Viewport


class TranscriptPictures:
    """Draws the rows of pictures in view, and has those made that are not there yet."""

    def __init__(
        self,
        widget: Widget,
        viewport: Viewport,
        source: PictureSource,
        *,
        owner: Callable[[], str],
        on_change: Callable[[], object],
    ) -> None:
        """`owner` is the id of the conversation that the pictures belong to.

        `on_change` is called when more can be drawn than was.
        """
        self._widget = widget
        self._viewport = viewport
        self._source = source
        self._owner = owner
        self._cache = PictureCache(widget, source, on_change)
        self._drawn: list[PictureRow] = []
        self._was_on_top = True
        self._held = 0

    def set_up(self) -> None:
        """Have pictures laid out as the settings and the terminal ask for now."""
        cell = picture_cell(self._widget.app, self._source.pictures)
        sends = self._source.pictures == "auto"
        if self._cache.sends and not sends:
            self._cache.clear()
        self._cache.sends = sends
        self._cache.cell = cell or self._cache.cell
        message_list = self._viewport.message_list
        if cell != message_list.appearance.picture_cell:
            self._viewport.rewrap(partial(message_list.change_appearance, picture_cell=cell))

    @property
    def is_stale(self) -> bool:
        """Has a dialog come or gone, or does the terminal have other pictures than before?"""
        is_same = self._is_on_top is self._was_on_top and self._held == HELD_PICTURES.changes
        return bool(self._drawn) and not is_same

    @property
    def _is_on_top(self) -> bool:
        """Is nothing above that tints what is below? Other colours would be other pictures."""
        return self._widget.screen.is_active

    def begin(self) -> None:
        """All rows in view are about to be drawn."""
        self._drawn, self._was_on_top = [], self._is_on_top
        self._held = HELD_PICTURES.changes

    def look(self, line: Line) -> Look:
        """How the row of a picture is to be drawn now."""
        if line.picture is None:
            return None
        self._drawn.append(line.picture)
        return self._cache.look(line.picture, with_placeholders=self._was_on_top)

    def segments(self, line: Line, look: Look) -> Sequence[Segment]:
        """What is drawn in the place of a row of a picture that looks so."""
        return line.segments if line.picture is None else self._cache.segments(line.picture, look)

    def request(self) -> None:
        """Have what was drawn made, as far as it is not there yet and nothing is above it."""
        if self._was_on_top:
            self._cache.want(self._owner(), self._drawn)

    def clear(self) -> None:
        """Make all pictures anew when they are next in view."""
        self._cache.clear()

    def close(self) -> None:
        """Leave nothing behind, neither here nor in the terminal."""
        self._cache.close()


def picture_cell(app: App[Any], pictures: str) -> CellSize | None:
    """The pixels of a cell; `None` where no picture can be drawn that is sure to look right.

    The colours have to be there, each as it is: in kitty's protocol they are numbers. Where
    ambiguous characters take two cells, blocks and placeholders do, too.
    """
    has_colours = app.console.color_system == "truecolor" and not app.no_color
    if pictures == "off" or not has_colours or width_profile().wide_ambiguous:
        return None
    return terminal_cell()
