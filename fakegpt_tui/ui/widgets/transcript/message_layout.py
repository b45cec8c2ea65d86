"""Layout of one chat message: header, reasoning, text and how it ended, as lines."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from fakegpt_tui.domain import ChatMessage, Role
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.markdown.lines import BLANK, Line, LineId, LineList, LineSource, LineSpan
from fakegpt_tui.ui.markdown.palette import Palette
from fakegpt_tui.ui.markdown.plain_text import wrap_plain_text
from fakegpt_tui.ui.widgets.cells import truncate
from fakegpt_tui.ui.widgets.transcript.folding import Fold
from fakegpt_tui.ui.widgets.transcript.line_ids import (
    LineAnchor,
    MessageZone,
    pack_line_id,
    unpack_line_id,
)
from fakegpt_tui.ui.widgets.transcript.message_header import ended_early, ending_text, header_texts

HEADER_LINES = 2
"""The lines above everything else: an empty one, and who speaks."""
_NARROW = 20
"""Below this many columns there is no bar, and no margin."""
_PLAIN = Style.null()
_SPACE = Strip([Segment(" ")], 1)
_SUMMARY_LENGTH = 400
"""Characters of a folded message that may be of use for its line."""
REASONING_FOLD = "reasoning"
"""What a click on the line above a reply's reasoning finds as its meta `fold`."""


class MessageBody(Protocol):
    """The text of one message, however it is drawn. Lines that did not change stay the same."""

    def update(self, text: str, *, complete: bool) -> None: ...
    def layout(self, width: int) -> LineSource: ...
    def restyle(self, palette: Palette) -> None: ...
    def remeasure(self) -> None: ...
    def fold(self, section: int) -> None: ...
    def unfold(self, everything: bool) -> None: ...
    def wrap_code(self, wrap: bool, *, offset: int = 0) -> None: ...


@dataclass(frozen=True, slots=True)
class MessageStyles:
    """The styles of what surrounds a message's text."""

    user: Style = _PLAIN
    assistant: Style = _PLAIN
    note: Style = _PLAIN
    trouble: Style = _PLAIN

    def of(self, role: Role) -> Style:
        return self.user if role is Role.USER else self.assistant


class MessageLayout:
    """A message laid out for one width at a time, of which as much is drawn as is looked at.

    Its lines are named, not numbered: see `line_names`.
    """

    def __init__(
        self,
        message: ChatMessage,
        body: MessageBody,
        look: MessageStyles,
        make_reasoning: Callable[[], MessageBody],
    ) -> None:
        self.message = message
        self.fold = Fold.TEXT
        self.label = ""
        self._body = body
        self._make_reasoning = make_reasoning
        self._reasoning: MessageBody | None = None
        self._styles = look
        self._width = 0
        self._zones: list[tuple[MessageZone, LineSource]] = []
        self._shown: dict[int, Line] = {}
        body.update(message.text, complete=message.status.is_final)

    def update(self, message: ChatMessage, fold: Fold, label: str) -> None:
        """Take in what the message, its fold and its label are now."""
        if message is self.message and fold is self.fold and label == self.label:
            return
        if message.text != self.message.text or message.status is not self.message.status:
            self._body.update(message.text, complete=message.status.is_final)
        if (fold is Fold.EVERYTHING) is not (self.fold is Fold.EVERYTHING):
            self._body.unfold(fold is Fold.EVERYTHING)
        self.message, self.fold, self.label = message, fold, label
        self._zones = []

    def toggle_section(self, section: int) -> None:
        """Fold or open a section of the text, named by the `fold` of its label's style meta."""
        self._body.fold(section)
        self._zones = []

    def wrap_code(self, wrap: bool, offset: int) -> None:
        """Say what happens to code that is too wide; see `Document.wrap_code`."""
        self._body.wrap_code(wrap, offset=offset)
        if self._reasoning is not None:
            self._reasoning.wrap_code(wrap, offset=offset)
        self._zones = []

    def restyle(self, palette: Palette, look: MessageStyles) -> None:
        self._body.restyle(palette)
        if self._reasoning is not None:
            self._reasoning.restyle(palette)
        self._styles = look
        self._zones = []

    def remeasure(self) -> None:
        """Break all lines anew, as characters have become wider, or narrower."""
        self._body.remeasure()
        if self._reasoning is not None:
            self._reasoning.remeasure()
        self._zones = []

    def set_width(self, width: int) -> None:
        """Be as wide as this, for all the other methods."""
        if width != self._width or not self._zones:
            self._width = width
            self._zones = self._lay_out()
            self._shown = {}

    @property
    def height(self) -> int:
        """The number of lines, those estimated that were not drawn."""
        return sum(len(lines) for _, lines in self._zones)

    @property
    def last_line(self) -> int:
        """The last line."""
        return self.line_at(self.height - 1)

    def line_at(self, number: int) -> int:
        """The line that has about so many above it."""
        for part, lines in self._zones:
            if number < len(lines):
                return pack_line_id(part, lines.line_id(max(0, number)))
            number -= len(lines)
        return self.last_line

    def line_number(self, line: int) -> int:
        """How many lines are above it, some of them estimated."""
        index, number = self._locate(line)
        return sum(len(lines) for _, lines in self._zones[:index]) + number

    def line(self, line: int) -> Line:
        """What a line shows."""
        shown = self._shown.get(line)
        if shown is None:
            index, number = self._locate(line)
            shown = self._zones[index][1][number]
        return shown

    def strip(self, line: int) -> Strip:
        """The line with its bar, made anew each time."""
        drawn = self.line(line)
        if unpack_line_id(line)[0] is MessageZone.REASONING:
            drawn = drawn.with_prefix([Segment("┊ ", self._styles.note)])
        # Textual finds out what the pointer is on by the segment below it, so there is always one.
        return (self._with_bar(drawn) if line else drawn).strip or _SPACE

    def moved(self, line: int, count: int) -> tuple[int, int]:
        """The line exactly `count` lines further down, or up, and how many it takes beyond."""
        index, number = self._locate(line)
        while True:
            part, lines = self._zones[index]
            if len(lines):
                number = lines.reveal(number, count + (1 if count >= 0 else -1))
            number += count
            if 0 <= number < len(lines):
                return pack_line_id(part, lines.line_id(number)), 0
            beyond = number - len(lines) if number >= 0 else number + 1
            if number >= 0 and index + 1 < len(self._zones):
                index, number, count = index + 1, 0, beyond
            elif number < 0 and index > 0:
                index, count = index - 1, beyond
                number = len(self._zones[index][1]) - 1
            else:
                return (self.last_line, beyond + 1) if number >= 0 else (0, beyond - 1)

    def lines_from(self, line: int, count: int) -> list[int]:
        """The lines from one on, at most so many."""
        below: list[int] = []
        index, number = self._locate(line)
        for part, lines in self._zones[index:]:
            wanted = count - len(below)
            if wanted and len(lines):
                number = lines.reveal(number, wanted)
                for shown in range(number, min(number + wanted, len(lines))):
                    below.append(pack_line_id(part, lines.line_id(shown)))
                    self._shown[below[-1]] = lines[shown]
            number = 0
        return below

    def measure_below(self, line: int, *, most: int) -> None:
        """Put right the heights of a line and of all below it, if that is not too much."""
        index, number = self._locate(line)
        for _, lines in self._zones[index:]:
            lines.measure(number, most=most)
            number = 0

    def span_at(self, part: MessageZone, offset: int) -> LineSpan | None:
        """What is drawn of a part's text around an offset; `None` if it is not shown."""
        lines = dict(self._zones).get(part)
        return lines.span_at(offset) if lines is not None else None

    def anchor_at(self, line: int) -> LineAnchor:
        """What a line shows, in a way that outlives a change of width."""
        index, number = self._locate(line)
        part, lines = self._zones[index]
        return LineAnchor(part, lines.anchor_at(number))

    def line_of(self, mark: LineAnchor) -> int:
        """The line on which a mark is now."""
        for part, lines in self._zones:
            if part is mark.zone and len(lines):
                return pack_line_id(part, lines.line_id(lines.find_anchor(mark.anchor)))
        return self.line_at(self.line_number(pack_line_id(mark.zone, LineId(0, 0))))

    def _locate(self, line: int) -> tuple[int, int]:
        """The part that has a line, as an index, and its number in there."""
        wanted, spot = unpack_line_id(line)
        at = max(index for index, (part, _) in enumerate(self._zones) if part <= wanted)
        part, lines = self._zones[at]
        if part is wanted:
            return at, lines.line_number(spot)
        return at, max(0, len(lines) - 1)

    def _lay_out(self) -> list[tuple[MessageZone, LineSource]]:
        inner = text_width(self._width)
        header = self._header(max(1, self._width - bar_width(self._width)))
        head = (MessageZone.HEAD, LineList((BLANK, header)))
        if self.fold is Fold.NOTHING:
            return [head, (MessageZone.GIST, LineList((self._summary(inner),)))]
        end = wrap_plain_text(ending_text(self.message), inner, self._styles.trouble)
        return [
            head,
            *self._lay_out_reasoning(inner),
            (MessageZone.TEXT, self._body.layout(inner)),
            (MessageZone.END, LineList(end)),
        ]

    def _lay_out_reasoning(self, width: int) -> list[tuple[MessageZone, LineSource]]:
        reasoning = self.message.reasoning
        if not reasoning:
            return []
        is_open = self.fold is Fold.EVERYTHING
        words = truncate(
            f"{'▾' if is_open else '▸'} Reasoning · {len(reasoning):,} characters", width
        )
        style = self._styles.note + Style.from_meta({"fold": REASONING_FOLD})
        label = (MessageZone.LABEL, LineList((Line((Segment(words, style),)),)))
        if not is_open:
            return [label]
        if self._reasoning is None:
            self._reasoning = self._make_reasoning()
        self._reasoning.update(reasoning, complete=self.message.status.is_final)
        return [label, (MessageZone.REASONING, self._reasoning.layout(max(1, width - 2)))]

    def _summary(self, width: int) -> Line:
        words = truncate(
            f"▸ {safe_line(self.message.text[:_SUMMARY_LENGTH], _SUMMARY_LENGTH) or '…'}", width
        )
        return Line((Segment(words, self._styles.note + Style.from_meta({"fold": "message"})),))

    def _with_bar(self, line: Line) -> Line:
        if not bar_width(self._width):
            return line
        sign = "▌ " if self.message.role is Role.USER else "│ "
        return line.with_prefix([Segment(sign, self._styles.of(self.message.role))])

    def _header(self, width: int) -> Line:
        message, look = self.message, self._styles
        role, about, status = header_texts(message, self.label, width)
        segments = [
            Segment(role, look.of(message.role) + Style(bold=True)),
            Segment(about, look.note),
            Segment(status, look.trouble if ended_early(message) else look.note),
        ]
        return Line(tuple(segment for segment in segments if segment.text))


def bar_width(width: int) -> int:
    """The columns that the bar takes."""
    return 0 if width < _NARROW else 2


def text_width(width: int) -> int:
    """The columns that are left for text."""
    return max(1, width if width < _NARROW else width - 3)


def estimate_height(message: ChatMessage, width: int, fold: Fold = Fold.TEXT) -> int:
    """About how many lines a message will take, from its length and its line breaks alone.

    Cheap rather than exact: it is asked of every message of a conversation that is opened. One
    line in eight of Markdown is not shown as such, or ends half way.
    """
    if fold is Fold.NOTHING:
        return HEADER_LINES + 1
    text = message.text
    lines = (text.count("\n") + len(text) // text_width(width) + 1) * 7 // 8
    if reasoning := message.reasoning:
        lines += 1
        if fold is Fold.EVERYTHING:
            lines += reasoning.count("\n") + len(reasoning) // text_width(width) + 1
    return HEADER_LINES + lines + (1 if ending_text(message) else 0)
