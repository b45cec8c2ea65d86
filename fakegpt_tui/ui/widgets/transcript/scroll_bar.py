"""Scroll bar of a transcript: it shows where the viewport is, repainting only cells that change."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar

if TYPE_CHECKING:
    from fakegpt_tui.ui.widgets.transcript.viewport import Viewport

_STEPS = 8
"""The places in a cell at which the thumb can end."""


def sync_scroll_bar(view: ScrollView, viewport: Viewport, footer_rows: int) -> None:
    """Make the scroll bar of a view, and its scroll offset, those of its viewport."""
    height = viewport.message_list.height + footer_rows
    size = Size(view.scrollable_size.width, height)
    if (height > view.size.height) is not view.show_vertical_scrollbar:
        view.virtual_size = size
    else:
        # Assigning would lay out and repaint the whole screen for each line that arrives.
        view.set_reactive(ScrollView.virtual_size, size)
    view.scroll_y = view.scroll_target_y = viewport.offset
    if view.show_vertical_scrollbar:
        # While the view sticks to an end that grows, the thumb only gets smaller.
        is_growing = viewport.sticks_to_end and viewport.message_list.is_growing
        _move_thumb(view, height, least=_STEPS if is_growing else 1)


def _move_thumb(view: ScrollView, height: int, *, least: int) -> None:
    """Move the thumb if an end of it moves by at least so many eighths of a cell."""
    bar, rows = view.vertical_scrollbar, view.size.height
    before = _thumb_range(rows, bar.window_virtual_size, bar.position)
    after = _thumb_range(rows, height, view.scroll_y)
    if all(abs(old - new) < least for old, new in zip(before, after, strict=True)):
        return
    bar.set_reactive(ScrollBar.window_virtual_size, height)
    bar.set_reactive(ScrollBar.position, view.scroll_y)
    for old, new in zip(before, after, strict=True):
        first, last = sorted((old // _STEPS, new // _STEPS))
        bar.refresh(Region(0, first, bar.size.width, last - first + 1))


def _thumb_range(rows: int, height: float, position: float) -> tuple[int, int]:
    """Where the thumb begins and ends, as Textual draws it, in eighths of a cell."""
    size = max(1, rows * rows / max(1, height))
    start = int((rows - size) * position / max(1, height - rows) * _STEPS)
    return start, start + ceil(size * _STEPS)


def follow_scroll_bar(view: ScrollView, viewport: Viewport, offset: int, lines: int) -> None:
    """Scroll a viewport to where its scroll bar is now, `lines` further down or up."""
    if offset <= 0:
        viewport.scroll_to_start()
    elif offset >= view.max_scroll_y:
        viewport.scroll_to_end()
    elif abs(lines) <= 2 * view.size.height:
        viewport.scroll_by(lines)
    else:
        viewport.scroll_to_offset(offset)
