"""A column of messages behind a scroll bar: the part of the transcript that moves."""

from typing import Any

from textual import events, on
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from fakegpt_tui.ui.widgets.message_column import MessageColumn
from fakegpt_tui.ui.widgets.reader import Reader


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
        self._painted: dict[int, Strip] = {}
        self._is_placing = False

    @property
    def page_rows(self) -> int:
        """The rows that are there for messages."""
        return self.size.height

    def draw_row(self, y: int) -> Strip:
        """What is on a row now."""
        raise NotImplementedError

    def follow_cursor(self) -> None:
        """Take note that the reader has moved, before the rows are drawn."""

    def render_line(self, y: int) -> Strip:
        strip = self._painted[y] = self.draw_row(y)
        return strip

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        lines = round(new_value) - round(old_value)
        if lines and not self._is_placing and self.page_rows == self.reader.rows:
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
        if needs_scrollbar:
            self.vertical_scrollbar.window_virtual_size = height

    def repaint_what_changed(self) -> None:
        """Have the rows drawn again that are no longer what they were."""
        for y in range(self.size.height):
            strip = self.draw_row(y)
            painted = self._painted.get(y)
            if strip is not painted and strip != painted:
                self.refresh(Region(0, y, self.size.width, 1))

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
