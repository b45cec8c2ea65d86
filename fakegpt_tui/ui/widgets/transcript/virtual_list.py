"""Virtual list of messages: heights are estimated until a message is looked at."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

from fakegpt_tui.domain import Role
from fakegpt_tui.ui.markdown.palette import Palette
from fakegpt_tui.ui.widgets.transcript.appearance import (
    HEADER_LINES,
    Appearance,
    MessageLabel,
    prose_width,
)
from fakegpt_tui.ui.widgets.transcript.growth import GrowthPacer
from fakegpt_tui.ui.widgets.transcript.line_ids import LINE_ID_BITS, Fold, Folds

if TYPE_CHECKING:
    from fakegpt_tui.domain import ChatMessage
    from fakegpt_tui.ui.widgets.transcript.message_layout import MessageBody, MessageLayout

MakeDocument = Callable[[Palette], "MessageBody"]
ROWS_PER_MESSAGE = 1 << LINE_ID_BITS
_MAX_LAYOUTS = 300
_NO_LABEL = MessageLabel()
_MEASURED_CHUNKS = 16
"""What is drawn out of sight to count the lines of text that has just arrived."""
_AT_ONCE = 16_384
"""Characters that may be new of a reply; more are laid out piece by piece."""


class LinePosition(NamedTuple):
    """A line of a message, by the id that the message's layout has for it.

    Unlike a distance from the top, it is right whatever is estimated.
    """

    message: int
    line: int

    @property
    def row(self) -> int:
        """The row that it has for Textual's selection.

        More ids fit between two messages than a message has lines, so that a selection stays on
        its lines while heights above it are corrected.
        """
        return self.message * ROWS_PER_MESSAGE + self.line

    @classmethod
    def at_row(cls, row: int) -> LinePosition:
        return cls(*divmod(row, ROWS_PER_MESSAGE))


class VirtualList:
    """Where each line of a conversation is.

    Heights are estimated until they are needed, inside of a long message too; a position stays the
    same while heights above it are corrected. Layouts of the messages used last are kept.
    """

    def __init__(self, make_document: MakeDocument) -> None:
        self.messages: list[ChatMessage] = []
        self.folds = Folds()
        self.labels: Mapping[str, MessageLabel] = {}
        """Notes for the headers of the messages with these ids."""
        self.rests: dict[str, ChatMessage] = {}
        """Replies of which only the beginning is shown so far, as they came all at once."""
        self._pacer = GrowthPacer()
        self.activity = ""
        """What goes on in the message that is under way, for its header."""
        self.appearance = Appearance(Palette.colourless())
        self._make_document = make_document
        self.width = 0
        self._indices: dict[str, int] = {}
        self._heights: list[int] = []
        self._tops: list[int] = [0]
        self._layouts: OrderedDict[str, MessageLayout] = OrderedDict()

    def set_messages(self, messages: Sequence[ChatMessage]) -> None:
        self.messages = list(messages)
        self._indices = {message.id: index for index, message in enumerate(messages)}
        self._estimate_all()

    def upsert(self, message: ChatMessage) -> bool:
        """Replace the message with the same id, or append this one; whether it is new."""
        index = self._indices.setdefault(message.id, len(self.messages))
        if index == len(self.messages):
            self.messages.append(message)
            self._heights.append(0)
        elif self.messages[index] == message:
            return False
        is_drawn = not message.status.is_final or message.id in self._layouts
        if self.width and is_drawn:
            self.messages[index] = self._first_piece(message, self.messages[index])
            self.layout(index)
        else:
            self.messages[index] = message
            self._set_height(index, self._estimate(message))
        if message.id in self.rests:
            self._pacer.note_laid_out()
        return True

    def _first_piece(self, message: ChatMessage, shown: ChatMessage) -> ChatMessage:
        """As much of a message as can be laid out in a moment; all of it is kept in `rests`."""
        self.rests.pop(message.id, None)
        length = 0 if shown is message else len(shown.text)
        if len(message.text) - length <= _AT_ONCE or message.role is Role.USER or message.parts:
            return message
        piece = self._pacer.piece(message, length)
        if piece is not message:
            self.rests[message.id] = message
        return piece

    def set_width(self, width: int) -> None:
        self.width = width
        self._estimate_all()

    def change_appearance(self, **changes: Any) -> None:
        """Change how messages are drawn; layouts take it over when they are next used."""
        self.appearance = replace(self.appearance, **changes)

    def remeasure(self) -> None:
        """Wrap all lines again, as the width of characters has changed."""
        self._estimate_all()
        for layout in self._layouts.values():
            layout.remeasure()

    def remeasure_message(self, index: int) -> None:
        """Lay out a message anew, as something in it is drawn otherwise."""
        if (layout := self._layouts.get(self.messages[index].id)) is not None:
            layout.remeasure()

    @property
    def height(self) -> int:
        return self._top(len(self.messages))

    @property
    def is_growing(self) -> bool:
        """Will more arrive for the last message?"""
        return bool(self.messages) and not self.messages[-1].status.is_final

    @property
    def end(self) -> LinePosition:
        """The position below the last line."""
        if not self.messages:
            return LinePosition(0, 0)
        last = self.last_line(len(self.messages) - 1)
        return LinePosition(last.message, last.line + 1)

    def index_of(self, message_id: str) -> int | None:
        return self._indices.get(message_id)

    def offset(self, position: LinePosition) -> int:
        """The lines above a position, some of them estimated."""
        number = self.layout(position.message).line_number(position.line)
        self._update_height(position.message)
        return self._top(position.message) + number

    def position_at(self, offset: int) -> LinePosition:
        """The position that is about `offset` lines from the top."""
        self._top(len(self.messages))
        last = len(self.messages) - 1
        index = max(0, min(last, bisect_right(self._tops, offset) - 1))
        number, estimated = offset - self._tops[index], self._heights[index]
        layout = self.layout(index)
        if layout.height != estimated:
            number = number * layout.height // max(1, estimated)
        line = layout.line_at(max(0, min(number, layout.height - 1)))
        self._update_height(index)
        return LinePosition(index, line)

    def last_line(self, index: int) -> LinePosition:
        """The last line of a message."""
        return LinePosition(index, self.layout(index).last_line)

    def moved(self, position: LinePosition, lines: int) -> LinePosition:
        """The position exactly `lines` further down, or up; at most the first or last line."""
        index, line = position
        while True:
            line, lines = self.layout(index).moved(line, lines)
            self._update_height(index)
            if lines > 0 and index < len(self.messages) - 1:
                index, line, lines = index + 1, 0, lines - 1
            elif lines < 0 and index > 0:
                index, line = self.last_line(index - 1)
                lines += 1
            else:
                return LinePosition(index, line)

    def top_of_last_page(self, rows: int) -> LinePosition:
        """The position from which `rows` lines reach to the end."""
        return self.moved(self.last_line(len(self.messages) - 1), 1 - rows)

    def measure_below(self, position: LinePosition) -> None:
        """Correct the heights of lines below a position, up to a number of chunks per message."""
        for index in range(position.message, len(self.messages)):
            line = position.line if index == position.message else 0
            self.layout(index).measure_below(line, most=_MEASURED_CHUNKS)
            self._update_height(index)

    def positions_from(self, top: LinePosition, rows: int) -> list[LinePosition]:
        """The positions on `rows` rows, beginning with `top` unless the end comes sooner."""
        positions = self._positions_below(top, rows)
        if len(positions) == rows:
            return positions
        return self._positions_below(self.top_of_last_page(rows), rows)

    def layout(self, index: int) -> MessageLayout:
        message = self.messages[index]
        layout = self._layouts.get(message.id)
        if layout is None:
            from fakegpt_tui.ui.widgets.transcript.message_layout import MessageLayout  # noqa: PLC0415 - with the first message

            layout = MessageLayout(message, self.appearance, self._make_document)
            self._layouts[message.id] = layout
            if len(self._layouts) > _MAX_LAYOUTS:
                self._layouts.popitem(last=False)
        else:
            self._layouts.move_to_end(message.id)
        folds, label = self.folds.state(message), self.labels.get(message.id, _NO_LABEL)
        if self.activity and not message.status.is_final:
            label = label._replace(activity=self.activity)
        layout.update(message, folds, label, self.appearance, self.width)
        self._set_height(index, layout.height)
        return layout

    def _positions_below(self, top: LinePosition, rows: int) -> list[LinePosition]:
        positions: list[LinePosition] = []
        index, line = top
        while index < len(self.messages) and len(positions) < rows:
            lines = self.layout(index).lines_from(line, rows - len(positions))
            self._update_height(index)
            positions.extend(LinePosition(index, each) for each in lines)
            index, line = index + 1, 0
        return positions

    def _estimate_all(self) -> None:
        self._heights = [self._estimate(message) for message in self.messages]
        self._tops = [0]

    def _estimate(self, message: ChatMessage) -> int:
        height = _estimate_height(message, self.width, fold := self.folds.of(message))
        if not message.parts or fold is Fold.NOTHING:
            return height
        from fakegpt_tui.ui.widgets.transcript.part_captions import estimate_parts  # noqa: PLC0415 - few have parts

        return height + estimate_parts(message.parts, self.width, self.appearance.picture_cell)

    def _update_height(self, index: int) -> None:
        """Take over what drawing a message has shown of its height."""
        self._set_height(index, self._layouts[self.messages[index].id].height)

    def _set_height(self, index: int, height: int) -> None:
        if height != self._heights[index]:
            self._heights[index] = height
            del self._tops[index + 1 :]

    def _top(self, index: int) -> int:
        known = len(self._tops) - 1
        if index > known:
            heights = self._heights[known:index]
            self._tops.extend(list(accumulate(heights, initial=self._tops[known]))[1:])
        return self._tops[index]


def _estimate_height(message: ChatMessage, width: int, fold: Fold) -> int:
    """About how many lines a message will take, from its length and its line breaks alone.

    Cheap rather than exact, as it is computed for every message of a conversation that is opened.
    One line in eight of Markdown is not shown as such, or ends half way.
    """
    if fold is Fold.NOTHING:
        return HEADER_LINES + 1
    from fakegpt_tui.ui.widgets.transcript.appearance import ending_text  # noqa: PLC0415 - with the first message

    text, columns = message.text, prose_width(width)
    lines = (text.count("\n") + len(text) // columns + 1) * 7 // 8
    if reasoning := message.reasoning:
        lines += 1
        if fold is Fold.EVERYTHING:
            lines += reasoning.count("\n") + len(reasoning) // columns + 1
    return HEADER_LINES + lines + bool(ending_text(message))
