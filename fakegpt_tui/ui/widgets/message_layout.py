"""One chat message as lines: who speaks, what was thought and said, and what went wrong."""

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
from fakegpt_tui.ui.widgets.cells import cut
from fakegpt_tui.ui.widgets.folding import Fold
from fakegpt_tui.ui.widgets.line_names import Mark, Part, line_at, part_and_spot
from fakegpt_tui.ui.widgets.message_header import header, how_it_ended, is_trouble

HEAD = 2
"""The lines above everything else: an empty one, and who speaks."""
_NARROW = 20
"""Below this many columns there is no bar, and no margin."""
_PLAIN = Style.null()
_SPACE = Strip([Segment(" ")], 1)
_GIST = 400
"""Characters of a folded message that may be of use for its line."""
REASONING = "reasoning"
"""What a click on the line above a reply's reasoning finds as its meta `fold`."""


class Body(Protocol):
    """The text of one message, however it is drawn. Lines that did not change stay the same."""

    def update(self, text: str, *, complete: bool) -> None: ...
    def layout(self, width: int) -> LineSource: ...
    def restyle(self, palette: Palette) -> None: ...
    def remeasure(self) -> None: ...
    def fold(self, section: int) -> None: ...
    def unfold(self, everything: bool) -> None: ...
    def wrap_code(self, wrap: bool, *, offset: int = 0) -> None: ...


@dataclass(frozen=True, slots=True)
class Look:
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
        self, message: ChatMessage, body: Body, look: Look, make_reasoning: Callable[[], Body]
    ) -> None:
        self.message = message
        self.fold = Fold.TEXT
        self.label = ""
        self._body = body
        self._make_reasoning = make_reasoning
        self._reasoning: Body | None = None
        self._look = look
        self._width = 0
        self._parts: list[tuple[Part, LineSource]] = []
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
        self._parts = []

    def turn_section(self, section: int) -> None:
        """Fold or open a section of the text, named by the `fold` of its label's style meta."""
        self._body.fold(section)
        self._parts = []

    def wrap_code(self, wrap: bool, offset: int) -> None:
        """Say what happens to code that is too wide; see `Document.wrap_code`."""
        self._body.wrap_code(wrap, offset=offset)
        if self._reasoning is not None:
            self._reasoning.wrap_code(wrap, offset=offset)
        self._parts = []

    def restyle(self, palette: Palette, look: Look) -> None:
        self._body.restyle(palette)
        if self._reasoning is not None:
            self._reasoning.restyle(palette)
        self._look = look
        self._parts = []

    def remeasure(self) -> None:
        """Break all lines anew, as characters have become wider, or narrower."""
        self._body.remeasure()
        if self._reasoning is not None:
            self._reasoning.remeasure()
        self._parts = []

    def lay_out(self, width: int) -> None:
        """Be as wide as this, for all the other methods."""
        if width != self._width or not self._parts:
            self._width = width
            self._parts = self._laid_out()
            self._shown = {}

    @property
    def height(self) -> int:
        """The number of lines, those estimated that were not drawn."""
        return sum(len(lines) for _, lines in self._parts)

    @property
    def last(self) -> int:
        """The last line."""
        return self.at(self.height - 1)

    def at(self, number: int) -> int:
        """The line that has about so many above it."""
        for part, lines in self._parts:
            if number < len(lines):
                return line_at(part, lines.line_id(max(0, number)))
            number -= len(lines)
        return self.last

    def number(self, line: int) -> int:
        """How many lines are above it, some of them estimated."""
        index, number = self._located(line)
        return sum(len(lines) for _, lines in self._parts[:index]) + number

    def line(self, line: int) -> Line:
        """What a line shows."""
        shown = self._shown.get(line)
        if shown is None:
            index, number = self._located(line)
            shown = self._parts[index][1][number]
        return shown

    def strip(self, line: int) -> Strip:
        """The line with its bar, made anew each time."""
        drawn = self.line(line)
        if part_and_spot(line)[0] is Part.REASONING:
            drawn = drawn.with_prefix([Segment("┊ ", self._look.note)])
        # Textual finds out what the pointer is on by the segment below it, so there is always one.
        return (self._with_bar(drawn) if line else drawn).strip or _SPACE

    def moved(self, line: int, count: int) -> tuple[int, int]:
        """The line exactly `count` lines further down, or up, and how many it takes beyond."""
        index, number = self._located(line)
        while True:
            part, lines = self._parts[index]
            if len(lines):
                number = lines.reveal(number, count + (1 if count >= 0 else -1))
            number += count
            if 0 <= number < len(lines):
                return line_at(part, lines.line_id(number)), 0
            beyond = number - len(lines) if number >= 0 else number + 1
            if number >= 0 and index + 1 < len(self._parts):
                index, number, count = index + 1, 0, beyond
            elif number < 0 and index > 0:
                index, count = index - 1, beyond
                number = len(self._parts[index][1]) - 1
            else:
                return (self.last, beyond + 1) if number >= 0 else (0, beyond - 1)

    def below(self, line: int, count: int) -> list[int]:
        """The lines from one on, at most so many."""
        below: list[int] = []
        index, number = self._located(line)
        for part, lines in self._parts[index:]:
            wanted = count - len(below)
            if wanted and len(lines):
                number = lines.reveal(number, wanted)
                for shown in range(number, min(number + wanted, len(lines))):
                    below.append(line_at(part, lines.line_id(shown)))
                    self._shown[below[-1]] = lines[shown]
            number = 0
        return below

    def measure_below(self, line: int, *, most: int) -> None:
        """Put right the heights of a line and of all below it, if that is not too much."""
        index, number = self._located(line)
        for _, lines in self._parts[index:]:
            lines.measure(number, most=most)
            number = 0

    def stretch(self, part: Part, offset: int) -> LineSpan | None:
        """What is drawn of a part's text around an offset; `None` if it is not shown."""
        lines = dict(self._parts).get(part)
        return lines.span_at(offset) if lines is not None else None

    def mark(self, line: int) -> Mark:
        """What a line shows, in a way that outlives a change of width."""
        index, number = self._located(line)
        part, lines = self._parts[index]
        return Mark(part, lines.anchor_at(number))

    def line_of(self, mark: Mark) -> int:
        """The line on which a mark is now."""
        for part, lines in self._parts:
            if part is mark.part and len(lines):
                return line_at(part, lines.line_id(lines.find_anchor(mark.anchor)))
        return self.at(self.number(line_at(mark.part, LineId(0, 0))))

    def _located(self, line: int) -> tuple[int, int]:
        """The part that has a line, as an index, and its number in there."""
        wanted, spot = part_and_spot(line)
        at = max(index for index, (part, _) in enumerate(self._parts) if part <= wanted)
        part, lines = self._parts[at]
        if part is wanted:
            return at, lines.line_number(spot)
        return at, max(0, len(lines) - 1)

    def _laid_out(self) -> list[tuple[Part, LineSource]]:
        inner = text_width(self._width)
        header = self._header(max(1, self._width - margin(self._width)))
        head = (Part.HEAD, LineList((BLANK, header)))
        if self.fold is Fold.NOTHING:
            return [head, (Part.GIST, LineList((self._gist(inner),)))]
        end = wrap_plain_text(how_it_ended(self.message), inner, self._look.trouble)
        return [
            head,
            *self._reasoned(inner),
            (Part.TEXT, self._body.layout(inner)),
            (Part.END, LineList(end)),
        ]

    def _reasoned(self, width: int) -> list[tuple[Part, LineSource]]:
        reasoning = self.message.reasoning
        if not reasoning:
            return []
        is_open = self.fold is Fold.EVERYTHING
        words = cut(f"{'▾' if is_open else '▸'} Reasoning · {len(reasoning):,} characters", width)
        style = self._look.note + Style.from_meta({"fold": REASONING})
        label = (Part.LABEL, LineList((Line((Segment(words, style),)),)))
        if not is_open:
            return [label]
        if self._reasoning is None:
            self._reasoning = self._make_reasoning()
        self._reasoning.update(reasoning, complete=self.message.status.is_final)
        return [label, (Part.REASONING, self._reasoning.layout(max(1, width - 2)))]

    def _gist(self, width: int) -> Line:
        words = cut(f"▸ {safe_line(self.message.text[:_GIST], _GIST) or '…'}", width)
        return Line((Segment(words, self._look.note + Style.from_meta({"fold": "message"})),))

    def _with_bar(self, line: Line) -> Line:
        if not margin(self._width):
            return line
        sign = "▌ " if self.message.role is Role.USER else "│ "
        return line.with_prefix([Segment(sign, self._look.of(self.message.role))])

    def _header(self, width: int) -> Line:
        message, look = self.message, self._look
        role, about, status = header(message, self.label, width)
        segments = [
            Segment(role, look.of(message.role) + Style(bold=True)),
            Segment(about, look.note),
            Segment(status, look.trouble if is_trouble(message) else look.note),
        ]
        return Line(tuple(segment for segment in segments if segment.text))


def margin(width: int) -> int:
    """The columns that the bar takes."""
    return 0 if width < _NARROW else 2


def text_width(width: int) -> int:
    """The columns that are left for text."""
    return max(1, width if width < _NARROW else width - 3)


def estimated_height(message: ChatMessage, width: int, fold: Fold = Fold.TEXT) -> int:
    """About how many lines a message will take, from its length and its line breaks alone.

    Cheap rather than exact: it is asked of every message of a conversation that is opened. One
    line in eight of Markdown is not shown as such, or ends half way.
    """
    if fold is Fold.NOTHING:
        return HEAD + 1
    text = message.text
    lines = (text.count("\n") + len(text) // text_width(width) + 1) * 7 // 8
    if reasoning := message.reasoning:
        lines += 1
        if fold is Fold.EVERYTHING:
            lines += reasoning.count("\n") + len(reasoning) // text_width(width) + 1
    return HEAD + lines + (1 if how_it_ended(message) else 0)
