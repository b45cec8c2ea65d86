"""Conversation list widget, drawn by index so that its length costs nothing."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual import events, on
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import Reactive, reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from fakegpt_tui.fast_import import dataclass
from fakegpt_tui.keymap import KeyScope
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.bindings import bindings
from fakegpt_tui.ui.widgets import ConversationRow, FolderRow, ListRow
from fakegpt_tui.ui.widgets.drawing import RenderCache, fit

if TYPE_CHECKING:
    from fakegpt_tui.ui.widgets.list_lines import ListIndex

_STYLES = ("muted", "heading", "current", "busy", "unread", "failed", "cursor")
_WIDTHS = 30, 44
"""The least and the most cells that the list takes by itself."""
_NARROWEST = 16
_BESIDE_FROM = 80
"""Cells of a screen on which there is room for it beside a conversation."""
_EMPTY_TEXT = "No conversations yet."


class ConversationList(RenderCache, ScrollView, can_focus=True, inherit_bindings=False):
    """Conversations in groups, with a cursor that stays on its conversation.

    The cursor is where the keys are; `current` is the conversation that is open.
    """

    DEFAULT_CSS = """
    ConversationList {
        overflow-x: hidden; scrollbar-gutter: stable; scrollbar-size-vertical: 1;
        & .conversation-list--muted { color: $text-muted; }
        & .conversation-list--heading { color: $text-muted; text-style: bold; }
        & .conversation-list--current { background: $panel; text-style: bold; }
        & .conversation-list--busy { color: $text-accent; }
        & .conversation-list--unread { color: $text-success; }
        & .conversation-list--failed { color: $text-error; text-style: bold; }
        &:focus .conversation-list--cursor {
            background: $block-cursor-background; color: $block-cursor-foreground;
        }
    }
    """
    COMPONENT_CLASSES = {f"conversation-list--{part}" for part in _STYLES}
    ALLOW_SELECT = False
    FOCUS_ON_CLICK = False
    """Letters are commands here, and what is typed after a click is a prompt."""
    BINDINGS = bindings(KeyScope.LIST)

    virtual_size = Reactive(Size(0, 0), layout=True)
    """With a layout, as the list scrolls, unlike other widgets that cache their lines."""
    rows: reactive[tuple[ListRow, ...]] = reactive(())
    current: reactive[str | None] = reactive(None)
    cursor: reactive[str | None] = reactive(None, repaint=False)
    minute: reactive[datetime | None] = reactive(None)
    """The time by which ages are shown; they are not, without one."""
    picked: reactive[frozenset[str]] = reactive(frozenset())
    """The conversations that were marked to do something with all of them."""
    folded: reactive[frozenset[str]] = reactive(frozenset())
    """The folders of which only the names are shown."""

    @dataclass
    class Opened(Message):
        """A conversation was chosen."""

        conversation_id: str

    @dataclass
    class Arranged(Message):
        """Something about the list was changed by hand, and is to stay so: its name and value."""

        name: str
        value: str

    def __init__(self, folded: str) -> None:
        """`folded` are paths of folders in lines, as they were remembered."""
        super().__init__()
        self._made_index: ListIndex | None = None
        self.set_reactive(ConversationList.folded, frozenset(folded.splitlines()))
        self.step = 0
        self._known_styles: dict[str, Style] = {}
        self._gone: tuple[str | None, str | None] | None = None
        """The row that was taken away under the cursor, and the one that is marked instead."""

    @property
    def _index(self) -> ListIndex:
        """The lines of the list, which the first frame does without."""
        if self._made_index is None:
            from fakegpt_tui.ui.widgets.list_lines import ListIndex  # noqa: PLC0415 - see above

            self._made_index = ListIndex(self.rows, self.folded)
        return self._made_index

    def watch_rows(self, before: tuple[ListRow, ...], rows: tuple[ListRow, ...]) -> None:
        if before or rows:
            self._arrange_rows()

    def watch_folded(self) -> None:
        if self.rows:
            self._arrange_rows()

    def _arrange_rows(self) -> None:
        before, self._made_index = self._made_index, None
        was_shown = before is None or self._is_visible(before.line_of(self.cursor))
        self.virtual_size = Size(1, len(self._index.lines))
        shown_as = self._index.shown_as(self.current)
        if not self.has_focus and shown_as is not None:
            self.cursor = shown_as
        elif self.cursor not in self._index:
            gone = self.cursor
            beside = before.position_of(gone) if before else None
            self.cursor = self._index.shown_as(gone) or self._index.id_at(beside or 0)
            self._gone = gone, self.cursor
        elif self._gone is not None and self._gone[0] in self._index:
            # What comes back is marked again, unless the cursor was moved meanwhile.
            gone, instead = self._gone
            self._gone = None
            if self.cursor == instead:
                self.cursor = gone
        if was_shown:
            self._scroll_to_cursor()

    @property
    def shown(self) -> tuple[str, ...]:
        """The conversations that are shown, in their order."""
        return tuple(row.id for row in self._index.lines if isinstance(row, ConversationRow))

    @property
    def folder(self) -> str | None:
        """The folder under the cursor, if there is one."""
        return self.cursor[1:] if self.cursor and self.cursor.startswith("/") else None

    @property
    def chosen(self) -> tuple[str, ...]:
        """The picked conversations in the order of the list, or else the one under the cursor."""
        picked = tuple(row.id for row in self.rows if row.id in self.picked)
        if picked or self.cursor is None or self.folder is not None:
            return picked
        return (self.cursor,)

    def watch_current(self, current: str | None) -> None:
        if self.rows and (shown_as := self._index.shown_as(current)) is not None:
            self.cursor = shown_as

    def watch_cursor(self, before: str | None, after: str | None) -> None:
        for each in (before, after):
            if each is not None and (line := self._index.line_of(each)) is not None:
                self.refresh_line(line)
        self._scroll_to_cursor()

    def on_resize(self) -> None:
        self._scroll_to_cursor()

    def _is_visible(self, line: int | None) -> bool:
        top = self.scroll_offset.y
        return line is None or top <= line < top + self.size.height

    def _scroll_to_cursor(self) -> None:
        height = self.size.height
        line = None if self.cursor is None else self._index.line_of(self.cursor)
        if line is None or height == 0:
            return
        first = max(self._index.group_top(line), line - height + 1)
        if first < self.scroll_offset.y:
            self.scroll_to(y=first, animate=False)
        elif line >= self.scroll_offset.y + height:
            self.scroll_to(y=line - height + 1, animate=False)

    @property
    def is_over(self) -> bool:
        """Does it lie over the conversation, as there is no room beside that?"""
        return self.has_class("-over")

    def set_width(self, wanted: str | None, screen_width: int) -> None:
        """Be as wide as is wanted, or else as fits the screen, in cells."""
        self.set_class(screen_width < _BESIDE_FROM, "-over")
        fitting = max(_WIDTHS[0], min(screen_width // 5, _WIDTHS[1]))
        chosen = int(wanted) if wanted is not None and wanted.isdecimal() else fitting
        beside = max(_NARROWEST, min(chosen, screen_width // 2))
        self.styles.width = "100%" if self.is_over else beside

    def action_resize(self, cells: int) -> None:
        """Be so many cells wider, or narrower, where something is beside it."""
        if self.is_over:
            return
        wanted = str(max(_NARROWEST, self.outer_size.width + cells))
        self.set_width(wanted, self.screen.size.width)
        width = str(self.styles.width and self.styles.width.cells)
        self.post_message(self.Arranged("list_width", width))

    def action_move(self, rows: int) -> None:
        position = self._index.position_of(self.cursor)
        self.cursor = self._index.id_at(0 if position is None else position + rows)

    def action_page(self, pages: int) -> None:
        self.action_move(pages * max(1, self.size.height - 1))

    def action_first(self) -> None:
        self.cursor = self._index.id_at(0)

    def action_last(self) -> None:
        self.cursor = self._index.id_at(len(self.rows))

    def action_pick(self) -> None:
        """Mark the conversation under the cursor, or all in a folder, or no longer, and go on."""
        if self.folder is not None:
            inside = self._index.inside(self.folder)
            self.picked = self.picked - inside if inside <= self.picked else self.picked | inside
        elif self.cursor is not None:
            self.picked = self.picked ^ {self.cursor}
        self.action_move(1)

    def action_open(self) -> None:
        if self.folder is not None:
            self._fold(self.folder, is_folded=self.folder not in self.folded)
        elif self.cursor is not None:
            self.post_message(self.Opened(self.cursor))

    def action_fold(self) -> None:
        """Fold the folder under the cursor, or else go to the one around it."""
        if self.folder is not None and self.folder not in self.folded:
            self._fold(self.folder, is_folded=True)
        elif (around := self._index.around(self.cursor)) is not None:
            self.cursor = around

    def action_unfold(self) -> None:
        if self.folder is not None:
            self._fold(self.folder, is_folded=False)

    def _fold(self, path: str, *, is_folded: bool) -> None:
        self.folded = self.folded | {path} if is_folded else self.folded - {path}
        known = {row.path for row in self.rows if isinstance(row, FolderRow)}
        kept = "\n".join(sorted(self.folded & known))
        self.post_message(self.Arranged("folded_folders", kept))

    @on(events.Click)
    def open_row_under_pointer(self, event: events.Click) -> None:
        event.stop()
        offset = event.get_content_offset(self)
        line = -1 if offset is None else offset.y + self.scroll_offset.y
        row = self._index.lines[line] if 0 <= line < len(self._index.lines) else ""
        if not isinstance(row, str):
            self.cursor = row.id
            self.action_open()

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_size.width
        line = y + self.scroll_offset.y
        if not self.rows:
            return self._render_hint(y, width)
        if line >= len(self._index.lines):
            return Strip.blank(width, self.style_of())
        row = self._index.lines[line]
        if isinstance(row, str):
            heading = fit(f" {safe_line(row)}", width)
            return Strip([Segment(heading, self.style_of("heading"))], width)
        from fakegpt_tui.ui.widgets.list_lines import draw_row  # noqa: PLC0415 - with rows

        return draw_row(self, self._index, row, width)

    def spin(self, step: int) -> None:
        """Turn the signs of the conversations with a reply under way."""
        if step == self.step:
            return
        self.step = step
        for number in self._index.running if self.rows else ():
            self.refresh_line(number)

    def notify_style_update(self) -> None:
        self._known_styles.clear()
        super().notify_style_update()

    def style_of(self, part: str = "", *, partial: bool = False) -> Style:
        """The style of a part, or of the list itself; Textual makes it anew each time."""
        if part not in self._known_styles:
            name = f"conversation-list--{part}"
            self._known_styles[part] = (
                self.get_component_rich_style(name, partial=partial) if part else self.rich_style
            )
        return self._known_styles[part]

    def _render_hint(self, y: int, width: int) -> Strip:
        style = self.style_of("muted")
        lines = Content(_EMPTY_TEXT).wrap(max(1, width - 2))
        text = f" {lines[y].plain}" if y < len(lines) else ""
        return Strip([Segment(fit(text, width), style)], width)
