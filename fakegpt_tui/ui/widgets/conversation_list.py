"""Conversation list widget, drawn by index so that its length costs nothing."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events, on
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from fakegpt_tui.domain.fast_dataclass import dataclass
from fakegpt_tui.keymap import KeyScope
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.bindings import bindings
from fakegpt_tui.ui.widgets.drawing import (
    RenderCache,
    fit,
    format_age,
    icon_cell,
    spinner,
    truncate,
    without_background,
)


class RowStatus(Enum):
    """The state of a conversation that its row shows, as an icon that needs no colour."""

    NONE = " "
    STREAMING = "»"
    WAITING = "…"
    QUEUED = "+"
    UNREAD = "●"
    FAILED = "!"
    DRAFT = "~"


RUNNING = {RowStatus.STREAMING, RowStatus.WAITING}
"""The states in which something is to come, which a sign that turns shows."""


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """One conversation in the list. `group` is the heading that it belongs under, if any.

    `difference` tells it from others whose titles look the same.
    """

    id: str
    title: str
    group: str = ""
    status: RowStatus = RowStatus.NONE
    difference: str = ""
    model: str = ""
    used_at: datetime | None = None


class _RowIndex:
    """The lines of the list, rows and headings, and where each conversation is among them."""

    def __init__(self, rows: Sequence[ConversationRow]) -> None:
        self.rows = rows
        self.lines: list[ConversationRow | str] = []
        self.running: list[int] = []
        """The lines of conversations with a reply under way."""
        self._indices: dict[str, tuple[int, int]] = {}
        group = ""
        for position, row in enumerate(rows):
            if row.group != group:
                group = row.group
                self.lines += ["", group] if self.lines else [group]
            self._indices[row.id] = (position, len(self.lines))
            if row.status in RUNNING:
                self.running.append(len(self.lines))
            self.lines.append(row)

    def __contains__(self, conversation_id: str | None) -> bool:
        return conversation_id in self._indices

    def position_of(self, conversation_id: str | None) -> int | None:
        """How many conversations are above this one; `None` for one that is not listed."""
        return self._indices.get(conversation_id or "", (None, None))[0]

    def line_of(self, conversation_id: str | None) -> int | None:
        return self._indices.get(conversation_id or "", (None, None))[1]

    def id_at(self, position: int) -> str | None:
        """The conversation at a position, or at the end that it lies beyond."""
        if not self.rows:
            return None
        return self.rows[max(0, min(position, len(self.rows) - 1))].id

    def group_top(self, line: int) -> int:
        """The heading above a line with its blank, if there is one; else the line."""
        while line > 0 and isinstance(self.lines[line - 1], str):
            line -= 1
        return line


_STATUS_STYLES = {
    RowStatus.STREAMING: "busy",
    RowStatus.WAITING: "muted",
    RowStatus.QUEUED: "busy",
    RowStatus.UNREAD: "unread",
    RowStatus.FAILED: "failed",
    RowStatus.DRAFT: "muted",
}
_STYLES = ("muted", "heading", "current", "busy", "unread", "failed", "cursor")
_WIDTHS = 30, 44
"""The least and the most cells that the list takes by itself."""
_NARROWEST = 16
_AGE_FROM_WIDTH = 20
_MODEL_FROM_WIDTH = 40
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

    rows: reactive[tuple[ConversationRow, ...]] = reactive(())
    current: reactive[str | None] = reactive(None)
    cursor: reactive[str | None] = reactive(None, repaint=False)
    minute: reactive[datetime | None] = reactive(None)
    """The time by which ages are shown; they are not, without one."""
    picked: reactive[frozenset[str]] = reactive(frozenset())
    """The conversations that were marked to do something with all of them."""

    @dataclass
    class Opened(Message):
        """A conversation was chosen."""

        conversation_id: str

    @dataclass
    class Resized(Message):
        """The width was changed, to so many cells."""

        width: str

    def __init__(self) -> None:
        super().__init__()
        self._index = _RowIndex(())
        self._step = 0
        self._known_styles: dict[str, Style] = {}
        self._gone: tuple[str | None, str | None] | None = None
        """The row that was taken away under the cursor, and the one that is marked instead."""

    def watch_rows(self, rows: tuple[ConversationRow, ...]) -> None:
        before, self._index = self._index, _RowIndex(rows)
        was_shown = self._is_visible(before.line_of(self.cursor))
        self.virtual_size = Size(1, len(self._index.lines))
        if not self.has_focus and self.current in self._index:
            self.cursor = self.current
        elif self.cursor not in self._index:
            gone = self.cursor
            self.cursor = self._index.id_at(before.position_of(gone) or 0)
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
    def chosen(self) -> tuple[str, ...]:
        """The picked conversations in the order of the list, or else the one under the cursor."""
        picked = tuple(row.id for row in self.rows if row.id in self.picked)
        if picked or self.cursor is None:
            return picked
        return (self.cursor,)

    def watch_current(self, current: str | None) -> None:
        if current in self._index:
            self.cursor = current

    def watch_cursor(self, before: str | None, after: str | None) -> None:
        for line in (self._index.line_of(before), self._index.line_of(after)):
            if line is not None:
                self.refresh_line(line)
        self._scroll_to_cursor()

    def on_resize(self) -> None:
        self._scroll_to_cursor()

    def _is_visible(self, line: int | None) -> bool:
        top = self.scroll_offset.y
        return line is None or top <= line < top + self.size.height

    def _scroll_to_cursor(self) -> None:
        line = self._index.line_of(self.cursor)
        height = self.size.height
        if line is None or height == 0:
            return
        first = max(self._index.group_top(line), line - height + 1)
        if first < self.scroll_offset.y:
            self.scroll_to(y=first, animate=False)
        elif line >= self.scroll_offset.y + height:
            self.scroll_to(y=line - height + 1, animate=False)

    def set_width(self, wanted: str | None, screen_width: int) -> None:
        """Be as wide as is wanted, or else as fits the screen, in cells."""
        fitting = max(_WIDTHS[0], min(screen_width // 5, _WIDTHS[1]))
        chosen = int(wanted) if wanted is not None and wanted.isdecimal() else fitting
        self.styles.width = max(_NARROWEST, min(chosen, screen_width // 2))

    def action_resize(self, cells: int) -> None:
        """Be so many cells wider, or narrower."""
        wanted = str(max(_NARROWEST, self.outer_size.width + cells))
        self.set_width(wanted, self.screen.size.width)
        self.post_message(self.Resized(str(self.styles.width and self.styles.width.cells)))

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
        """Mark the conversation under the cursor, or no longer, and go on to the next."""
        if self.cursor is not None:
            self.picked = self.picked ^ {self.cursor}
            self.action_move(1)

    def action_open(self) -> None:
        if self.cursor is not None:
            self.post_message(self.Opened(self.cursor))

    @on(events.Click)
    def open_row_under_pointer(self, event: events.Click) -> None:
        event.stop()
        offset = event.get_content_offset(self)
        line = -1 if offset is None else offset.y + self.scroll_offset.y
        row = self._index.lines[line] if 0 <= line < len(self._index.lines) else ""
        if isinstance(row, ConversationRow):
            self.cursor = row.id
            self.action_open()

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_size.width
        line = y + self.scroll_offset.y
        if not self._index.lines:
            return self._render_hint(y, width)
        if line >= len(self._index.lines):
            return Strip.blank(width, self._style())
        row = self._index.lines[line]
        if isinstance(row, ConversationRow):
            return self._render_row(row, width)
        return Strip([Segment(fit(f" {safe_line(row)}", width), self._style("heading"))], width)

    def _render_row(self, row: ConversationRow, width: int) -> Strip:
        style = self._style()
        if row.id == self.current:
            style += self._style("current", partial=True)
        icon_style = style
        if row.status in _STATUS_STYLES:
            icon_style += without_background(self._style(_STATUS_STYLES[row.status]))
        if row.id == self.cursor and self.has_focus:
            cursor = self._style("cursor")
            style, icon_style = style + cursor, icon_style + cursor
        facts = self._facts(row, width)
        facts_style = style if row.id == self.cursor and self.has_focus else style + self._muted
        segments = [
            Segment(self._marker(row.id), style),
            Segment(icon_cell(self._icon(row.status)), icon_style),
            Segment(_titled(row, max(0, width - 3 - cell_len(facts))), style),
            Segment(facts, facts_style),
        ]
        return Strip(segments, max(3, width)).crop(0, width)

    def _facts(self, row: ConversationRow, width: int) -> str:
        """The model, where there is much room, and the age of a row."""
        if row.used_at is None or self.minute is None or width < _AGE_FROM_WIDTH:
            return ""
        age = f" {format_age(row.used_at, self.minute):>3} "
        model = safe_line(row.model) if width >= _MODEL_FROM_WIDTH else ""
        return f"  {truncate(model, width // 4)} {age}" if model else age

    @property
    def _muted(self) -> Style:
        return without_background(self._style("muted"))

    def _icon(self, status: RowStatus) -> str:
        return spinner(self._step) if self._step and status in RUNNING else status.value

    def spin(self, step: int) -> None:
        """Turn the signs of the conversations with a reply under way."""
        if step == self._step:
            return
        self._step = step
        for number in self._index.running:
            self.refresh_line(number)

    def notify_style_update(self) -> None:
        self._known_styles.clear()
        super().notify_style_update()

    def _style(self, part: str = "", *, partial: bool = False) -> Style:
        """The style of a part, or of the list itself; Textual makes it anew each time."""
        if part not in self._known_styles:
            name = f"conversation-list--{part}"
            self._known_styles[part] = (
                self.get_component_rich_style(name, partial=partial) if part else self.rich_style
            )
        return self._known_styles[part]

    def _marker(self, conversation_id: str) -> str:
        if conversation_id in self.picked:
            return "✓"
        if conversation_id == self.current:
            return "▌"
        return "›" if conversation_id == self.cursor and self.has_focus else " "

    def _render_hint(self, y: int, width: int) -> Strip:
        style = self._style("muted")
        lines = Content(_EMPTY_TEXT).wrap(max(1, width - 2))
        text = f" {lines[y].plain}" if y < len(lines) else ""
        return Strip([Segment(fit(text, width), style)], width)


def _titled(row: ConversationRow, width: int) -> str:
    """The title with what tells it from others, in just so many cells."""
    title = safe_line(row.title) or "Untitled"
    if not row.difference:
        return fit(title, width)
    difference = f" · {row.difference}"
    return fit(f"{truncate(title, max(1, width - cell_len(difference)))}{difference}", width)
