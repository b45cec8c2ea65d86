"""How lines of a message are named, whatever is drawn of it and however high the rest will be."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from fakegpt_tui.ui.rendering.line import Line


class TextAnchor(NamedTuple):
    """A line, by what it shows: it is found again at any width, in any style, however folded.

    `source` is an offset of the message's text, `letters` how many stand on the lines before that
    show the same source, `above` how many lines above that one it is.
    """

    source: int
    letters_before: int = 0
    above: int = 0


class LineId(NamedTuple):
    """A line, by the offset at which what is drawn with it begins, and its line of that.

    Spots are in the order of their lines, and stay what they are while heights are put right.
    At another width they are other lines.
    """

    fragment_start: int
    line: int


class LineSpan(NamedTuple):
    """Lines that are drawn together: those of the text from `start` to `end`.

    `goes_on` says that the last of them is the first one of the stretch below, and not in here;
    `joins` that the first of them is the last one of the stretch above.
    """

    start: int
    end: int
    lines: Sequence[Line]
    continues: bool = False
    joins: bool = False


class LineSource(Protocol):
    """Lines at one width. Those that were not looked at may be others than their number says."""

    def __len__(self) -> int: ...
    def __getitem__(self, at: int, /) -> Line: ...
    def reveal(self, number: int, count: int) -> int: ...
    def measure(self, number: int = 0, *, most: int | None = None) -> None: ...
    def line_id(self, number: int) -> LineId: ...
    def line_number(self, spot: LineId) -> int: ...
    def anchor_at(self, number: int) -> TextAnchor: ...
    def find_anchor(self, anchor: TextAnchor) -> int: ...
    def span_at(self, offset: int) -> LineSpan: ...


def find_line(lines: Sequence[Line], source: int, letters: int) -> int:
    """The line on which so many letters of a source have gone before."""
    line = 0
    while line < len(lines) - 1 and _ends_before(lines[line], source):
        line += 1
    while line < len(lines) - 1 and 0 < letters >= (more := lines[line].letter_count):
        letters -= more
        line += 1
    return line


def count_letters(lines: Iterable[Line]) -> int:
    """How many letters there are on all of the lines."""
    return sum(line.letter_count for line in lines)


def _ends_before(line: Line, source: int) -> bool:
    return line.source is None or line.source[1] <= source
