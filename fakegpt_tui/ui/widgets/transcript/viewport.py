"""Viewport: which lines of a conversation are in view, and the message cursor."""

from collections.abc import Callable, Sequence

from fakegpt_tui.domain import ChatMessage
from fakegpt_tui.ui.widgets.transcript.line_ids import ReadingPosition
from fakegpt_tui.ui.widgets.transcript.message_layout import HEADER_LINES
from fakegpt_tui.ui.widgets.transcript.virtual_list import LinePosition, VirtualList

_NEAR_THE_END = 3


class Viewport:
    """The part of a column that is in view: `view` has the place of each row that is used.

    Nothing moves under the reader's eyes: only the reader does, or the end while it is followed.
    It is followed from within three lines of it, until the reader turns back.
    """

    def __init__(self, column: VirtualList) -> None:
        self.positions: Sequence[LinePosition] = ()
        self.sticks_to_end = True
        self.message_list = column
        self.height = 0
        self._last_seen = LinePosition(0, 0)

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
        """How many lines have come below what was seen, while the end was not followed."""
        if self.sticks_to_end or not self.message_list.messages:
            return 0
        return max(0, self.message_list.height - self.message_list.offset(self._last_seen))

    def open(self, messages: Sequence[ChatMessage], position: ReadingPosition | None) -> None:
        """Begin to read: at a position whose message is still there, else at the end."""
        self.message_list.set_messages(messages)
        index = self.message_list.index_of(position.message_id) if position else None
        self.positions = ()
        if not self.height or position is None or position.sticks_to_end or index is None:
            self.scroll_to_end()
            return
        self.sticks_to_end = False
        self._last_seen = self._end_position()
        self._set_top(LinePosition(index, self.message_list.layout(index).line_of(position.anchor)))

    def switch_path(self, messages: Sequence[ChatMessage], index: int) -> None:
        """Read other messages from `index` on; the first of them begins where the old one did.

        It begins at the top if the old one began above, and the end is followed if it was and if
        `index` is the last.
        """
        is_last = index == len(self.message_list.messages) - 1 == len(messages) - 1
        header = LinePosition(index, HEADER_LINES - 1)
        row = self.positions.index(header) if header in self.positions else 0
        self.message_list.set_messages(messages)
        if not self.positions or (self.sticks_to_end and is_last):
            self.scroll_to_end()
            return
        self.sticks_to_end = False
        self._last_seen = self._end_position()
        self._set_top(self.message_list.moved(header, -row))
        self._stick_if_near(turned_back=False)

    @property
    def reading_position(self) -> ReadingPosition | None:
        if not self.positions:
            return None
        index, line = self.top
        layout = self.message_list.layout(index)
        return ReadingPosition(layout.message.id, layout.anchor_at(line), self.sticks_to_end)

    def upsert(self, message: ChatMessage) -> bool:
        """Take in a message that is new or has changed; tell whether anything did."""
        changed = self.message_list.upsert(message)
        if changed and self.sticks_to_end:
            self.scroll_to_end()
        elif changed and self.positions:
            self.message_list.measure_below(self._last_seen)
            self._set_top(self.top)
        return changed

    def resize(self, width: int, rows: int, row: int = 0) -> None:
        """Show another part of the same messages; at another width, the same text on `row`."""
        self.height = rows
        if not self.positions:
            self.message_list.set_width(width)
            return
        if width != self.message_list.width:
            self.rewrap(lambda: self.message_list.set_width(width), row)
        elif self.sticks_to_end:
            self.scroll_to_end()
        else:
            self._set_top(self.top)

    def rewrap(self, change: Callable[[], object], row: int) -> None:
        """Make a change after which lines are broken elsewhere, and show the same text on `row`."""
        if not self.positions:
            change()
            return
        row = min(row, self.height - 1, len(self.positions) - 1)
        (index, line), nothing_new = self.positions[row], self.new_lines == 0
        mark = self.message_list.layout(index).anchor_at(line)
        last = LinePosition(self._last_seen.message, max(0, self._last_seen.line - 1))
        last_seen = self.message_list.layout(last.message).anchor_at(last.line)
        change()
        if self.sticks_to_end:
            self.scroll_to_end()
            return
        if nothing_new:
            self._last_seen = self._end_position()
        else:
            layout = self.message_list.layout(last.message)
            self._last_seen = LinePosition(last.message, layout.line_of(last_seen) + 1)
            self.message_list.measure_below(self._last_seen)
        line = self.message_list.layout(index).line_of(mark)
        self._set_top(self.message_list.moved(LinePosition(index, line), -row))

    def refold(self, place: LinePosition, change: Callable[[], object]) -> None:
        """Make a change to what is shown of a message, which leaves a line of it where it is."""
        if not self.positions:
            change()
            return
        row = self.positions.index(place) if place in self.positions else 0
        change()
        self.message_list.refold(place.message)
        self._set_top(self.message_list.moved(place, -row))
        self._stick_if_near(turned_back=True)

    def scroll_to_message(self, index: int) -> None:
        """Go no further than it takes to see a message, or its beginning if it is long."""
        if not self.positions:
            return
        header, end = LinePosition(index, HEADER_LINES - 1), self.message_list.last_line(index)
        if header < self.positions[0]:
            self._scroll_to(header)
        elif end > self.positions[-1]:
            self._scroll_to(min(header, self.message_list.moved(end, 1 - self.height)))

    def scroll_into_view(self, place: LinePosition) -> None:
        """Bring a line into view, with something above it, unless it is there."""
        if self.positions and place not in self.positions:
            self._scroll_to(self.message_list.moved(place, -(self.height // 3)))

    def _scroll_to(self, top: LinePosition) -> None:
        turned_back = top < self.top
        self._set_top(top)
        self._stick_if_near(turned_back=turned_back)

    def scroll_by(self, lines: int) -> None:
        """Go down exactly so many lines, or up."""
        if self.positions:
            self._set_top(self.message_list.moved(self.top, lines))
            self._stick_if_near(turned_back=lines < 0)

    def scroll_to_offset(self, offset: int) -> None:
        """Go to about `offset` lines from the first one."""
        if self.positions:
            self._scroll_to(self.message_list.position_at(offset))

    def scroll_to_start(self) -> None:
        if self.positions:
            self._set_top(LinePosition(0, 0))
            self._stick_if_near(turned_back=True)

    def scroll_to_end(self) -> None:
        """Go to the end, and stay there as it grows."""
        self.sticks_to_end = True
        if self.height and self.message_list.messages:
            self._set_top(self.message_list.top_of_last_page(self.height))

    def update(self) -> None:
        """Take in that a message was folded or unfolded by somebody else."""
        if self.positions:
            self._set_top(self.top)

    def _set_top(self, top: LinePosition) -> None:
        self.positions = self.message_list.positions_from(top, self.height) if self.height else ()
        if not self.positions:
            return
        bottom = LinePosition(self.positions[-1].message, self.positions[-1].line + 1)
        # Whether the end is near is known, and not guessed.
        self.message_list.moved(self.positions[-1], _NEAR_THE_END + 1)
        if self.sticks_to_end:
            self._last_seen = self._end_position()
        elif bottom > self._last_seen:
            self._last_seen = bottom

    def _stick_if_near(self, *, turned_back: bool) -> None:
        below = self.lines_below
        self.sticks_to_end = below == 0 or (not turned_back and below <= _NEAR_THE_END)

    def _end_position(self) -> LinePosition:
        """The place below the last line."""
        last = len(self.message_list.messages) - 1
        if last < 0:
            return LinePosition(0, 0)
        return LinePosition(last, self.message_list.last_line(last).line + 1)


class MessageCursor:
    """Marks one message, always one that is in view: it goes where the reader goes."""

    def __init__(self, column: VirtualList, reader: Viewport) -> None:
        self.index = 0
        self._message_list = column
        self._viewport = reader

    @property
    def message(self) -> ChatMessage | None:
        """The marked message; `None` where there are none."""
        messages = self._message_list.messages
        return messages[self.index] if self.index < len(messages) else None

    @property
    def row(self) -> int:
        """The first row of the view that shows the marked message."""
        rows = (
            y for y, place in enumerate(self._viewport.positions) if place.message == self.index
        )
        return next(rows, 0)

    def move_to_last(self) -> None:
        self.index = max(0, len(self._message_list.messages) - 1)

    def move(self, messages: int) -> None:
        """Mark the message that many further down, or up, and bring it into view."""
        last = len(self._message_list.messages) - 1
        if last < 0:
            return
        if self.index + messages > last:
            self._viewport.scroll_to_end()
        self.index = max(0, min(self.index + messages, last))
        self._viewport.scroll_to_message(self.index)

    def clamp_to_view(self) -> None:
        """Mark the nearest message that is in view."""
        view = self._viewport.positions
        if not view:
            self.move_to_last()
            return
        # Of the last message there may be the empty line above it alone.
        first, last = view[0].message, view[-1].message
        if view[-1] == LinePosition(last, 0):
            last = max(first, last - 1)
        self.index = max(first, min(self.index, last))
