"""Row renderer: a line of a message with cursor, matches, selection and badge."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.content import Content
from textual.strip import Strip
from textual.style import Style as ContentStyle

from fakegpt_tui.ui.widgets.cells import icon_cell, truncate
from fakegpt_tui.ui.widgets.transcript.message_layout import HEADER_LINES

_NULL = Style.null()


@dataclass(frozen=True, slots=True)
class RowStyles:
    """The styles of what is marked, and of what it is marked on."""

    base: Style = _NULL
    new: Style = _NULL
    cursor: Style = _NULL
    found: Style = _NULL
    current: Style = _NULL
    field: Style = _NULL


EMPTY_ROW = Strip([])


def padded(strip: Strip, width: int, style: Style) -> Strip:
    """A line as wide as the view; the same line where it is so already."""
    if strip.cell_length == width:
        return strip
    if strip is EMPTY_ROW:
        return _blank(width, style)
    return strip.adjust_cell_length(width, style)


@lru_cache(maxsize=4)
def _blank(width: int, style: Style) -> Strip:
    return Strip([Segment(" " * width, style)], width)


def highlighted(strip: Strip, span: tuple[int, int], style: Style) -> Strip:
    """A line with `style` on top of the characters of a span."""
    start, end = (strip.index_to_cell_position(index) for index in span)
    before, selected, after = strip.divide([start, end, strip.cell_length])
    marked = (Segment(part.text, (part.style or Style.null()) + style) for part in selected)
    return Strip([*before, *marked, *after], strip.cell_length)


def with_matches(
    strip: Strip, spans: Sequence[tuple[int, int, bool]], bar: int, marks: RowStyles
) -> Strip:
    """A line with what was found on it."""
    for start, end, is_current in spans:
        style = marks.current if is_current else marks.found
        strip = highlighted(strip, (bar + start, bar + end), style)
    return strip


def with_cursor(strip: Strip, line: int, bar: int, marks: RowStyles) -> Strip:
    """A line of the marked message: a heavy bar, and a sign where it begins."""
    if not line:
        return strip
    if not bar:
        return strip.apply_style(Style(reverse=True)) if line == HEADER_LINES - 1 else strip
    bar_sign = icon_cell("▶" if line == HEADER_LINES - 1 else "┃")
    return Strip([Segment(bar_sign, marks.cursor), *strip.crop(bar)], strip.cell_length)


def with_new_lines_badge(strip: Strip, new_lines: int, width: int, marks: RowStyles) -> Strip:
    """A line with a mark at its end that says how many lines have come below."""
    words = f" ↓ {new_lines} new {'line' if new_lines == 1 else 'lines'} "
    words = truncate(words if width >= 2 * cell_len(words) else f"↓{new_lines}", width)
    style = marks.new + Style.from_meta({"transcript": "follow"})
    room = width - cell_len(words)
    return Strip([*strip.crop_extend(0, room, marks.base), Segment(words, style)], width)


def centered(text: Content, style: ContentStyle, y: int, size: tuple[int, int]) -> Strip:
    """A row of an empty transcript, with a line of the text that stands in the middle of it."""
    width, height = size
    lines = _centered_lines(text, max(1, width - 2))
    number = y - max(0, (height - len(lines)) // 2)
    if not 0 <= number < len(lines):
        return EMPTY_ROW
    return Strip([Segment(" ", style.rich_style), *lines[number].render_segments(style)]).crop(
        0, width
    )


@lru_cache(maxsize=1)
def _centered_lines(text: Content, width: int) -> list[Content]:
    """The lines of a text, which every row of a picture asks for."""
    return text.wrap(width, align="center")
