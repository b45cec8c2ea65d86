"""Where the reader of a conversation is, and what has come since."""

from collections.abc import Sequence
from dataclasses import dataclass

from fakegpt_tui.domain import ChatMessage
from fakegpt_tui.ui.widgets.message_column import MessageColumn, Place
from fakegpt_tui.ui.widgets.message_layout import Mark

_NEAR_THE_END = 3


@dataclass(frozen=True, slots=True)
class Bookmark:
    """Where somebody stopped reading. `mark` is the layout's own, good at any width."""

    message_id: str
    mark: Mark
    follows: bool


class Reader:
    """The part of a column that is in view: `view` has the place of each row that is used.

    Nothing moves under the reader's eyes: only the reader does, or the end while it is followed.
    It is followed from within three lines of it, until the reader turns back.
    """

    def __init__(self, column: MessageColumn) -> None:
        self.view: Sequence[Place] = ()
        self.follows = True
        self._column = column
        self.rows = 0
        self._seen = Place(0, 0)

    @property
    def top(self) -> Place:
        return self.view[0] if self.view else Place(0, 0)

    @property
    def lines_below(self) -> int:
        """How many lines there are below the view, some of them estimated."""
        return self._column.height - self._column.offset(self.top) - len(self.view)

    @property
    def new_lines(self) -> int:
        """How many lines have come below what was seen, while the end was not followed."""
        if self.follows or not self._column.messages:
            return 0
        return max(0, self._column.height - self._column.offset(self._seen))

    def open(self, messages: Sequence[ChatMessage], bookmark: Bookmark | None) -> None:
        """Begin to read: at a bookmark whose message is still there, else at the end."""
        self._column.fill(messages)
        index = self._column.index(bookmark.message_id) if bookmark else None
        self.view = ()
        if not self.rows or bookmark is None or bookmark.follows or index is None:
            self.to_end()
            return
        self.follows = False
        self._seen = self._end()
        line = self._column.layout(index).line_at(bookmark.mark)
        self._settle(Place(index, line))

    def bookmark(self) -> Bookmark | None:
        if not self.view:
            return None
        index, line = self.top
        layout = self._column.layout(index)
        return Bookmark(layout.message.id, layout.mark(line), self.follows)

    def put(self, message: ChatMessage) -> bool:
        """Take in a message that is new or has changed; tell whether anything did."""
        changed = self._column.put(message)
        if changed and self.follows:
            self.to_end()
        elif changed and self.view:
            self._settle(self.top)
        return changed

    def resize(self, width: int, rows: int) -> None:
        """Show another part of the same messages, with the same text at its top."""
        self.rows = rows
        if not self.view:
            self._column.resize(width)
            return
        if width != self._column.width:
            self._rewrap(width)
        elif self.follows:
            self.to_end()
        else:
            self._settle(self.top)

    def _rewrap(self, width: int) -> None:
        bookmark, index, nothing_new = self.bookmark(), self.top.message, self.new_lines == 0
        self._column.resize(width)
        if bookmark is None or self.follows:
            self.to_end()
            return
        if nothing_new:
            self._seen = self._end()
        self._settle(Place(index, self._column.layout(index).line_at(bookmark.mark)))

    def move(self, lines: int) -> None:
        """Go down exactly so many lines, or up."""
        if self.view:
            self._settle(self._column.moved(self.top, lines))
            self._follow_if_near(turned_back=lines < 0)

    def jump(self, offset: int) -> None:
        """Go to about `offset` lines from the first one."""
        if self.view:
            turned_back = offset < self._column.offset(self.top)
            self._settle(self._column.at(offset))
            self._follow_if_near(turned_back=turned_back)

    def to_start(self) -> None:
        if self.view:
            self._settle(Place(0, 0))
            self._follow_if_near(turned_back=True)

    def to_end(self) -> None:
        """Go to the end, and stay there as it grows."""
        self.follows = True
        if self.rows and self._column.messages:
            self._settle(self._column.last_top(self.rows))

    def _settle(self, top: Place) -> None:
        self.view = self._column.view(top, self.rows) if self.rows else ()
        if not self.view:
            return
        bottom = Place(self.view[-1].message, self.view[-1].line + 1)
        if self.follows:
            self._seen = self._end()
        elif bottom > self._seen:
            self._seen = bottom

    def _follow_if_near(self, *, turned_back: bool) -> None:
        below = self.lines_below
        self.follows = below == 0 or (not turned_back and below <= _NEAR_THE_END)

    def _end(self) -> Place:
        last = len(self._column.messages) - 1
        return Place(last, self._column.measure(last)) if last >= 0 else Place(0, 0)
