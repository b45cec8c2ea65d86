"""Viewport: the lines of a conversation in view, sticking to the end, and the message cursor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from fakegpt_tui.ui.widgets.transcript.appearance import HEADER_LINES
from fakegpt_tui.ui.widgets.transcript.line_ids import ReadingPosition
from fakegpt_tui.ui.widgets.transcript.virtual_list import LinePosition, VirtualList

if TYPE_CHECKING:
    from fakegpt_tui.domain import ChatMessage

_NEAR_THE_END = 3


class Viewport:
    """The lines in view: `positions` has one for each row that is used.

    Text in view never moves by itself, except at the end while the view sticks to it. The view
    sticks from within three lines of the end, until the reader scrolls up. `cursor` is the index
    of the message that keys act on; that message is always in view.
    """

    def __init__(self, message_list: VirtualList) -> None:
        self.positions: Sequence[LinePosition] = ()
        self.sticks_to_end = True
        self.message_list = message_list
        self.height = 0
        self.cursor = 0
        self._marked_id: str | None = None
        self._last_seen = LinePosition(0, 0)
        self._opened_at: ReadingPosition | None = None

    @property
    def top(self) -> LinePosition:
        return self.positions[0] if self.positions else LinePosition(0, 0)

    @property
    def offset(self) -> int:
        """How many lines there are above the view, some of them estimated."""
        return self.message_list.offset(self.top) if self.positions else 0

    @property
    def lines_below(self) -> int:
        """How many lines there are below the view, some of them estimated."""
        return self.message_list.height - self.offset - len(self.positions)

    @property
    def new_lines(self) -> int:
        """How many lines have come below what was seen, while the view did not stick to the end."""
        if self.sticks_to_end or not self.message_list.messages:
            return 0
        return max(0, self.message_list.height - self.message_list.offset(self._last_seen))

    @property
    def reading_position(self) -> ReadingPosition | None:
        if not self.positions:
            return None
        index, line = self.top
        layout = self.message_list.layout(index)
        return ReadingPosition(layout.message.id, layout.anchor_at(line), self.sticks_to_end)

    def open(self, messages: Sequence[ChatMessage], position: ReadingPosition | None) -> None:
        """Show messages from a position whose message is still there, or else at the end."""
        self.message_list.set_messages(messages)
        index = self.message_list.index_of(position.message_id) if position else None
        self.positions = ()
        self._opened_at = position
        if not self.height or position is None or position.sticks_to_end or index is None:
            self.scroll_to_end()
        else:
            self.sticks_to_end = False
            self._last_seen = self.message_list.end
            line = self.message_list.layout(index).line_of(position.anchor)
            self._set_top(LinePosition(index, line))
        self.cursor_to_last()

    def switch_path(self, messages: Sequence[ChatMessage], index: int) -> None:
        """Show other messages from `index` on; the first of them begins where the old one did.

        It begins at the top if the old one began above. The view sticks to the end if it did and
        if `index` is the last.
        """
        is_last = index == len(self.message_list.messages) - 1 == len(messages) - 1
        header = LinePosition(index, HEADER_LINES - 1)
        row = self._row_of(header)
        self.message_list.set_messages(messages)
        self.mark(index)
        if not self.positions or (self.sticks_to_end and is_last):
            self.scroll_to_end()
            return
        self.sticks_to_end = False
        self._last_seen = self.message_list.end
        self._set_top(self.message_list.moved(header, -row))
        self._stick_if_near(turned_back=False)

    @property
    def is_on_last(self) -> bool:
        """Is the cursor on the last message, or is there none?"""
        return self.cursor >= len(self.message_list.messages) - 1

    def follow_growth(self, *, was_on_last: bool) -> None:
        """Take over that a message has grown, or come below the one that the cursor was on."""
        if self.sticks_to_end:
            self.scroll_to_end()
            if was_on_last:
                self.cursor_to_last()
        elif self.positions:
            self.message_list.measure_below(self._last_seen)
            self._set_top(self.top)

    def resize(self, width: int, rows: int) -> None:
        """Be of another size, with the same text at the cursor."""
        self.height = rows
        if not self.positions:
            self.message_list.set_width(width)
            self.open(self.message_list.messages, self._opened_at)
        elif width != self.message_list.width:
            self.rewrap(lambda: self.message_list.set_width(width))
        elif self.sticks_to_end:
            self.scroll_to_end()
        else:
            self.update()

    def rewrap(self, change: Callable[[], object]) -> None:
        """Make a change that moves line breaks, with the same text on the row of the cursor."""
        if not self.positions:
            change()
            return
        row = min(self.cursor_row, self.height - 1, len(self.positions) - 1)
        (index, line), nothing_new = self.positions[row], self.new_lines == 0
        anchor = self.message_list.layout(index).anchor_at(line)
        last = LinePosition(self._last_seen.message, max(0, self._last_seen.line - 1))
        last_anchor = self.message_list.layout(last.message).anchor_at(last.line)
        change()
        if self.sticks_to_end:
            self.scroll_to_end()
            return
        if nothing_new:
            self._last_seen = self.message_list.end
        else:
            layout = self.message_list.layout(last.message)
            self._last_seen = LinePosition(last.message, layout.line_of(last_anchor) + 1)
            self.message_list.measure_below(self._last_seen)
        line = self.message_list.layout(index).line_of(anchor)
        self._set_top(self.message_list.moved(LinePosition(index, line), -row))

    def refold(self, position: LinePosition, change: Callable[[], object]) -> None:
        """Fold or unfold something in a message, one line of which stays on its row."""
        row = self._row_of(position)
        change()
        if self.positions:
            self.message_list.layout(position.message)
            self._set_top(self.message_list.moved(position, -row))
            self._stick_if_near(turned_back=True)

    def scroll_to_message(self, index: int) -> None:
        """Scroll no further than it takes to see a message, or its beginning if it is long."""
        if not self.positions:
            return
        header, end = LinePosition(index, HEADER_LINES - 1), self.message_list.last_line(index)
        if header < self.positions[0]:
            self._scroll_to(header)
        elif end > self.positions[-1]:
            self._scroll_to(min(header, self.message_list.moved(end, 1 - self.height)))

    def scroll_into_view(self, position: LinePosition) -> None:
        """Scroll to a line, with something above it, unless it is in view."""
        if self.positions and position not in self.positions:
            self._scroll_to(self.message_list.moved(position, -(self.height // 3)))

    def return_to(self, top: LinePosition) -> None:
        """Show again what was in view when this line was its first."""
        if self.positions and top != self.top:
            self._set_top(top)
            self._stick_if_near(turned_back=False)

    def reveal_line(self, position: LinePosition) -> None:
        """Scroll no further than it takes to see a line, and follow the end no longer."""
        self.sticks_to_end = False
        if self.positions and position < self.positions[0]:
            self._set_top(position)
        elif self.positions and position > self.positions[-1]:
            self._set_top(self.message_list.moved(position, 1 - self.height))

    def scroll_by(self, lines: int) -> None:
        """Scroll down exactly so many lines, or up."""
        if self.positions:
            self._set_top(self.message_list.moved(self.top, lines))
            self._stick_if_near(turned_back=lines < 0)

    def scroll_to_offset(self, offset: int) -> None:
        """Scroll to about `offset` lines from the first one."""
        if self.positions:
            self._scroll_to(self.message_list.position_at(offset))

    def scroll_to_start(self) -> None:
        if self.positions:
            self._set_top(LinePosition(0, 0))
            self._stick_if_near(turned_back=True)

    def scroll_to_end(self) -> None:
        """Scroll to the end, and stay there as it grows."""
        self.sticks_to_end = True
        if self.height and self.message_list.messages:
            self._set_top(self.message_list.top_of_last_page(self.height))

    def update(self) -> None:
        """Take over changes of folds or labels that others have made."""
        if self.sticks_to_end:
            self.scroll_to_end()
        elif self.positions:
            self._set_top(self.top)

    @property
    def shows_cut_code(self) -> bool:
        """Does a line in view end with the sign for code that is cut at the right?"""
        layout = self.message_list.layout
        lines = (layout(each.message).line(each.line) for each in self.positions)
        ends = (line.segments[-1].style for line in lines if line.segments)
        return any(style is not None and "sideways" in style.meta for style in ends)

    @property
    def cursor_message(self) -> ChatMessage | None:
        """The message under the cursor; `None` where there are no messages."""
        return next(iter(self.message_list.messages[self.cursor : self.cursor + 1]), None)

    @property
    def cursor_row(self) -> int:
        """The first row that shows the message under the cursor."""
        rows = (y for y, each in enumerate(self.positions) if each.message == self.cursor)
        return next(rows, 0)

    @property
    def is_marked(self) -> bool:
        """Did a key move the cursor to the message that it is on?"""
        message = self.cursor_message
        return message is not None and message.id == self._marked_id

    def mark(self, index: int) -> None:
        """Move the cursor to a message because a key says so."""
        self.cursor = index
        message = self.cursor_message
        self._marked_id = None if message is None else message.id

    def cursor_to_last(self) -> None:
        self.cursor = max(0, len(self.message_list.messages) - 1)

    def move_cursor(self, messages: int) -> None:
        """Move to the message that many further down, or up, and scroll to it."""
        last = len(self.message_list.messages) - 1
        if last < 0:
            return
        if self.cursor + messages > last:
            self.scroll_to_end()
        self.mark(max(0, min(self.cursor + messages, last)))
        self.scroll_to_message(self.cursor)

    def clamp_cursor(self) -> None:
        """Move the cursor to the nearest message that is in view."""
        if not self.positions:
            self.cursor_to_last()
            return
        # Of the last message there may be the empty line above it alone.
        first, last = self.positions[0].message, self.positions[-1].message
        if self.positions[-1] == LinePosition(last, 0):
            last = max(first, last - 1)
        self.cursor = max(first, min(self.cursor, last))

    def _row_of(self, position: LinePosition) -> int:
        return self.positions.index(position) if position in self.positions else 0

    def _scroll_to(self, top: LinePosition) -> None:
        turned_back = top < self.top
        self._set_top(top)
        self._stick_if_near(turned_back=turned_back)

    def _set_top(self, top: LinePosition) -> None:
        self.positions = self.message_list.positions_from(top, self.height) if self.height else ()
        if not self.positions:
            return
        bottom = LinePosition(self.positions[-1].message, self.positions[-1].line + 1)
        # Whether the end is near is measured, not estimated.
        self.message_list.moved(self.positions[-1], _NEAR_THE_END + 1)
        if self.sticks_to_end:
            self._last_seen = self.message_list.end
        elif bottom > self._last_seen:
            self._last_seen = bottom

    def _stick_if_near(self, *, turned_back: bool) -> None:
        below = self.lines_below
        self.sticks_to_end = below == 0 or (not turned_back and below <= _NEAR_THE_END)
