"""A person's selection in the transcript, as a range of places."""

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Offset
from textual.selection import Selection
from textual.strip import Strip

from fakegpt_tui.text import copyable
from fakegpt_tui.ui.widgets.message_column import MessageColumn, Place

_LINES = 1 << 24
"""More lines than any message has: a selection's rows count in these, so that heights above
it may be put right without moving it."""


def row_of(place: Place) -> int:
    """The row that a place has for Textual's selection."""
    return place.message * _LINES + place.line


def place_of(row: int) -> Place:
    return Place(*divmod(row, _LINES))


def whole_message(index: int) -> Selection:
    return Selection(Offset(0, index * _LINES), Offset(0, (index + 1) * _LINES - 1))


def span_on(selection: Selection, place: Place, length: int) -> tuple[int, int] | None:
    """The characters of a line, of `length` characters, that are selected."""
    span = selection.get_span(row_of(place))
    if span is None:
        return None
    start, end = span
    start, end = max(0, start), length if end < 0 else min(end, length)
    return (start, end) if start < end else None


def highlighted(strip: Strip, span: tuple[int, int], style: Style) -> Strip:
    """A line with `style` on top of the characters of a span."""
    start, end = (strip.index_to_cell_position(index) for index in span)
    before, selected, after = strip.divide([start, end, strip.cell_length])
    marked = (Segment(part.text, (part.style or Style.null()) + style) for part in selected)
    return Strip([*before, *marked, *after], strip.cell_length)


def selected_text(selection: Selection, column: MessageColumn) -> str:
    """What to copy: messages that are selected whole as they were written, others as shown."""
    last = len(column.messages) - 1
    start = Place(0, 0) if selection.start is None else place_of(selection.start.y)
    end = Place(last, _LINES - 1) if selection.end is None else place_of(selection.end.y)
    texts = []
    for index in range(start.message, min(end.message, last) + 1):
        first = start.line if index == start.message else 0
        final = end.line if index == end.message else _LINES - 1
        texts.append(_text_of(selection, column, index, first, final))
    return copyable("\n\n".join(text for text in texts if text))


def _text_of(
    selection: Selection, column: MessageColumn, index: int, first: int, final: int
) -> str:
    if first == 0 and final == _LINES - 1:
        return column.messages[index].text
    layout = column.layout(index)
    lines = []
    for number in range(first, min(final + 1, column.measure(index))):
        plain = layout.line(number).plain
        span = span_on(selection, Place(index, number), len(plain))
        lines.append(plain[slice(*span)].rstrip() if span else "")
    return "\n".join(lines).strip("\n")
