"""Where the reader of a conversation is, and what has come since."""

from collections.abc import Callable, Sequence

from fakegpt_tui.domain import ChatMessage
from fakegpt_tui.ui.widgets.message_column import MessageColumn, Place
from fakegpt_tui.ui.widgets.message_layout import HEAD
from fakegpt_tui.ui.widgets.reading_position import ReadingPosition

_NEAR_THE_END = 3


class Reader:
    """The part of a column that is in view: `view` has the place of each row that is used.

    Nothing moves under the reader's eyes: only the reader does, or the end while it is followed.
    It is followed from within three lines of it, until the reader turns back.
    """

    def __init__(self, column: MessageColumn) -> None:
        self.view: Sequence[Place] = ()
        self.follows = True
        self.column = column
        self.rows = 0
        self._seen = Place(0, 0)

    @property
    def top(self) -> Place:
        return self.view[0] if self.view else Place(0, 0)

    @property
    def offset(self) -> int:
        """How many lines there are above the view, some of them estimated."""
        return self.column.offset(self.top) if self.view else 0

    @property
    def lines_below(self) -> int:
        """How many lines there are below the view, some of them estimated."""
        return self.column.height - self.offset - len(self.view)

    @property
    def new_lines(self) -> int:
        """How many lines have come below what was seen, while the end was not followed."""
        if self.follows or not self.column.messages:
            return 0
        return max(0, self.column.height - self.column.offset(self._seen))

    def open(self, messages: Sequence[ChatMessage], position: ReadingPosition | None) -> None:
        """Begin to read: at a position whose message is still there, else at the end."""
        self.column.fill(messages)
        index = self.column.index(position.message_id) if position else None
        self.view = ()
        if not self.rows or position is None or position.follows or index is None:
            self.to_end()
            return
        self.follows = False
        self._seen = self._end()
        self._settle(Place(index, self.column.layout(index).line_of(position.mark)))

    def exchange(self, messages: Sequence[ChatMessage], index: int) -> None:
        """Read other messages from `index` on; the first of them begins where the old one did.

        It begins at the top if the old one began above, and the end is followed if it was and if
        `index` is the last.
        """
        is_last = index == len(self.column.messages) - 1 == len(messages) - 1
        header = Place(index, HEAD - 1)
        row = self.view.index(header) if header in self.view else 0
        self.column.fill(messages)
        if not self.view or (self.follows and is_last):
            self.to_end()
            return
        self.follows = False
        self._seen = self._end()
        self._settle(self.column.moved(header, -row))
        self._follow_if_near(turned_back=False)

    @property
    def position(self) -> ReadingPosition | None:
        if not self.view:
            return None
        index, line = self.top
        layout = self.column.layout(index)
        return ReadingPosition(layout.message.id, layout.mark(line), self.follows)

    def put(self, message: ChatMessage) -> bool:
        """Take in a message that is new or has changed; tell whether anything did."""
        changed = self.column.put(message)
        if changed and self.follows:
            self.to_end()
        elif changed and self.view:
            self.column.measure_below(self._seen)
            self._settle(self.top)
        return changed

    def resize(self, width: int, rows: int, row: int = 0) -> None:
        """Show another part of the same messages; at another width, the same text on `row`."""
        self.rows = rows
        if not self.view:
            self.column.resize(width)
            return
        if width != self.column.width:
            self.rewrap(lambda: self.column.resize(width), row)
        elif self.follows:
            self.to_end()
        else:
            self._settle(self.top)

    def rewrap(self, change: Callable[[], object], row: int) -> None:
        """Make a change after which lines are broken elsewhere, and show the same text on `row`."""
        if not self.view:
            change()
            return
        row = min(row, self.rows - 1, len(self.view) - 1)
        (index, line), nothing_new = self.view[row], self.new_lines == 0
        mark = self.column.layout(index).mark(line)
        last = Place(self._seen.message, max(0, self._seen.line - 1))
        last_seen = self.column.layout(last.message).mark(last.line)
        change()
        if self.follows:
            self.to_end()
            return
        if nothing_new:
            self._seen = self._end()
        else:
            layout = self.column.layout(last.message)
            self._seen = Place(last.message, layout.line_of(last_seen) + 1)
            self.column.measure_below(self._seen)
        line = self.column.layout(index).line_of(mark)
        self._settle(self.column.moved(Place(index, line), -row))

    def refold(self, place: Place, change: Callable[[], object]) -> None:
        """Make a change to what is shown of a message, which leaves a line of it where it is."""
        if not self.view:
            change()
            return
        row = self.view.index(place) if place in self.view else 0
        change()
        self.column.refold(place.message)
        self._settle(self.column.moved(place, -row))
        self._follow_if_near(turned_back=True)

    def reveal(self, index: int) -> None:
        """Go no further than it takes to see a message, or its beginning if it is long."""
        if not self.view:
            return
        header, end = Place(index, HEAD - 1), self.column.last_line(index)
        if header < self.view[0]:
            self._go_to(header)
        elif end > self.view[-1]:
            self._go_to(min(header, self.column.moved(end, 1 - self.rows)))

    def bring(self, place: Place) -> None:
        """Bring a line into view, with something above it, unless it is there."""
        if self.view and place not in self.view:
            self._go_to(self.column.moved(place, -(self.rows // 3)))

    def _go_to(self, top: Place) -> None:
        turned_back = top < self.top
        self._settle(top)
        self._follow_if_near(turned_back=turned_back)

    def move(self, lines: int) -> None:
        """Go down exactly so many lines, or up."""
        if self.view:
            self._settle(self.column.moved(self.top, lines))
            self._follow_if_near(turned_back=lines < 0)

    def jump(self, offset: int) -> None:
        """Go to about `offset` lines from the first one."""
        if self.view:
            self._go_to(self.column.at(offset))

    def to_start(self) -> None:
        if self.view:
            self._settle(Place(0, 0))
            self._follow_if_near(turned_back=True)

    def to_end(self) -> None:
        """Go to the end, and stay there as it grows."""
        self.follows = True
        if self.rows and self.column.messages:
            self._settle(self.column.last_top(self.rows))

    def settle(self) -> None:
        """Take in that a message was folded or unfolded by somebody else."""
        if self.view:
            self._settle(self.top)

    def _settle(self, top: Place) -> None:
        self.view = self.column.view(top, self.rows) if self.rows else ()
        if not self.view:
            return
        bottom = Place(self.view[-1].message, self.view[-1].line + 1)
        # Whether the end is near is known, and not guessed.
        self.column.moved(self.view[-1], _NEAR_THE_END + 1)
        if self.follows:
            self._seen = self._end()
        elif bottom > self._seen:
            self._seen = bottom

    def _follow_if_near(self, *, turned_back: bool) -> None:
        below = self.lines_below
        self.follows = below == 0 or (not turned_back and below <= _NEAR_THE_END)

    def _end(self) -> Place:
        """The place below the last line."""
        last = len(self.column.messages) - 1
        if last < 0:
            return Place(0, 0)
        return Place(last, self.column.last_line(last).line + 1)
