"""Row renderer: lines of messages with cursor, matches, selection and new-lines badge."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from fakegpt_tui.domain import Role
from fakegpt_tui.fast_import import dataclass
from fakegpt_tui.ui.widgets.drawing import highlighted, icon_cell, truncate, without_background
from fakegpt_tui.ui.widgets.transcript.appearance import (
    HEADER_LINES,
    MESSAGE_PARTS,
    ROW_PARTS,
    MessageStyles,
    RowStyles,
    bar_width,
    left_margin,
    prose_width,
)

if TYPE_CHECKING:
    from fakegpt_tui.ui.markdown.lines import Line
    from fakegpt_tui.ui.widgets.transcript.find.controller import FindController
    from fakegpt_tui.ui.widgets.transcript.picture_cache import Look
    from fakegpt_tui.ui.widgets.transcript.pictures import TranscriptPictures
    from fakegpt_tui.ui.widgets.transcript.viewport import Viewport
    from fakegpt_tui.ui.widgets.transcript.virtual_list import LinePosition
    from fakegpt_tui.ui.widgets.transcript.visual_mode import VisualMode

FOLLOW_META = {"transcript": "follow"}
"""The style meta of the badge, a click on which leads to the end."""
_EMPTY_ROW = Strip([])


@dataclass(slots=True)
class _CachedRow:
    """A line, and the row that was drawn of it with the bar `cursor`, without matches."""

    line: Line
    strip: Strip
    row: Strip | None = None
    cursor: str = ""
    look: Look = None


class RowRenderer:
    """Draws the rows of a transcript.

    A row that would look the same stays the same object. Only rows in view are kept, as a strip
    takes a multiple of the memory of its text.
    """

    def __init__(self, widget: Widget, viewport: Viewport) -> None:
        self.find: FindController | None = None
        """What highlights matches and has the last row, while it is open."""
        self.visual: VisualMode | None = None
        """What has a cursor in the text, while it is open."""
        self.pictures: TranscriptPictures | None = None
        """What draws pictures, once there are any."""
        self.blank = Style.null()
        """The style of the blanks that fill up a row."""
        self._styles = RowStyles()
        self._widget = widget
        self._viewport = viewport
        self._cache: dict[LinePosition, _CachedRow] = {}
        self._width = 0

    def read_styles(self) -> MessageStyles:
        """Take over the styles of rows from the theme; the styles of messages."""
        base = self._widget.visual_style.rich_style
        self.blank = Style(bgcolor=base.bgcolor)
        self._styles = RowStyles(base, *map(self._component_style, ROW_PARTS))
        self.clear()
        styles = map(self._component_style, MESSAGE_PARTS)
        return MessageStyles(*map(without_background, styles))

    def _component_style(self, part: str) -> Style:
        return self._widget.get_component_rich_style(f"transcript--{part}")

    def clear(self) -> None:
        """Draw every row again next time."""
        self._cache = {}

    def render(self) -> list[Strip]:
        """All rows from edge to edge."""
        widget, (width, height) = self._widget, self._widget.size
        if self.pictures is not None:
            self.pictures.begin()
        find = self.find if self.find is not None and self.find.is_open else None
        rows = self._render_messages(max(0, height - (find is not None)), find)
        if find is not None and height:
            find_width = widget.scrollable_size.width
            rows[height - 1 :] = [find.render(find_width, self._styles.find)]
        if self.pictures is not None:
            self.pictures.request()
        return [self._padded(row, width) for row in rows]

    def _render_messages(self, height: int, find: FindController | None) -> list[Strip]:
        positions = self._viewport.positions[:height]
        cursor = self._viewport.cursor if self._widget.has_focus else None
        selection = self._widget.text_selection
        if self._width != (width := self._viewport.message_list.width):
            # A line may be the same at another width, but stands behind another margin.
            self._width = width
            self.clear()
        cache = {position: self._cached(position) for position in positions}
        rows: list[Strip] = []
        bar = "┃" if self._viewport.is_marked else "│"
        for position, cached in cache.items():
            sign = bar if position.message == cursor else ""
            spans = find.spans(position) if find is not None else ()
            # Another colour of its text would be another picture.
            if (spans or selection is not None) and cached.line.picture is None:
                rows.append(self._render_row(cached, position, sign, spans, selection))
                continue
            if cached.row is None or cached.cursor != sign:
                cached.row, cached.cursor = self._render_row(cached, position, sign), sign
            rows.append(cached.row)
        self._cache = cache
        rows.extend([_EMPTY_ROW] * (height - len(rows)))
        if rows and (new_lines := self._viewport.new_lines):
            rows[-1] = self._with_badge(rows[-1], new_lines)
        visual = self._open_visual
        if rows and (note := f"select {visual.unit}" if visual else self._hidden_place()):
            rows[0] = self._at_end(rows[0], f" {note} ", self._styles.badge)
        return rows

    @property
    def _open_visual(self) -> VisualMode | None:
        return self.visual if self.visual is not None and self.visual.is_open else None

    def _hidden_place(self) -> str:
        """Which variant the first message in view is, where its header is above the view."""
        top, message_list = self._viewport.top, self._viewport.message_list
        if top.line <= HEADER_LINES - 1:
            return ""
        label = message_list.labels.get(message_list.messages[top.message].id)
        return label.note if label is not None and "/" in label.note else ""

    def _cached(self, position: LinePosition) -> _CachedRow:
        """The line at a position with its row, or without if it shows something else now."""
        layout = self._viewport.message_list.layout(position.message)
        line, cached = layout.line(position.line), self._cache.get(position)
        if line.picture is not None and self.pictures is not None:
            return self._cached_picture(self.pictures, line, position)
        if cached is None or cached.line is not line:
            strip = layout.strip(position.line)
            if cached is None or cached.strip != strip:
                return _CachedRow(line, strip)
            cached.line = line
        return cached

    def _cached_picture(
        self, pictures: TranscriptPictures, line: Line, position: LinePosition
    ) -> _CachedRow:
        """The same for a row of a picture, which may look otherwise though it is the same line."""
        look, cached = pictures.look(line), self._cache.get(position)
        if cached is not None and cached.line.picture == line.picture and cached.look == look:
            cached.line = line
            return cached
        shown = pictures.segments(line, look)
        strip = self._viewport.message_list.layout(position.message).strip(position.line, shown)
        return _CachedRow(line, strip, look=look)

    def _render_row(
        self,
        cached: _CachedRow,
        position: LinePosition,
        cursor: str,
        spans: Sequence[tuple[int, int, bool]] = (),
        selection: Selection | None = None,
    ) -> Strip:
        """A line with its background, and with everything that is marked on it."""
        width, styles = self._viewport.message_list.width, self._styles
        strip, is_picture = cached.strip, cached.line.picture is not None
        indent = len(strip.text) - len(cached.line.plain)
        bar, margin = bar_width(width), left_margin(width)
        is_prompt = position.line and self._is_prompt(position.message)
        base = styles.prompt if is_prompt else styles.base
        if is_picture:
            # Its cells share an offset: to give each its own would take most of the time.
            base += Style.from_meta({"offset": (0, position.row)})
        strip = strip.apply_style(base)
        if cursor:
            strip = self._with_cursor(strip, position.line, bar, cursor)
        strip = self._marked(strip, position, indent, spans, selection)
        if is_prompt:
            block = bar + prose_width(width) + 1
            strip = strip.adjust_cell_length(min(block, self._widget.size.width), styles.prompt)
        if margin:
            strip = Strip([Segment(" " * margin, self.blank), *strip])
        # After the highlight, which divides segments: each one says where in the text it begins.
        if not is_picture:
            strip = strip.simplify().apply_offsets(-indent - margin, position.row)
        return self._padded(strip, self._widget.size.width)

    def _marked(
        self,
        strip: Strip,
        position: LinePosition,
        indent: int,
        spans: Sequence[tuple[int, int, bool]],
        selection: Selection | None,
    ) -> Strip:
        """A line behind `indent` characters, with its matches and with what is selected of it."""
        styles = self._styles
        for start, end, is_current in spans:
            style = styles.current_match if is_current else styles.match
            strip = highlighted(strip, (indent + start, indent + end), style)
        if selection is not None:
            from fakegpt_tui.ui.widgets.transcript.selection import selected_span  # noqa: PLC0415 - when selected

            span = selected_span(selection, position, len(strip.text) - indent)
            if span is not None:
                selected = (indent + span[0], indent + span[1])
                strip = highlighted(strip, selected, self._selection_style)
        visual = self._open_visual if self._widget.has_focus else None
        if visual is not None and visual.position.line == position:
            from fakegpt_tui.ui.widgets.transcript.text_cursor import with_text_cursor  # noqa: PLC0415 - when selected

            strip = with_text_cursor(strip, indent + visual.position.column, styles.text_cursor)
        return strip

    def _is_prompt(self, index: int) -> bool:
        messages = self._viewport.message_list.messages
        return index < len(messages) and messages[index].role is Role.USER

    @property
    def _selection_style(self) -> Style:
        """The style of selected text: in colours of its own, unless the theme has another."""
        screen = self._widget.screen
        style = screen.get_component_rich_style("screen--selection")
        # Where its text is transparent, Textual gives it the colour of what is behind it.
        is_transparent = screen.get_component_styles("screen--selection").color.a == 0
        return Style(bgcolor=style.bgcolor) if is_transparent else style

    def _with_cursor(self, strip: Strip, line: int, bar: int, sign: str) -> Strip:
        """A line of the current message: a bar, and an arrow where it begins, full if marked."""
        if not line:
            return strip
        is_header = line == HEADER_LINES - 1
        if not bar:
            return strip.apply_style(Style(reverse=True)) if is_header else strip
        icon = icon_cell({"┃": "▶"}.get(sign, "▷") if is_header else sign)
        segments = [Segment(icon, self._styles.cursor), *strip.crop(bar)]
        return Strip(segments, strip.cell_length)

    def _with_badge(self, strip: Strip, new_lines: int) -> Strip:
        """A row with the number of lines that have come below at its end."""
        width = self._widget.scrollable_size.width
        words = f" ↓ {new_lines} new {'line' if new_lines == 1 else 'lines'} "
        words = words if width >= 2 * cell_len(words) else f"↓{new_lines}"
        return self._at_end(strip, words, self._styles.badge + Style.from_meta(FOLLOW_META))

    def _at_end(self, strip: Strip, words: str, style: Style) -> Strip:
        """A row with words at its end."""
        width = self._widget.scrollable_size.width
        words = truncate(words, width)
        row = strip.crop_extend(0, width - cell_len(words), self._styles.base)
        return Strip([*row, Segment(words, style)], width)

    def _padded(self, strip: Strip, width: int) -> Strip:
        """A row as wide as the view; the same object where it is so already."""
        if strip.cell_length == width:
            return strip
        if strip is _EMPTY_ROW:
            return _blank_row(width, self.blank)
        return strip.adjust_cell_length(width, self.blank)


@lru_cache(maxsize=4)
def _blank_row(width: int, style: Style) -> Strip:
    return Strip([Segment(" " * width, style)], width)
