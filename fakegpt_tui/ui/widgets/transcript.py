"""The open conversation: one widget that draws lines, however many messages there are."""

from collections.abc import Callable, Sequence
from typing import Any

from rich.segment import Segment
from rich.style import Style
from textual import events, on
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip
from textual.theme import Theme

from fakegpt_tui.domain import ChatMessage
from fakegpt_tui.ui.bindings import bindings
from fakegpt_tui.ui.keymap import Where
from fakegpt_tui.ui.rendering.document import Document
from fakegpt_tui.ui.rendering.palette import Palette
from fakegpt_tui.ui.widgets.cells import cut, foreground
from fakegpt_tui.ui.widgets.copying import CodeBlocks, whole_conversation
from fakegpt_tui.ui.widgets.message_column import MessageColumn, Place
from fakegpt_tui.ui.widgets.message_layout import Body, Look, margin
from fakegpt_tui.ui.widgets.reader import Bookmark, Reader
from fakegpt_tui.ui.widgets.selection import (
    highlighted,
    place_of,
    row_of,
    selected_text,
    span_on,
    whole_message,
)
from fakegpt_tui.ui.widgets.typesetter import Typesetter


class Transcript(ScrollView, can_focus=True, inherit_bindings=False):
    """The chat messages of one conversation, laid out where somebody looks and nowhere else.

    `show` opens a conversation, `update_message` tells of one message that is new or has changed.
    Both take values and may be told the same twice.
    """

    DEFAULT_CSS = """
    Transcript {
        overflow-x: hidden; scrollbar-gutter: stable; scrollbar-size-vertical: 1;
        & .transcript--user { color: $text-accent; }
        & .transcript--assistant { color: $text-primary; }
        & .transcript--note { color: $text-muted; }
        & .transcript--trouble { color: $text-error; }
        & .transcript--mark { background: $accent; color: $text; text-style: bold; }
    }
    """
    COMPONENT_CLASSES = {
        "transcript--user",
        "transcript--assistant",
        "transcript--note",
        "transcript--trouble",
        "transcript--mark",
    }
    BINDINGS = bindings(Where.TRANSCRIPT)

    empty_text: reactive[Content] = reactive(Content(""))

    class LinkPressed(Message):
        """A link was clicked. `href` is what the message says, and has been checked by nobody."""

        def __init__(self, href: str) -> None:
            super().__init__()
            self.href = href

    class CopyRequested(Message):
        """Something is to be copied; `what` names it in a word or two."""

        def __init__(self, text: str, what: str) -> None:
            super().__init__()
            self.text = text
            self.what = what

    class ReadToEnd(Message):
        """The end of the conversation came into view."""

        def __init__(self, conversation_id: str) -> None:
            super().__init__()
            self.conversation_id = conversation_id

    def __init__(
        self,
        *,
        make_document: Callable[[Palette], Body] = Document,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - Textual's own name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._typesetter = Typesetter(make_document)
        self._column = MessageColumn(self._typesetter)
        self._reader = Reader(self._column)
        self._conversation_id: str | None = None
        self._bookmarks: dict[str, Bookmark] = {}
        self._code_blocks = CodeBlocks(self._column)
        self._painted: dict[int, Strip] = {}
        self._is_placing = False
        self._has_read_to_end = False

    def show(self, conversation_id: str | None, messages: Sequence[ChatMessage]) -> None:
        """Open a conversation where it was left, or at its end; `None` is one without a name."""
        self._keep_bookmark()
        self._clear_selection()
        self._conversation_id = conversation_id
        self._has_read_to_end = False
        self._open(messages)

    def _open(self, messages: Sequence[ChatMessage]) -> None:
        self._reader.open(messages, self._bookmarks.get(self._conversation_id or ""))
        self._place()

    def update_message(self, message: ChatMessage) -> None:
        """Draw what is new about a message of the open conversation."""
        if message.conversation_id == self._conversation_id and self._reader.put(message):
            self._place()

    def follow(self) -> None:
        """Go to the end, and stay there while it grows."""
        self._reader.to_end()
        self._place()

    def on_mount(self) -> None:
        self.app.theme_changed_signal.subscribe(self, self._dress)
        self._dress(self.app.current_theme)

    def on_resize(self) -> None:
        width, rows = max(1, self.scrollable_size.width), self.size.height
        if not rows:
            return
        if width != self._column.width:
            self._clear_selection()
        had_a_view = bool(self._reader.view)
        self._reader.resize(width, rows)
        if had_a_view:
            self._place()
        else:
            self._open(self._column.messages)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        lines = round(new_value) - round(old_value)
        if lines and not self._is_placing and self.size.height == self._reader.rows:
            self._scrolled(round(new_value), lines)

    def scroll_to(self, x: float | None = None, y: float | None = None, **options: Any) -> None:
        """Scroll without animation: heights that are put right on the way would fight it."""
        super().scroll_to(x, y, **{**options, "animate": False})

    def _scrolled(self, offset: int, lines: int) -> None:
        """Take over a position that a scroll bar or a selection has set."""
        if offset <= 0:
            self._reader.to_start()
        elif offset >= self.max_scroll_y:
            self._reader.to_end()
        elif abs(lines) <= 2 * self.size.height:
            self._reader.move(lines)
        else:
            self._reader.jump(offset)
        self._place()

    def _place(self) -> None:
        """Bring scroll bar and screen in line with where the reader is."""
        if not self._reader.rows:
            return
        self._is_placing = True
        try:
            self._set_virtual_height(self._column.height)
            self.scroll_y = self.scroll_target_y = self._column.offset(self._reader.top)
        finally:
            self._is_placing = False
        self._repaint_what_changed()
        is_at_end = bool(self._reader.view) and self._reader.lines_below == 0
        if is_at_end and not self._has_read_to_end and self._conversation_id is not None:
            self.post_message(self.ReadToEnd(self._conversation_id))
        self._has_read_to_end = is_at_end

    def _set_virtual_height(self, height: int) -> None:
        size = Size(self.scrollable_size.width, height)
        needs_scrollbar = height > self.size.height
        if needs_scrollbar is not self.show_vertical_scrollbar:
            self.virtual_size = size
            return
        # Assigning would lay out the screen and repaint all of it for each line that arrives.
        self.set_reactive(Transcript.virtual_size, size)
        if needs_scrollbar:
            self.vertical_scrollbar.window_virtual_size = height

    def _repaint_what_changed(self) -> None:
        for y in range(self.size.height):
            strip = self._draw(y)
            painted = self._painted.get(y)
            if strip is not painted and strip != painted:
                self.refresh(Region(0, y, self.size.width, 1))

    def _clear_selection(self) -> None:
        if self.is_mounted and self.text_selection is not None:
            self.screen.clear_selection()

    def _keep_bookmark(self) -> None:
        bookmark = self._reader.bookmark()
        if self._conversation_id is not None and bookmark is not None:
            self._bookmarks[self._conversation_id] = bookmark

    def _dress(self, theme: Theme) -> None:
        palette = Palette.from_theme(self.app.get_css_variables(), theme.dark)
        parts = ("user", "assistant", "note", "trouble")
        styles = (self.get_component_rich_style(f"transcript--{part}") for part in parts)
        look = Look(**dict(zip(parts, map(foreground, styles), strict=True)))
        self._typesetter.dress(palette, look)
        self._column.redress()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        strip = self._painted[y] = self._draw(y)
        return strip

    def _draw(self, y: int) -> Strip:
        if not self._column.messages:
            return self._draw_empty(y)
        view = self._reader.view
        strip = self._draw_place(view[y]) if y < len(view) else Strip([])
        if y == self.size.height - 1 and (new_lines := self._reader.new_lines):
            return self._with_mark(strip, new_lines)
        return strip

    def _draw_place(self, place: Place) -> Strip:
        strip = self._column.strip(place).apply_style(self.visual_style.rich_style)
        bar = margin(self._column.width)
        selection = self.text_selection
        if selection is not None:
            start = bar if place.line else 0
            span = span_on(selection, place, len(strip.text) - start)
            if span is not None:
                style = self.screen.get_component_rich_style("screen--selection")
                strip = highlighted(strip, (start + span[0], start + span[1]), style)
        # After the highlight, which divides segments: each one says where in the text it begins.
        return strip.apply_offsets(-bar, row_of(place))

    def _with_mark(self, strip: Strip, new_lines: int) -> Strip:
        width = self.scrollable_size.width
        words = f" ↓ {new_lines} new {'line' if new_lines == 1 else 'lines'} "
        words = cut(words if width >= 2 * len(words) else f"↓{new_lines}", width)
        style = self.get_component_rich_style("transcript--mark")
        style += Style.from_meta({"transcript": "follow"})
        room = width - len(words)
        base = self.visual_style.rich_style
        return Strip([*strip.crop_extend(0, room, base), Segment(words, style)], width)

    def _draw_empty(self, y: int) -> Strip:
        width = self.scrollable_size.width
        lines = self.empty_text.wrap(max(1, width - 2), align="center")
        number = y - max(0, (self.size.height - len(lines)) // 2)
        if not 0 <= number < len(lines):
            return Strip([])
        return Strip([Segment(" "), *lines[number].render_segments(self.visual_style)]).crop(
            0, width
        )

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        return selected_text(selection, self._column), "\n"

    def action_move(self, lines: int) -> None:
        self._reader.move(lines)
        self._place()

    def action_page(self, pages: float) -> None:
        lines = max(1, int(abs(pages) * (self.size.height - 1)))
        self.action_move(lines if pages > 0 else -lines)

    def action_first(self) -> None:
        self._reader.to_start()
        self._place()

    def action_last(self) -> None:
        self.follow()

    def action_copy_message(self) -> None:
        """Copy the message at the top, or the last one where the end is in view."""
        view = self._reader.view
        if view:
            place = view[min(1, len(view) - 1)] if self._reader.lines_below else view[-1]
            self._ask_to_copy(self._column.messages[place.message].text, "message")

    def action_copy_code(self) -> None:
        if self._reader.view:
            self._ask_to_copy(self._code_blocks.following(self._reader.top) or "", "code block")

    def action_copy_conversation(self) -> None:
        self._ask_to_copy(whole_conversation(self._column.messages), "conversation")

    def _ask_to_copy(self, text: str, what: str) -> None:
        if text:
            self.post_message(self.CopyRequested(text, what))

    @on(events.MouseScrollDown)
    @on(events.MouseScrollUp)
    def scroll_by_wheel(self, event: events.MouseEvent) -> None:
        event.prevent_default()
        event.stop()
        lines = round(self.app.scroll_sensitivity_y)
        self.action_move(-lines if isinstance(event, events.MouseScrollUp) else lines)

    @on(events.Click)
    def press(self, event: events.Click) -> None:
        # Textual's own answer would select all messages, and run actions that a style may hold.
        event.prevent_default()
        meta = event.style.meta
        if meta.get("transcript") == "follow":
            self.follow()
        elif event.chain == 2 and "offset" in meta:  # noqa: PLR2004 - a double click
            place = place_of(meta["offset"][1])
            self.screen.selections = {self: whole_message(place.message)}
        elif "href" in meta and self.text_selection is None:
            self.post_message(self.LinkPressed(str(meta["href"])))
