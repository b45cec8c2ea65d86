"""Text cursor: a character of a conversation as it is shown, and the ways to another one."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

from fakegpt_tui.ui.graphemes import nearest_boundary, next_boundary, previous_boundary
from fakegpt_tui.ui.widgets.drawing import highlighted
from fakegpt_tui.ui.widgets.transcript.appearance import HEADER_LINES
from fakegpt_tui.ui.widgets.transcript.line_ids import is_written
from fakegpt_tui.ui.widgets.transcript.virtual_list import LinePosition, VirtualList

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.style import Style

    from fakegpt_tui.ui.markdown.lines import Line


_DRAWN = ("\u2500", "\u25ff")
"""Bars, borders and bullets, which are drawn and not written."""


class WordSpan(NamedTuple):
    """The characters from `start` to `end` of a line."""

    start: int
    end: int


def words(text: str) -> list[WordSpan]:
    """The words of a line: letters and digits, or signs, that stand side by side."""
    runs = groupby(_graphemes(text), key=lambda span: _kind(text[span.start]))
    spans = ((kind, list(run)) for kind, run in runs)
    return [WordSpan(run[0].start, run[-1].end) for kind, run in spans if kind is not None]


def word_at(text: str, column: int) -> WordSpan:
    """The word around a character; between words the character alone."""
    for span in words(text):
        if span.start <= column < span.end:
            return span
    return WordSpan(column, next_boundary(text, column))


def _graphemes(text: str) -> Iterator[WordSpan]:
    start = 0
    while start < len(text):
        yield WordSpan(start, end := next_boundary(text, start))
        start = end


def _kind(character: str) -> bool | None:
    """Is the character part of a word? False for a sign, `None` for blanks and drawn lines."""
    if character.isspace() or _DRAWN[0] <= character <= _DRAWN[1]:
        return None
    return character.isalnum() or character == "_"


_FIRST_LINES = 8
"""The header, the line above reasoning, captions, and then the text."""
_MOST_BLANK = 1000
"""Lines without a word that are passed on the way to the next one."""


class TextPosition(NamedTuple):
    """A character of a line, and its place in the line; 0 where the line is empty."""

    line: LinePosition
    column: int


class TextCursor:
    """Goes from character to character; there is always one at `position`."""

    def __init__(self, message_list: VirtualList, position: TextPosition) -> None:
        self.position = position
        self._list = message_list
        self._wanted_cell: int | None = None
        """Where keys go up and down, though a line on the way may be shorter."""

    @property
    def text(self) -> str:
        """The line under the cursor, without the blanks at its end."""
        return self._text(self.position.line)

    def move_to(self, line: LinePosition, column: int = 0) -> None:
        """Go to a character, or to the last one of a line that is shorter; passing by pictures."""
        if self._line(line).picture is not None:
            line = self._beside(line, 1) or self._beside(line, -1) or line
        text = self._text(line)
        last = previous_boundary(text, len(text))
        self.position = TextPosition(line, nearest_boundary(text, max(0, min(column, last))))
        self._wanted_cell = None

    def by_character(self, step: int) -> None:
        """Go to the next character, or with -1 to the one before, on whichever line it is."""
        line, column = self.position
        text, margin = self.text, self._margin(line)
        if step > 0 and (after := next_boundary(text, column)) < len(text):
            self.move_to(line, after)
        elif step < 0 and column > margin:
            self.move_to(line, previous_boundary(text, column))
        elif (other := self._beside(line, step)) is not None:
            self.move_to(other, self._margin(other) if step > 0 else len(self._text(other)))

    def by_line(self, lines: int) -> None:
        """Go so many lines down, or up, to the same cell."""
        line, column = self.position
        cell = self._wanted_cell
        if cell is None:
            cell = cell_len(self.text[:column])
        target = self._list.moved(line, lines)
        if self._line(target).picture is not None:
            target = self._beside(target, 1 if lines > 0 else -1) or line
        self.move_to(target, _column_at(self._text(target), cell))
        self._wanted_cell = cell

    def to_next_word(self) -> None:
        self._to_word(1, lambda span, _: span.start)

    def to_word_start(self) -> None:
        """Go to the first character of this word, or of the one before."""
        self._to_word(-1, lambda span, _: span.start)

    def to_word_end(self) -> None:
        """Go to the last character of this word, or of the next one."""
        self._to_word(1, lambda span, text: previous_boundary(text, span.end))

    def to_line_start(self) -> None:
        self.move_to(self.position.line)

    def to_line_text(self) -> None:
        """Go to the first character of the line that is not blank."""
        self.move_to(self.position.line, len(self.text) - len(self.text.lstrip()))

    def to_line_end(self) -> None:
        self.move_to(self.position.line, len(self.text))

    def by_message(self, step: int) -> None:
        """Go to the next message, or with -1 to the beginning of this one or the one before."""
        index = self.position.line.message
        if step > 0 and index == len(self._list.messages) - 1:
            self.to_last()
        elif step < 0 and self.position > TextPosition(self.first_line(index), 0):
            self.move_to(self.first_line(index))
        else:
            self.move_to(self.first_line(max(0, index + step)))

    def to_first(self) -> None:
        self.move_to(self.first_line(0))

    def to_last(self) -> None:
        last = self._list.last_line(len(self._list.messages) - 1)
        self.move_to(last, len(self._text(last)))

    def first_line(self, index: int) -> LinePosition:
        """Where what was written begins in a message; its header, where all is folded."""
        lines = self._list.layout(index).lines_from(0, _FIRST_LINES)
        own = (line for line in lines if is_written(line))
        return LinePosition(index, next(own, HEADER_LINES - 1))

    def _to_word(self, step: int, column_of: Callable[[WordSpan, str], int]) -> None:
        """Go to the nearest place in a word, down or up."""
        start, column = self.position
        line: LinePosition | None = start
        for _ in range(_MOST_BLANK):
            if line is None:
                break
            text = self._text(line)
            places = [column_of(span, text) for span in words(text)][::step]
            for place in places:
                if line != start or (place > column if step > 0 else place < column):
                    self.move_to(line, place)
                    return
            line = self._beside(line, step)
        (self.to_last if step > 0 else self.to_first)()

    def _beside(self, line: LinePosition, step: int) -> LinePosition | None:
        """The next line of text, or with -1 the one before; there is none at the ends."""
        while (other := self._list.moved(line, step)) != line:
            if self._line(other).picture is None:
                return other
            line = other
        return None

    def _line(self, line: LinePosition) -> Line:
        return self._list.layout(line.message).line(line.line)

    def _text(self, line: LinePosition) -> str:
        return self._line(line).without_controls.rstrip()

    def _margin(self, line: LinePosition) -> int:
        """The characters that a line goes on behind, and that are no text."""
        drawn = self._line(line)
        return 0 if drawn.gap is None else drawn.margin


def _column_at(text: str, cell: int) -> int:
    """The character that takes a cell."""
    column = 0
    while column < len(text) and cell_len(text[: next_boundary(text, column)]) <= cell:
        column = next_boundary(text, column)
    return column


def with_text_cursor(strip: Strip, column: int, style: Style) -> Strip:
    """A line with the character in a column marked, or a blank where it has none there."""
    if (missing := column + 1 - len(strip.text)) > 0:
        strip = Strip([*strip, Segment(" " * missing)])
    return highlighted(strip, (column, next_boundary(strip.text, column)), style)
