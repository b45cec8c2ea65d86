"""Visual mode: selecting text of the transcript with keys, by character, word, line or message."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from textual.geometry import Offset
from textual.selection import Selection

from fakegpt_tui.ui.graphemes import next_boundary
from fakegpt_tui.ui.widgets.transcript.line_ids import LineAnchor, is_written
from fakegpt_tui.ui.widgets.transcript.selection import goes_on, message_selection, selected_span
from fakegpt_tui.ui.widgets.transcript.text_cursor import TextCursor, TextPosition, word_at
from fakegpt_tui.ui.widgets.transcript.virtual_list import LinePosition, VirtualList

if TYPE_CHECKING:
    from fakegpt_tui.ui.markdown.lines import Line
    from fakegpt_tui.ui.widgets.transcript.viewport import Viewport


class CharacterAnchor(NamedTuple):
    """A character, by the letters that the text has before it.

    `column` is where it is on a line that is no text, such as a header.
    """

    message_id: str
    line: LineAnchor
    column: int


def anchor_of(message_list: VirtualList, position: TextPosition) -> CharacterAnchor:
    """What a position shows, whatever is laid out anew."""
    (index, line), column = position
    layout = message_list.layout(index)
    zone, anchor = layout.anchor_at(line)
    drawn = layout.line(line)
    if drawn.source is not None:
        letters = anchor.letters_before + _count_letters(drawn.plain[:column])
        anchor = anchor._replace(letters_before=letters)
    return CharacterAnchor(layout.message.id, LineAnchor(zone, anchor), column)


def position_of(message_list: VirtualList, anchor: CharacterAnchor) -> TextPosition:
    """Where that character of a message that is shown is now."""
    index = message_list.index_of(anchor.message_id) or 0
    layout = message_list.layout(index)
    line = layout.line_of(anchor.line)
    drawn, column = layout.line(line), anchor.column
    if drawn.source is not None:
        before = layout.anchor_at(line).anchor.letters_before
        column = _column_behind(drawn, anchor.line.anchor.letters_before - before)
    return TextPosition(LinePosition(index, line), column)


def _count_letters(text: str) -> int:
    return len(text) - text.count(" ")


def _column_behind(line: Line, letters: int) -> int:
    """The column of the letter that has so many before it on its line."""
    for column, character in enumerate(line.plain):
        if character != " ":
            if letters <= 0:
                return column
            letters -= 1
    return len(line.plain)


_MOST_ROWS = 400
"""Rows of one written line that are looked for in either direction."""


class SelectionUnit(StrEnum):
    """What is selected whole; the value is what the screen calls it."""

    CHARACTER = "characters"
    WORD = "words"
    LINE = "lines"
    MESSAGE = "messages"


def selection_between(
    message_list: VirtualList, one: TextPosition, other: TextPosition, unit: SelectionUnit
) -> Selection:
    """All units from one character to another, both included, in whichever order they are."""
    first, last = sorted((one, other))
    if unit is SelectionUnit.MESSAGE:
        begin = message_selection(first.line.message).start
        return Selection(begin, message_selection(last.line.message).end)
    if unit is SelectionUnit.LINE:
        top = _written_line(message_list, first.line, -1)
        bottom = _written_line(message_list, last.line, 1)
        return Selection(Offset(0, top.row), Offset(len(_text(message_list, bottom)), bottom.row))
    start_text, end_text = _text(message_list, first.line), _text(message_list, last.line)
    if unit is SelectionUnit.WORD:
        start, end = word_at(start_text, first.column).start, word_at(end_text, last.column).end
    else:
        start, end = first.column, next_boundary(end_text, last.column)
    return Selection(Offset(start, first.line.row), Offset(end, last.line.row))


def _text(message_list: VirtualList, line: LinePosition) -> str:
    return message_list.layout(line.message).line(line.line).without_controls


def _written_line(message_list: VirtualList, line: LinePosition, step: int) -> LinePosition:
    """The last row of what was written as one line, or with -1 the first one, within limits."""
    layout = message_list.layout(line.message)
    row = line.line
    for _ in range(_MOST_ROWS):
        other, beyond = layout.moved(row, step)
        above, below = sorted((row, other))
        if beyond or not goes_on(layout, above, below):
            break
        row = other
    return LinePosition(line.message, row)


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
