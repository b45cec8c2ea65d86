"""The message that the keys of the transcript are about."""

from fakegpt_tui.domain import ChatMessage
from fakegpt_tui.ui.widgets.message_column import MessageColumn, Place
from fakegpt_tui.ui.widgets.reader import Reader


class MessageCursor:
    """Marks one message, always one that is in view: it goes where the reader goes."""

    def __init__(self, column: MessageColumn, reader: Reader) -> None:
        self.index = 0
        self._column = column
        self._reader = reader

    @property
    def message(self) -> ChatMessage | None:
        """The marked message; `None` where there are none."""
        messages = self._column.messages
        return messages[self.index] if self.index < len(messages) else None

    @property
    def row(self) -> int:
        """The first row of the view that shows the marked message."""
        rows = (y for y, place in enumerate(self._reader.view) if place.message == self.index)
        return next(rows, 0)

    def to_last(self) -> None:
        self.index = max(0, len(self._column.messages) - 1)

    def step(self, messages: int) -> None:
        """Mark the message that many further down, or up, and bring it into view."""
        last = len(self._column.messages) - 1
        if last < 0:
            return
        if self.index + messages > last:
            self._reader.to_end()
        self.index = max(0, min(self.index + messages, last))
        self._reader.reveal(self.index)

    def keep_in_view(self) -> None:
        """Mark the nearest message that is in view."""
        view = self._reader.view
        if not view:
            self.to_last()
            return
        # Of the last message there may be the empty line above it alone.
        first, last = view[0].message, view[-1].message
        if view[-1] == Place(last, 0):
            last = max(first, last - 1)
        self.index = max(first, min(self.index, last))
