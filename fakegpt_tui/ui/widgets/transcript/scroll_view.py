"""Scroll view of a transcript: scroll bar, wheel, and repainting only rows that changed."""

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

from fakegpt_tui.ui.widgets.transcript.viewport import Viewport

_STEPS = 8
"""The places in a cell at which the thumb of a scroll bar can end."""


class RowScrollView(ScrollView, inherit_bindings=False):
    """Shows the rows of a viewport, and scrolls it by keys, wheel and scroll bar.

    A subclass draws the rows, and is told when the viewport has moved.
    """

    DEFAULT_CSS = """
    RowScrollView { overflow-x: hidden; scrollbar-gutter: stable; scrollbar-size-vertical: 1; }
    """

    def __init__(self, viewport: Viewport) -> None:
        super().__init__()
        self.viewport = viewport
        self._last_rows: Sequence[Strip] = ()
        self._painted: Sequence[Strip] = ()
        self._is_syncing = False

    @property
    def footer_rows(self) -> int:
        """The rows at the bottom that are not for messages."""
        return 0

    @property
    def visible_rows(self) -> int:
        """The rows that are there for messages."""
        return max(0, self.size.height - self.footer_rows)

    @property
    def blank_style(self) -> Style:
        """The style of the blanks that rows are filled up with."""
        raise NotImplementedError

    def render_rows(self) -> Sequence[Strip]:
        """What is on each row now, from edge to edge."""
        raise NotImplementedError

    def viewport_moved(self) -> None:
        """Called when the viewport may have moved, before the rows are drawn."""
        raise NotImplementedError

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> Self:
        if not regions:
            self._last_rows = ()  # More has changed than `repaint_changes` knows of.
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def render_line(self, y: int) -> Strip:
        return self._current_rows()[y]

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows of a part of the view.

        Textual, which draws borders here, would compose, filter and cut a row again each time that
        it has moved, and while a reply streams all of them move. Here a row that did not change is
        ready wherever it stands, and filters only see rows that did.
        """
        rows = self._painted = self._current_rows()
        if any(self.styles.gutter):
            return super().render_lines(crop)
        _, background = self.background_colors
        first, last = crop.column_span
        strips: Iterable[Strip] = rows[crop.y : crop.bottom]
        for line_filter in self.get_line_filters():
            strips = [strip.apply_filter(line_filter, background) for strip in strips]
        return [strip.crop(first, last) for strip in strips]

    def _current_rows(self) -> Sequence[Strip]:
        """The rows as they were drawn last, if that was for this size and nothing changed since."""
        rows = self._last_rows
        width, height = self.size
        if len(rows) != height or (rows and rows[0].cell_length != width):
            rows = self._last_rows = self.render_rows()
        return rows

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        if self._is_syncing:
            return  # Rows are compared, and the scroll bar is moved when that can be seen.
        super().watch_scroll_y(old_value, new_value)
        lines = round(new_value) - round(old_value)
        if lines and self.visible_rows == self.viewport.height:
            self._scroll_viewport(round(new_value), lines)

    def scroll_to(self, x: float | None = None, y: float | None = None, **options: Any) -> None:
        """Scroll without animation, which heights that are corrected on the way would disturb."""
        super().scroll_to(x, y, **{**options, "animate": False})

    def _scroll_viewport(self, offset: int, lines: int) -> None:
        """Take over a position that a scroll bar or a selection has set."""
        if offset <= 0:
            self.viewport.scroll_to_start()
        elif offset >= self.max_scroll_y:
            self.viewport.scroll_to_end()
        elif abs(lines) <= 2 * self.size.height:
            self.viewport.scroll_by(lines)
        else:
            self.viewport.scroll_to_offset(offset)
        self.sync_view()

    def sync_view(self) -> None:
        """Make scroll bar and rows show where the viewport is."""
        if not self.viewport.height:
            return
        self._is_syncing = True
        try:
            self._set_virtual_height(self.viewport.message_list.height + self.footer_rows)
            self.scroll_y = self.scroll_target_y = self.viewport.offset
            self._move_thumb()
        finally:
            self._is_syncing = False
        self.viewport.clamp_cursor()
        self.viewport_moved()
        self.repaint_changes()

    def _set_virtual_height(self, height: int) -> None:
        size = Size(self.scrollable_size.width, height)
        needs_scrollbar = height > self.size.height
        if needs_scrollbar is not self.show_vertical_scrollbar:
            self.virtual_size = size
        else:
            # Assigning would lay out and repaint the whole screen for each line that arrives.
            self.set_reactive(RowScrollView.virtual_size, size)

    def _move_thumb(self) -> None:
        """Move the thumb of the scroll bar, and repaint only the cells of it that change."""
        if not self.show_vertical_scrollbar:
            return
        bar, height = self.vertical_scrollbar, self.virtual_size.height
        before = self._thumb_range(bar.window_virtual_size, bar.position)
        after = self._thumb_range(height, self.scroll_y)
        # While the view sticks to an end that grows, the thumb only gets smaller.
        is_growing = self.viewport.sticks_to_end and self.viewport.message_list.is_growing
        least = _STEPS if is_growing else 1
        if all(abs(old - new) < least for old, new in zip(before, after, strict=True)):
            return
        bar.set_reactive(ScrollBar.window_virtual_size, height)
        bar.set_reactive(ScrollBar.position, self.scroll_y)
        for old, new in zip(before, after, strict=True):
            first, last = sorted((old // _STEPS, new // _STEPS))
            bar.refresh(Region(0, first, bar.size.width, last - first + 1))

    def _thumb_range(self, height: float, position: float) -> tuple[int, int]:
        """Where the thumb begins and ends, as Textual draws it, in eighths of a cell."""
        rows = self.size.height
        size = max(1, rows * rows / max(1, height))
        start = int((rows - size) * position / max(1, height - rows) * _STEPS)
        return start, start + ceil(size * _STEPS)

    def repaint_changes(self) -> None:
        """Repaint the rows that changed, and no others."""
        self._last_rows = self.render_rows()
        changed: list[Region] = []
        for y, (strip, painted) in enumerate(zip_longest(self._last_rows, self._painted)):
            if strip is not painted and strip != painted:
                # What is blank before and after need not be sent to the terminal again.
                width = max(self._inked_width(strip), self._inked_width(painted))
                changed.append(Region(0, y, width, 1))
        if changed:
            self.refresh(*changed)

    def _inked_width(self, strip: Strip | None) -> int:
        """The cells of a row up to the blanks at its end."""
        if strip is None:
            return self.size.width
        last = next(reversed(strip), None)
        if last is None or last.style != self.blank_style:
            return strip.cell_length
        return strip.cell_length - len(last.text)

    def stick_to_end(self) -> None:
        """Go to the end, and stay there while it grows."""
        self.viewport.scroll_to_end()
        self.viewport.cursor_to_last()
        self.sync_view()

    def clear_selection(self) -> None:
        if self.is_mounted and self.text_selection is not None:
            self.screen.clear_selection()

    def on_resize(self) -> None:
        width, rows = max(1, self.scrollable_size.width), self.visible_rows
        if not rows:
            return
        if width != self.viewport.message_list.width:
            self.clear_selection()
        self.viewport.resize(width, rows)
        self.sync_view()

    def on_focus(self) -> None:
        self.repaint_changes()

    def on_blur(self) -> None:
        self.call_later(self.repaint_changes)

    def action_first(self) -> None:
        self.viewport.scroll_to_start()
        self.viewport.cursor = 0
        self.sync_view()

    def action_last(self) -> None:
        self.stick_to_end()

    def action_mark(self, messages: int) -> None:
        """Move the cursor to the message that many further down, or up."""
        self.viewport.move_cursor(messages)
        self.sync_view()

    def action_move(self, lines: int) -> None:
        self.viewport.scroll_by(lines)
        self.sync_view()

    def action_page(self, pages: float) -> None:
        lines = max(1, int(abs(pages) * (self.visible_rows - 1)))
        self.action_move(lines if pages > 0 else -lines)

    @on(events.MouseScrollDown)
    @on(events.MouseScrollUp)
    def scroll_by_wheel(self, event: events.MouseEvent) -> None:
        event.prevent_default()
        event.stop()
        lines = round(self.app.scroll_sensitivity_y)
        self.action_move(-lines if isinstance(event, events.MouseScrollUp) else lines)
