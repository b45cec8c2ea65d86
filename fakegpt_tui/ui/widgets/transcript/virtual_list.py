"""Virtual list of messages: heights are estimated until a message is looked at."""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, groupby
from operator import attrgetter
from typing import NamedTuple

from textual.strip import Strip

from fakegpt_tui.domain import ChatMessage
from fakegpt_tui.ui.markdown.lines import Line
from fakegpt_tui.ui.widgets.transcript.folding import Folds
from fakegpt_tui.ui.widgets.transcript.layout_factory import LayoutFactory
from fakegpt_tui.ui.widgets.transcript.message_layout import MessageLayout, estimate_height

_MAX_LAYOUTS = 300
_MEASURED_CHUNKS = 16
"""What may have come at once to be drawn out of sight, so that its lines can be counted."""


class LinePosition(NamedTuple):
    """A line of a message, by the name that the message's layout has for it.

    Unlike a distance from the top, it is right whatever is estimated.
    """

    message: int
    line: int


class VirtualList:
    """Where each message of a conversation is.

    Heights are estimated until somebody looks, inside of a long message too; a place stays the
    same place while heights above it are put right. Layouts of the messages used last are kept.
    """

    def __init__(self, typesetter: LayoutFactory) -> None:
        self.messages: list[ChatMessage] = []
        self.folds = Folds()
        self._labels: Mapping[str, str] = {}
        self._layout_factory = typesetter
        self.width = 0
        self._indices: dict[str, int] = {}
        self._heights: list[int] = []
        self._tops: list[int] = [0]
        self._layouts: OrderedDict[str, MessageLayout] = OrderedDict()
        self._strips: dict[LinePosition, tuple[Line, Strip]] = {}

    def set_messages(self, messages: Sequence[ChatMessage]) -> None:
        """Hold these messages and no others."""
        self.messages = list(messages)
        self._indices = {message.id: index for index, message in enumerate(messages)}
        self._estimate_all()

    def upsert(self, message: ChatMessage) -> bool:
        """Hold this message in place of the one with its id, or below all others.

        Returns: Whether that changed anything.
        """
        index = self._indices.setdefault(message.id, len(self.messages))
        if index == len(self.messages):
            self.messages.append(message)
            self._heights.append(0)
        elif self.messages[index] == message:
            return False
        self.messages[index] = message
        if self.width and (not message.status.is_final or message.id in self._layouts):
            self.layout(index)
        else:
            self._set_height(index, self._estimated(message))
        return True

    def set_labels(self, labels: Mapping[str, str]) -> None:
        """Say these words in the headers of the messages with these ids."""
        self._labels = labels

    def refold(self, index: int) -> None:
        """Take over a change of a message's fold."""
        self.layout(index)

    def set_width(self, width: int) -> None:
        self.width = width
        self._estimate_all()

    def wrap_code(self, wrap: bool, offset: int) -> None:
        """Show long lines of code on several, or cut them, behind `offset` cells."""
        self._layout_factory.wrap_code(wrap, offset)
        for layout in self._layouts.values():
            self._layout_factory.rewrap(layout)

    def restyle(self) -> None:
        """Take over a change of the typesetter's look."""
        self._strips.clear()
        for layout in self._layouts.values():
            self._layout_factory.restyle(layout)

    def remeasure(self) -> None:
        """Take over that characters are wider than they were, or narrower."""
        self._estimate_all()
        for layout in self._layouts.values():
            layout.remeasure()

    @property
    def height(self) -> int:
        return self._top(len(self.messages))

    @property
    def is_growing(self) -> bool:
        """Will more arrive for the last message?"""
        return bool(self.messages) and not self.messages[-1].status.is_final

    def index_of(self, message_id: str) -> int | None:
        return self._indices.get(message_id)

    def offset(self, place: LinePosition) -> int:
        """The lines above a place, some of them estimated."""
        number = self.layout(place.message).line_number(place.line)
        self._update_height(place.message)
        return self._top(place.message) + number

    def position_at(self, offset: int) -> LinePosition:
        """The place that is about `offset` lines from the top."""
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

    def moved(self, place: LinePosition, lines: int) -> LinePosition:
        """The place exactly `lines` further down, or up; at most the first or last line."""
        index, line = place
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
        """The place from which `rows` lines reach to the end."""
        return self.moved(self.last_line(len(self.messages) - 1), 1 - rows)

    def measure_below(self, place: LinePosition) -> None:
        """Put right the heights of all that came below a place, if it was not all too much."""
        for index in range(place.message, len(self.messages)):
            line = place.line if index == place.message else 0
            self.layout(index).measure_below(line, most=_MEASURED_CHUNKS)
            self._update_height(index)

    def positions_from(self, top: LinePosition, rows: int) -> list[LinePosition]:
        """The places on `rows` rows, beginning with `top` unless the end comes sooner."""
        places = self._positions_below(top, rows)
        return (
            places
            if len(places) == rows
            else self._positions_below(self.top_of_last_page(rows), rows)
        )

    def layout(self, index: int) -> MessageLayout:
        message = self.messages[index]
        layout = self._layouts.get(message.id)
        if layout is None:
            layout = self._layouts[message.id] = self._layout_factory.make_layout(message)
            if len(self._layouts) > _MAX_LAYOUTS:
                self._layouts.popitem(last=False)
        else:
            self._layouts.move_to_end(message.id)
        layout.update(message, self.folds.of(message), self._labels.get(message.id, ""))
        layout.set_width(self.width)
        self._set_height(index, layout.height)
        return layout

    def strips(self, places: Iterable[LinePosition]) -> list[Strip]:
        """Lines as they are drawn: the same strips as last time, of those that say the same.

        No others are kept, as a strip holds a multiple of what it says.
        """
        strips: dict[LinePosition, tuple[Line, Strip]] = {}
        for index, lines in groupby(places, attrgetter("message")):
            layout = self.layout(index)
            strips.update((place, self._strip(layout, place)) for place in lines)
        self._strips = strips
        return [strip for _, strip in strips.values()]

    def _strip(self, layout: MessageLayout, place: LinePosition) -> tuple[Line, Strip]:
        line = layout.line(place.line)
        kept = self._strips.get(place)
        if kept is not None and kept[0] is line:
            return kept
        strip = layout.strip(place.line)
        return line, kept[1] if kept is not None and kept[1] == strip else strip

    def _positions_below(self, top: LinePosition, rows: int) -> list[LinePosition]:
        places: list[LinePosition] = []
        index, line = top
        while index < len(self.messages) and len(places) < rows:
            below = self.layout(index).lines_from(line, rows - len(places))
            self._update_height(index)
            places.extend(LinePosition(index, shown) for shown in below)
            index, line = index + 1, 0
        return places

    def _estimate_all(self) -> None:
        self._strips.clear()
        self._heights = [self._estimated(message) for message in self.messages]
        self._tops = [0]

    def _estimated(self, message: ChatMessage) -> int:
        return estimate_height(message, self.width, self.folds.of(message))

    def _update_height(self, index: int) -> None:
        """Take over what looking at a message has shown of its height."""
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
