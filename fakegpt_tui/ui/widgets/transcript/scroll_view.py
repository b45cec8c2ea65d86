"""Scroll view of a transcript: theme, keys, wheel, and repainting only rows that changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from textual import events, on
from textual.geometry import Region
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.theme import Theme

from fakegpt_tui.keymap import KeyScope
from fakegpt_tui.ui.bindings import bindings
from fakegpt_tui.ui.markdown.palette import Palette
from fakegpt_tui.ui.terminal.key_serializer import replace_bindings
from fakegpt_tui.ui.widgets.drawing import changed_regions
from fakegpt_tui.ui.widgets.transcript.appearance import ROW_CLASSES, ROW_CSS
from fakegpt_tui.ui.widgets.transcript.row_renderer import RowRenderer
from fakegpt_tui.ui.widgets.transcript.scroll_bar import follow_scroll_bar, sync_scroll_bar

if TYPE_CHECKING:
    from fakegpt_tui.ui.widgets.transcript.find.controller import FindController
    from fakegpt_tui.ui.widgets.transcript.hints import Hints
    from fakegpt_tui.ui.widgets.transcript.viewport import Viewport
    from fakegpt_tui.ui.widgets.transcript.visual_mode import VisualMode

_CODE_STEP = 20
"""Cells that code scrolls at a time."""


class TranscriptScrollView(ScrollView, inherit_bindings=False):
    """Shows the lines in a viewport, and scrolls it by keys, wheel and scroll bar."""

    DEFAULT_CSS = ROW_CSS
    COMPONENT_CLASSES = ROW_CLASSES

    def __init__(self, viewport: Viewport) -> None:
        super().__init__()
        self.viewport = viewport
        self.hints: Hints | None = None
        """Letters over what is in view, while they are shown."""
        self._renderer = RowRenderer(self, viewport)
        self._last_rows: Sequence[Strip] = ()
        self._painted: Sequence[Strip] = ()
        self._is_syncing = False

    @property
    def find(self) -> FindController:
        """Find in the conversation; made on first use, as a start need not import it."""
        if self._renderer.find is None:
            from fakegpt_tui.ui.widgets.transcript.find.controller import FindController  # noqa: PLC0415 - when used

            self._renderer.find = FindController(self.viewport)
        return self._renderer.find

    @property
    def is_finding(self) -> bool:
        return self._renderer.find is not None and self._renderer.find.is_open

    @property
    def visual(self) -> VisualMode:
        """What selects text with keys; made on first use, too."""
        if self._renderer.visual is None:
            from fakegpt_tui.ui.widgets.transcript.visual_mode import VisualMode  # noqa: PLC0415 - when used

            self._renderer.visual = VisualMode(self.viewport)
        return self._renderer.visual

    @property
    def is_selecting(self) -> bool:
        return self._renderer.visual is not None and self._renderer.visual.is_open

    @property
    def visible_rows(self) -> int:
        """The rows that are there for messages."""
        return max(0, self.size.height - self.is_finding)

    def viewport_moved(self) -> None:
        """Called when the viewport may have moved, before the rows are drawn."""
        raise NotImplementedError

    def on_mount(self) -> None:
        self.app.theme_changed_signal.subscribe(self, self._apply_theme)
        self._apply_theme(self.app.current_theme)

    def _apply_theme(self, theme: Theme) -> None:
        palette = Palette.from_theme(self.app.get_css_variables(), theme.dark)
        styles = self._renderer.read_styles()
        self.viewport.message_list.change_appearance(palette=palette, styles=styles)
        if (pictures := self._renderer.pictures) is not None:
            pictures.clear()  # Another background may be seen through them.
        self.refresh()

    def remeasure(self) -> None:
        """Wrap all lines again, as the width of characters has changed."""
        self.clear_selection(moves=True)
        self.viewport.rewrap(self.viewport.message_list.remeasure)
        self.set_up_pictures()
        self._renderer.clear()
        self.sync_view()
        self.refresh()

    def _set_keys(self) -> None:
        """Have the keys for selecting while it goes on, in place of those for messages."""
        scope = KeyScope.VISUAL if self.is_selecting else KeyScope.TRANSCRIPT
        replace_bindings(self, bindings(scope))

    def toggle_code_wrap(self) -> bool:
        """Cut lines of code that are too long, or wrap them again; whether they wrap now."""
        self.clear_selection(moves=True)
        wraps = not self.viewport.message_list.appearance.wraps_code
        self._rewrap_code(wraps_code=wraps, code_offset=0)
        return wraps

    def action_scroll_code(self, direction: int) -> None:
        """Scroll code that is cut: to see more of it at the right, or back."""
        before = self.viewport.message_list.appearance.code_offset
        offset = max(0, before + direction * _CODE_STEP)
        if offset != before and (direction < 0 or self.viewport.shows_cut_code):
            self._rewrap_code(code_offset=offset)

    def _rewrap_code(self, **changes: Any) -> None:
        self.viewport.rewrap(partial(self.viewport.message_list.change_appearance, **changes))
        self.sync_view()

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
        rows, renderer = self._last_rows, self._renderer
        width, height = self.size
        is_stale = renderer.pictures is not None and renderer.pictures.is_stale
        if len(rows) != height or (rows and rows[0].cell_length != width) or is_stale:
            rows = self._last_rows = self._rendered()
        return rows

    def _rendered(self) -> Sequence[Strip]:
        rows = self._renderer.render()
        return rows if self.hints is None else self.hints.draw_over(rows)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        if self._is_syncing:
            return  # Rows are compared, and the scroll bar is moved when that can be seen.
        super().watch_scroll_y(old_value, new_value)
        lines = round(new_value) - round(old_value)
        if lines and self.visible_rows == self.viewport.height:
            # A scroll bar or a selection has set a position.
            follow_scroll_bar(self, self.viewport, round(new_value), lines)
            self.sync_view()

    def scroll_to(self, x: float | None = None, y: float | None = None, **options: Any) -> None:
        """Scroll without animation, which heights that are corrected on the way would disturb."""
        super().scroll_to(x, y, **{**options, "animate": False})

    def sync_view(self) -> None:
        """Make scroll bar and rows show where the viewport is."""
        if not self.viewport.height:
            return
        self._is_syncing = True
        try:
            sync_scroll_bar(self, self.viewport, int(self.is_finding))
        finally:
            self._is_syncing = False
        self.viewport.clamp_cursor()
        if self.is_selecting:
            self.screen.selections = {self: self.visual.update()}
        self.viewport_moved()
        if self.hints is not None:
            self.hints.leave_if_gone()
        self.repaint_changes()

    def repaint_changes(self) -> None:
        """Repaint the rows that changed, and no others."""
        self._last_rows = self._rendered()
        width, blank = self.size.width, self._renderer.blank
        if changed := changed_regions(self._last_rows, self._painted, width, blank):
            self.refresh(*changed)

    def stick_to_end(self) -> None:
        """Go to the end, and stay there while it grows."""
        self.viewport.scroll_to_end()
        self.viewport.cursor_to_last()
        self.sync_view()

    def clear_selection(self, *, moves: bool = False) -> None:
        """Select nothing any more; where lines move, what is selected with keys moves along."""
        if self.is_selecting and not moves:
            self.visual.close()
            self._set_keys()
        if self.is_mounted and self.text_selection is not None and not self.is_selecting:
            self.screen.clear_selection()

    def on_resize(self) -> None:
        width, rows = max(1, self.scrollable_size.width), self.visible_rows
        if not rows:
            return
        if width != self.viewport.message_list.width:
            self.clear_selection(moves=True)
        self.set_up_pictures()
        self.viewport.resize(width, rows)
        self.sync_view()

    def on_unmount(self) -> None:
        if self._renderer.pictures is not None:
            self._renderer.pictures.close()

    def set_up_pictures(self) -> None:
        """Decide anew whether pictures are drawn, and in how many cells, if there are any."""
        if self._renderer.pictures is not None:
            self._renderer.pictures.set_up()

    def on_focus(self) -> None:
        self.repaint_changes()

    def on_blur(self) -> None:
        if self.hints is not None:
            self.hints.leave()
        self.call_later(self.repaint_changes)

    def action_first(self) -> None:
        self.viewport.scroll_to_start()
        self.viewport.mark(0)
        self.sync_view()

    def action_last(self) -> None:
        self.stick_to_end()
        self.viewport.mark(self.viewport.cursor)

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
        direction = -1 if isinstance(event, events.MouseScrollUp) else 1
        self.action_move(direction * round(self.app.scroll_sensitivity_y))
