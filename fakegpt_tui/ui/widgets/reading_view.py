"""A column of messages behind a scroll bar: the part of the transcript that moves."""

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from math import ceil
from typing import Any, Self

from rich.style import Style
from textual import events, on
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar
from textual.strip import Strip

from fakegpt_tui.ui.widgets.message_column import MessageColumn
from fakegpt_tui.ui.widgets.reader import Reader

_STEPS = 8
"""The places in a cell at which the thumb of a scroll bar can end."""


class ReadingView(ScrollView, inherit_bindings=False):
    """Shows where a reader is, and moves the reader by keys, wheel and scroll bar.

    Who inherits from it draws a row, and is told when the reader has moved.
    """

    def __init__(
        self,
        column: MessageColumn,
        *,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - Textual's own name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.column = column
        self.reader = Reader(column)
        self._rows: Sequence[Strip] = ()
        self._painted: Sequence[Strip] = ()
        self._is_placing = False
        self.blank = Style.null()
        """The style of the blanks that rows are filled up with."""

    @property
    def page_rows(self) -> int:
        """The rows that are there for messages."""
        return self.size.height

    def draw_rows(self) -> Sequence[Strip]:
        """What is on each row now, from edge to edge."""
        raise NotImplementedError

    def follow_cursor(self) -> None:
        """Take note that the reader has moved, before the rows are drawn."""

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> Self:
        if not regions:
            self._rows = ()  # What has changed is more than `repaint_what_changed` knows of.
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def render_line(self, y: int) -> Strip:
        return self._up_to_date()[y]

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows of a part of the view.

        Textual, which sees to borders, would compose, filter and cut a row again each time that it
        has moved, and while a reply streams that is all of them. Here a row that is what it was is
        ready wherever it stands, and nothing is done for those of whom nothing has changed.
        """
        rows = self._painted = self._up_to_date()
        if any(self.styles.gutter):
            return super().render_lines(crop)
        _, background = self.background_colors
        filters = self.get_line_filters()
        first, last = crop.column_span
        strips: Iterable[Strip] = rows[crop.y : crop.bottom]
        for line_filter in filters:
            strips = [strip.apply_filter(line_filter, background) for strip in strips]
        return [strip.crop(first, last) for strip in strips]

    def _up_to_date(self) -> Sequence[Strip]:
        """The rows as they were drawn last, if that was for this size and nothing changed since."""
        rows = self._rows
        width, height = self.size
        if len(rows) != height or (rows and rows[0].cell_length != width):
            rows = self._rows = self.draw_rows()
        return rows

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        if self._is_placing:
            return  # Rows are compared, and the scroll bar is moved when that can be seen.
        super().watch_scroll_y(old_value, new_value)
        lines = round(new_value) - round(old_value)
        if lines and self.page_rows == self.reader.rows:
            self._scrolled(round(new_value), lines)

    def scroll_to(self, x: float | None = None, y: float | None = None, **options: Any) -> None:
        """Scroll without animation: heights that are put right on the way would fight it."""
        super().scroll_to(x, y, **{**options, "animate": False})

    def _scrolled(self, offset: int, lines: int) -> None:
        """Take over a position that a scroll bar or a selection has set."""
        if offset <= 0:
            self.reader.to_start()
        elif offset >= self.max_scroll_y:
            self.reader.to_end()
        elif abs(lines) <= 2 * self.size.height:
            self.reader.move(lines)
        else:
            self.reader.jump(offset)
        self.place()

    def place(self) -> None:
        """Bring scroll bar and screen in line with where the reader is."""
        if not self.reader.rows:
            return
        self._is_placing = True
        try:
            below = self.size.height - self.page_rows
            self._set_virtual_height(self.column.height + below)
            self.scroll_y = self.scroll_target_y = self.reader.offset
            self._move_thumb()
        finally:
            self._is_placing = False
        self.follow_cursor()
        self.repaint_what_changed()

    def _set_virtual_height(self, height: int) -> None:
        size = Size(self.scrollable_size.width, height)
        needs_scrollbar = height > self.size.height
        if needs_scrollbar is not self.show_vertical_scrollbar:
            self.virtual_size = size
            return
        # Assigning would lay out the screen and repaint all of it for each line that arrives.
        self.set_reactive(ReadingView.virtual_size, size)

    def _move_thumb(self) -> None:
        """Show on the scroll bar where the reader is: have those cells of it drawn that change."""
        if not self.show_vertical_scrollbar:
            return
        bar, height = self.vertical_scrollbar, self.virtual_size.height
        before = self._thumb(bar.window_virtual_size, bar.position)
        after = self._thumb(height, self.scroll_y)
        # While the end of what grows is followed, the thumb has no news but that it is smaller.
        least = _STEPS if self.reader.follows and self.column.is_growing else 1
        if all(abs(old - new) < least for old, new in zip(before, after, strict=True)):
            return
        bar.set_reactive(ScrollBar.window_virtual_size, height)
        bar.set_reactive(ScrollBar.position, self.scroll_y)
        for old, new in zip(before, after, strict=True):
            first, last = sorted((old // _STEPS, new // _STEPS))
            bar.refresh(Region(0, first, bar.size.width, last - first + 1))

    def _thumb(self, height: float, position: float) -> tuple[int, int]:
        """Where the thumb begins and ends, as Textual draws it, in eighths of a cell."""
        rows = self.size.height
        size = max(1, rows * rows / max(1, height))
        start = int((rows - size) * position / max(1, height - rows) * _STEPS)
        return start, start + ceil(size * _STEPS)

    def repaint_what_changed(self) -> None:
        """Have the rows drawn again that are no longer what they were."""
        self._rows = self.draw_rows()
        changed: list[Region] = []
        for y, (strip, painted) in enumerate(zip_longest(self._rows, self._painted)):
            if strip is not painted and strip != painted:
                # What is blank before and after need not be sent to the terminal again.
                changed.append(Region(0, y, max(self._inked(strip), self._inked(painted)), 1))
        if changed:
            self.refresh(*changed)

    def _inked(self, strip: Strip | None) -> int:
        """The cells of a row up to the blanks at its end."""
        if strip is None:
            return self.size.width
        last = next(reversed(strip), None)
        if last is None or last.style != self.blank:
            return strip.cell_length
        return strip.cell_length - len(last.text)

    def action_move(self, lines: int) -> None:
        self.reader.move(lines)
        self.place()

    def action_page(self, pages: float) -> None:
        lines = max(1, int(abs(pages) * (self.page_rows - 1)))
        self.action_move(lines if pages > 0 else -lines)

    @on(events.MouseScrollDown)
    @on(events.MouseScrollUp)
    def scroll_by_wheel(self, event: events.MouseEvent) -> None:
        event.prevent_default()
        event.stop()
        lines = round(self.app.scroll_sensitivity_y)
        self.action_move(-lines if isinstance(event, events.MouseScrollUp) else lines)
