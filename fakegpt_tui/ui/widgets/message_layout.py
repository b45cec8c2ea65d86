"""One chat message as lines: who speaks, what was thought and said, and what went wrong."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple, Protocol

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from fakegpt_tui.domain import ChatMessage, Role
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.rendering.line import BLANK, Line
from fakegpt_tui.ui.rendering.palette import Palette
from fakegpt_tui.ui.widgets.cells import cut
from fakegpt_tui.ui.widgets.folding import Fold
from fakegpt_tui.ui.widgets.message_header import header, how_it_ended, is_trouble
from fakegpt_tui.ui.widgets.typed_text import wrapped

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
    def lines(self, width: int) -> Sequence[Line]: ...
    def restyle(self, palette: Palette) -> None: ...
    def fold(self, section: int) -> None: ...
    def unfold(self, everything: bool) -> None: ...


class Part(Enum):
    """What a line of a message belongs to."""

    HEAD = auto()
    GIST = auto()
    LABEL = auto()
    REASONING = auto()
    TEXT = auto()
    END = auto()


SAID = (Part.REASONING, Part.TEXT)
"""The parts that somebody wrote, and not this program."""


class Mark(NamedTuple):
    """A line, by the letters before it and the empty lines between them and it."""

    letters: int
    empty: int


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
    """A message laid out for one width at a time."""

    def __init__(
        self, message: ChatMessage, body: Body, look: Look, make_reasoning: Callable[[], Body]
    ) -> None:
        self.message = message
        self.fold = Fold.TEXT
        self.label = ""
        self.version = 0
        """Another number whenever the lines may have changed."""
        self._body = body
        self._make_reasoning = make_reasoning
        self._reasoning: Body | None = None
        self._look = look
        self._width = 0
        self._parts: list[tuple[Part, Sequence[Line]]] = []
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

    def restyle(self, palette: Palette, look: Look) -> None:
        self._body.restyle(palette)
        if self._reasoning is not None:
            self._reasoning.restyle(palette)
        self._look = look
        self._parts = []

    def height(self, width: int) -> int:
        """The number of lines at this width, which the other methods then speak of."""
        if width != self._width or not self._parts:
            self._width = width
            self._parts = self._laid_out()
            self.version += 1
        return sum(len(lines) for _, lines in self._parts)

    def line(self, number: int) -> Line:
        return self._at(number)[1]

    def part(self, number: int) -> Part:
        """What a line belongs to."""
        return self._at(number)[0]

    def strip(self, number: int) -> Strip:
        """The line with its bar, made anew each time."""
        part, line = self._at(number)
        if part is Part.REASONING:
            line = line.behind([Segment("┊ ", self._look.note)])
        # Textual finds out what the pointer is on by the segment below it, so there is always one.
        return (self._with_bar(line) if number else line).strip or _SPACE

    def mark(self, number: int) -> Mark:
        """What is at the top of a line, in a way that outlives a change of width."""
        if number < HEAD:
            return Mark(-1, number)
        letters = empty = 0
        for before in range(HEAD, number):
            more = _letters(self.line(before))
            letters, empty = letters + more, 0 if more else empty + 1
        return Mark(letters, empty)

    def line_at(self, mark: Mark) -> int:
        """The line on which a mark is now."""
        number, last = HEAD, self.height(self._width) - 1
        letters, empty = mark
        if letters < 0:
            return min(last, empty)
        while number < last and 0 < letters >= (more := _letters(self.line(number))):
            letters -= more
            number += 1
        return min(last, number + empty)

    def _laid_out(self) -> list[tuple[Part, Sequence[Line]]]:
        inner = text_width(self._width)
        head = (Part.HEAD, (BLANK, self._header(max(1, self._width - margin(self._width)))))
        if self.fold is Fold.NOTHING:
            return [head, (Part.GIST, (self._gist(inner),))]
        return [
            head,
            *self._reasoned(inner),
            (Part.TEXT, self._body.lines(inner)),
            (Part.END, wrapped(how_it_ended(self.message), inner, self._look.trouble)),
        ]

    def _reasoned(self, width: int) -> list[tuple[Part, Sequence[Line]]]:
        reasoning = self.message.reasoning
        if not reasoning:
            return []
        is_open = self.fold is Fold.EVERYTHING
        words = cut(f"{'▾' if is_open else '▸'} Reasoning · {len(reasoning):,} characters", width)
        style = self._look.note + Style.from_meta({"fold": REASONING})
        label = (Part.LABEL, (Line((Segment(words, style),)),))
        if not is_open:
            return [label]
        if self._reasoning is None:
            self._reasoning = self._make_reasoning()
        self._reasoning.update(reasoning, complete=self.message.status.is_final)
        return [label, (Part.REASONING, self._reasoning.lines(max(1, width - 2)))]

    def _gist(self, width: int) -> Line:
        words = cut(f"▸ {safe_line(self.message.text[:_GIST], _GIST) or '…'}", width)
        return Line((Segment(words, self._look.note + Style.from_meta({"fold": "message"})),))

    def _at(self, number: int) -> tuple[Part, Line]:
        for part, lines in self._parts:
            if number < len(lines):
                return part, lines[number]
            number -= len(lines)
        raise IndexError(number)

    def _with_bar(self, line: Line) -> Line:
        if not margin(self._width):
            return line
        sign = "▌ " if self.message.role is Role.USER else "│ "
        return line.behind([Segment(sign, self._look.of(self.message.role))])

    def _header(self, width: int) -> Line:
        message, look = self.message, self._look
        role, about, status = header(message, self.label, width)
        segments = [
            Segment(role, look.of(message.role) + Style(bold=True)),
            Segment(about, look.note),
            Segment(status, look.trouble if is_trouble(message) else look.note),
        ]
        return Line(tuple(segment for segment in segments if segment.text))


def _letters(line: Line) -> int:
    return len(line.plain) - line.plain.count(" ")


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
