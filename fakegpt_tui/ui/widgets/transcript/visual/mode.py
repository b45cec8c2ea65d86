"""Visual mode: a cursor in the transcript, and what is selected up to it."""

from __future__ import annotations

from textual.geometry import Offset
from textual.selection import Selection

from fakegpt_tui.ui.widgets.transcript.line_ids import is_written
from fakegpt_tui.ui.widgets.transcript.selection import selected_span
from fakegpt_tui.ui.widgets.transcript.viewport import Viewport
from fakegpt_tui.ui.widgets.transcript.virtual_list import LinePosition
from fakegpt_tui.ui.widgets.transcript.visual.cursor import TextCursor, TextPosition
from fakegpt_tui.ui.widgets.transcript.visual.places import (
    CharacterAnchor,
    anchor_of,
    position_of,
)
from fakegpt_tui.ui.widgets.transcript.visual.units import SelectionUnit, selection_between
from fakegpt_tui.ui.widgets.transcript.visual.words import word_at

_LARGER = {
    SelectionUnit.CHARACTER: SelectionUnit.WORD,
    SelectionUnit.LINE: SelectionUnit.MESSAGE,
}


class VisualMode:
    """Selects from where it began to the cursor, and has the cursor in view."""

    def __init__(self, viewport: Viewport) -> None:
        self.is_open = False
        self.unit = SelectionUnit.CHARACTER
        self.selection = Selection(None, None)
        """What is selected, while it is open."""
        self._viewport = viewport
        self._list = viewport.message_list
        self._cursor = TextCursor(self._list, TextPosition(viewport.top, 0))
        self._start = self._cursor.position
        self._anchors: list[CharacterAnchor] = []

    @property
    def position(self) -> TextPosition:
        """The character that the cursor is on."""
        return self._cursor.position

    def open(
        self, unit: str, selected: Selection | None, found: tuple[LinePosition, int] | None
    ) -> None:
        """Begin with what is selected, or at what was found, or in the marked message."""
        self.is_open, self.unit = True, SelectionUnit(unit)
        if selected is not None and selected.start is not None and selected.end is not None:
            self._cursor.move_to(LinePosition.at_row(selected.start.y), selected.start.x)
            self._start = self.position
            self._move_before(selected.end)
        else:
            self._cursor.move_to(*(found or (self._first_in_view(), 0)))
            self._start = self.position
        self._show_cursor()

    def close(self) -> None:
        """Select nothing, and follow the end again where it is in view."""
        self.is_open = False
        self._viewport.scroll_by(0)

    def switch(self, unit: str) -> None:
        """Select by that unit, or by the larger one of its key where that is so already."""
        wanted = SelectionUnit(unit)
        self.unit = _LARGER[wanted] if self.unit is wanted else wanted

    def move(self, way: str, *arguments: int) -> None:
        """Move the cursor, and select up to it."""
        getattr(self._cursor, way)(*arguments)
        self._show_cursor()

    def page(self, pages: float) -> None:
        """Move the cursor so many pages down, or up."""
        lines = max(1, int(abs(pages) * (self._viewport.height - 1)))
        self.move("by_line", lines if pages > 0 else -lines)

    def swap(self) -> None:
        """Move the other end from now on."""
        start, self._start = self._start, self.position
        self._cursor.move_to(*start)
        self._show_cursor()

    def restart(self) -> None:
        """Select from the cursor on."""
        self._start = self.position
        self._show_cursor()

    def update(self) -> Selection:
        """Select the same text where it is now, as lines may have been laid out anew."""
        if self._anchors != self._current_anchors():
            start, cursor = (position_of(self._list, anchor) for anchor in self._anchors)
            self._cursor.move_to(*start)
            self._start = self.position
            self._cursor.move_to(*cursor)
        unit = self.unit
        self.selection = selection_between(self._list, self._start, self.position, unit)
        return self.selection

    def words(self) -> str:
        """What to find: what is selected on one line, or the word under the cursor."""
        text, (line, column) = self._cursor.text, self.position
        span = selected_span(self.selection, line, len(text)) or (column, column + 1)
        if self.unit is SelectionUnit.CHARACTER and self._start == self.position:
            span = word_at(text, column)
        return text[slice(*span)].strip()

    def _move_before(self, end: Offset) -> None:
        """Go to the last character that is selected, which is the one before `end`."""
        row = LinePosition.at_row(end.y)
        line = self._list.moved(row, 0)
        self._cursor.move_to(line, end.x - 1)
        if line != row:  # All of a message is selected, up to a row that it does not have.
            self._cursor.to_line_end()
        elif not end.x:
            self._cursor.by_character(-1)

    def _show_cursor(self) -> None:
        line = self.position.line
        self._anchors = self._current_anchors()
        if line.message != self._viewport.cursor:
            self._viewport.mark(line.message)
        if line == self._cursor.first_line(line.message):
            self._viewport.reveal_line(LinePosition(line.message, 0))
        self._viewport.reveal_line(line)

    def _current_anchors(self) -> list[CharacterAnchor]:
        return [anchor_of(self._list, each) for each in (self._start, self.position)]

    def _first_in_view(self) -> LinePosition:
        """The first line in view of the marked message's text, or else of any."""
        viewport = self._viewport
        own = (each for each in viewport.positions if each.message == viewport.cursor)
        return next((each for each in own if is_written(each.line)), viewport.top)
