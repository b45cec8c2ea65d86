"""Units of a visual selection: it has whole characters, words, lines or messages."""

from __future__ import annotations

from enum import StrEnum

from textual.geometry import Offset
from textual.selection import Selection

from fakegpt_tui.ui.graphemes import next_boundary
from fakegpt_tui.ui.widgets.transcript.selection import goes_on, message_selection
from fakegpt_tui.ui.widgets.transcript.virtual_list import LinePosition, VirtualList
from fakegpt_tui.ui.widgets.transcript.visual.cursor import TextPosition
from fakegpt_tui.ui.widgets.transcript.visual.words import word_at

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
