"""The message that the keys of the transcript are about."""

from fakegpt_tui.domain import ChatMessage
from fakegpt_tui.ui.widgets.message_column import LinePosition, VirtualList
from fakegpt_tui.ui.widgets.reader import Viewport


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
