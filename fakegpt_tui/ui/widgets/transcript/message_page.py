"""Messages as they are drawn: their lines, and all that is marked on them."""

import asyncio
from collections.abc import Callable, Sequence

from rich.style import Style
from textual.content import Content
from textual.reactive import reactive
from textual.selection import Selection
from textual.strip import Strip
from textual.theme import Theme

from fakegpt_tui.ui.markdown.palette import Palette
from fakegpt_tui.ui.widgets.cells import without_background
from fakegpt_tui.ui.widgets.transcript.find.controller import FindController
from fakegpt_tui.ui.widgets.transcript.layout_factory import LayoutFactory
from fakegpt_tui.ui.widgets.transcript.message_layout import MessageBody, MessageStyles, bar_width
from fakegpt_tui.ui.widgets.transcript.row_renderer import (
    EMPTY_ROW,
    RowStyles,
    centered,
    highlighted,
    padded,
    with_cursor,
    with_matches,
    with_new_lines_badge,
)
from fakegpt_tui.ui.widgets.transcript.scroll_view import RowScrollView
from fakegpt_tui.ui.widgets.transcript.selection import selected_span, selected_text, selection_row
from fakegpt_tui.ui.widgets.transcript.viewport import MessageCursor
from fakegpt_tui.ui.widgets.transcript.virtual_list import LinePosition, VirtualList

_LOOK = ("user", "assistant", "note", "trouble")
_MARKS = ("new", "cursor", "found", "current", "field")
_FIRST_KEYS = 0.7
"""Seconds after the start in which nothing that can wait is done."""
_REST = 0.005
"""Seconds between two moments of a search, for all that waits."""


class MessagePage(RowScrollView, inherit_bindings=False):
    """A reading view of messages, with a message cursor, matches, a selection and a mark for news.

    Until there is something to read, it shows `empty_text`.
    """

    DEFAULT_CSS = """
    MessagePage {
        overflow-x: hidden; scrollbar-gutter: stable; scrollbar-size-vertical: 1;
        & .page--user { color: $text-accent; }
        & .page--assistant { color: $text-primary; }
        & .page--note { color: $text-muted; }
        & .page--trouble { color: $text-error; }
        & .page--new { background: $accent; color: $text; text-style: bold; }
        & .page--cursor { color: $text-accent; text-style: bold; }
        & .page--found { background: $panel; text-style: underline; }
        & .page--current { background: $accent; color: $text; text-style: bold underline; }
        & .page--field { background: $panel; color: $foreground; }
    }
    """
    COMPONENT_CLASSES = {f"page--{part}" for part in (*_LOOK, *_MARKS)}

    empty_text: reactive[Content] = reactive(Content(""))

    def __init__(
        self,
        make_document: Callable[[Palette], MessageBody],
        *,
        rehearse: bool,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - Textual's own name for it
        classes: str | None = None,
    ) -> None:
        self._layout_factory = LayoutFactory(make_document)
        super().__init__(VirtualList(self._layout_factory), name=name, id=id, classes=classes)
        self.cursor = MessageCursor(self.message_list, self.viewport)
        self.find = FindController(self.message_list, self.viewport)
        self._row_styles = RowStyles()
        self._warms_up = rehearse
        self._row_cache: dict[LinePosition, tuple[Strip, bool, Strip]] = {}

    @property
    def visible_rows(self) -> int:
        return max(0, self.size.height - self.find.is_open)

    def on_mount(self) -> None:
        self.app.theme_changed_signal.subscribe(self, self._apply_theme)
        self._apply_theme(self.app.current_theme)
        if self._warms_up:
            self.set_timer(_FIRST_KEYS, self._warm_up)

    def _warm_up(self) -> None:
        """Draw something that nobody sees, so that what it takes is imported before a reply."""
        self.run_worker(self._layout_factory.warm_up, thread=True, group="rehearsal")

    def continue_search(self, *, marks: bool) -> None:
        """Have what is sought be found behind the keys, and its message marked if it is wanted."""
        if self.find.is_searching:
            self.run_worker(self._search(marks=marks), group="search", exclusive=True)

    async def _search(self, *, marks: bool) -> None:
        while self.find.is_searching:
            await asyncio.sleep(_REST)
            found = self.find.continue_search()
            self.select_message(found if marks else None)
        self.sync_view()

    def select_message(self, index: int | None) -> None:
        """Mark a message, if there is one."""
        if index is not None:
            self.cursor.index = index

    def on_focus(self) -> None:
        self.repaint_changes()

    def on_blur(self) -> None:
        self.call_later(self.repaint_changes)

    def clear_selection(self) -> None:
        if self.is_mounted and self.text_selection is not None:
            self.screen.clear_selection()

    def _apply_theme(self, theme: Theme) -> None:
        palette = Palette.from_theme(self.app.get_css_variables(), theme.dark)
        styles = {part: self._style(part) for part in (*_LOOK, *_MARKS)}
        look = MessageStyles(**{part: without_background(styles[part]) for part in _LOOK})
        base = self.visual_style.rich_style
        self.blank = Style(bgcolor=base.bgcolor)
        self._row_styles = RowStyles(base=base, **{part: styles[part] for part in _MARKS})
        self._layout_factory.set_theme(palette, look)
        self.message_list.restyle()
        self._row_cache.clear()
        self.refresh()

    def remeasure(self) -> None:
        """Take over that characters are wider than they were, or narrower."""
        self.clear_selection()
        self.viewport.rewrap(self.message_list.remeasure, self.cursor.row)
        self._row_cache.clear()
        self.sync_view()
        self.refresh()

    def _style(self, part: str) -> Style:
        return self.get_component_rich_style(f"page--{part}")

    def render_rows(self) -> Sequence[Strip]:
        width, height = self.size
        if self.message_list.messages:
            rows = self._render_messages(self.visible_rows)
        else:
            style, size = self.visual_style, self.size
            rows = [centered(self.empty_text, style, y, size) for y in range(height)]
        if self.find.is_open and height:
            rows[height - 1 :] = [self.find.render(self.scrollable_size.width, self._row_styles)]
        return [padded(row, width, self.blank) for row in rows]

    def _render_messages(self, height: int) -> list[Strip]:
        places = self.viewport.positions[:height]
        marked = self.cursor.index if self.has_focus else None
        selection = self.text_selection
        before, self._row_cache = self._row_cache, {}
        rows: list[Strip] = []
        for place, line in zip(places, self.message_list.strips(places), strict=True):
            is_marked = place.message == marked
            spans = self.find.spans(place)
            if spans or selection is not None:
                rows.append(self._render_row(line, place, is_marked, spans, selection))
                continue
            drawn = before.get(place)
            if drawn is None or drawn[0] is not line or drawn[1] is not is_marked:
                drawn = line, is_marked, self._render_row(line, place, is_marked)
            self._row_cache[place] = drawn
            rows.append(drawn[2])
        rows.extend([EMPTY_ROW] * (height - len(rows)))
        if rows and (new_lines := self.viewport.new_lines):
            width = self.scrollable_size.width
            rows[-1] = with_new_lines_badge(rows[-1], new_lines, width, self._row_styles)
        return rows

    def _render_row(
        self,
        line: Strip,
        place: LinePosition,
        is_marked: bool,
        spans: Sequence[tuple[int, int, bool]] = (),
        selection: Selection | None = None,
    ) -> Strip:
        """A line with its background, and with all that is marked on it."""
        bar = bar_width(self.message_list.width)
        strip = line.apply_style(self.visual_style.rich_style)
        if is_marked:
            strip = with_cursor(strip, place.line, bar, self._row_styles)
        strip = with_matches(strip, spans, bar, self._row_styles)
        if selection is not None:
            start = bar if place.line else 0
            span = selected_span(selection, place, len(strip.text) - start)
            if span is not None:
                begin, end = start + span[0], start + span[1]
                strip = highlighted(strip, (begin, end), self._selection_style)
        # After the highlight, which divides segments: each one says where in the text it begins.
        offset = strip.simplify().apply_offsets(-bar, selection_row(place))
        return padded(offset, self.size.width, self.blank)

    @property
    def _selection_style(self) -> Style:
        """How selected text is marked: in colours of its own, unless the theme has another."""
        style = self.screen.get_component_rich_style("screen--selection")
        # Where its text is transparent, Textual gives it the colour of what is behind it.
        is_transparent = self.screen.get_component_styles("screen--selection").color.a == 0
        return Style(bgcolor=style.bgcolor) if is_transparent else style

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        return selected_text(selection, self.message_list), "\n"
