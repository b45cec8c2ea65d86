"""Drawn lines of a message: what one shows, and how it is found again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from rich.segment import Segment
from textual.strip import Strip

BETWEEN_CELLS = " │ "
"""What parts the cells of a table; nothing else is a segment of its own that says this."""
_SIGNS = {"copy", "sideways"}


@dataclass(frozen=True, slots=True)
class Line:
    """What one row of the screen shows, and which part of the message it shows.

    `segments` hold no control character. A link's segments carry the style meta
    `{"href": target}`, where the target is an http, https or mailto address as it was written.

    `source` is a range of the message's text: one line of a code block, otherwise the whole
    paragraph, heading, cell row or rule that the line is part of; `None` for lines that only
    separate. Copying a selection "as it was written" is taking the text from the smallest start
    to the largest end of its lines.
    """

    segments: tuple[Segment, ...]
    source: tuple[int, int] | None = None

    @property
    def strip(self) -> Strip:
        """The cells to show, no wider than what they say.

        Made anew each time: a strip's caches take more memory than everything else here, and only
        a screenful of lines is looked at.
        """
        return Strip(self.segments)

    @property
    def plain(self) -> str:
        """The characters as shown, without style."""
        return "".join(segment.text for segment in self.segments)

    @property
    def without_controls(self) -> str:
        """The characters as shown, with blanks for the signs of this program's own to click on."""
        return "".join(map(_said, self.segments))

    @property
    def table_cells(self) -> list[tuple[int, str]]:
        """What is said in each cell of a row of a table, and which character it begins with."""
        cells = [(0, "")]
        for segment in self.segments:
            start, text = cells[-1]
            if segment.text == BETWEEN_CELLS:
                cells.append((start + len(text) + len(BETWEEN_CELLS), ""))
            else:
                cells[-1] = (start, text + _said(segment))
        return cells

    @property
    def letter_count(self) -> int:
        """How many of the characters shown are no spaces."""
        return sum(len(segment.text) - segment.text.count(" ") for segment in self.segments)

    def with_prefix(self, prefix: Sequence[Segment]) -> "Line":
        """This line with something to its left: a bullet, a bar, an indentation."""
        return Line((*prefix, *self.segments), self.source)


def _said(segment: Segment) -> str:
    text, style, _ = segment
    return " " * len(text) if style is not None and _SIGNS & style.meta.keys() else text


BLANK = Line(())
"""The line between two blocks."""


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


_EVERYTHING = 1 << 40
"""More characters than any text has."""


class LineList:
    """A few lines, each of them certain."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, at: int, /) -> Line:
        return self._lines[at]

    def reveal(self, number: int, count: int) -> int:  # noqa: ARG002 - the shape of a layout
        return number

    def measure(self, number: int = 0, *, most: int | None = None) -> None:
        """Nothing to do: everything is as high as it says."""

    def line_id(self, number: int) -> LineId:
        return LineId(0, number)

    def line_number(self, spot: LineId) -> int:
        return min(spot.line, len(self._lines))

    def anchor_at(self, number: int) -> TextAnchor:
        shown = number
        while shown < len(self._lines) and self._lines[shown].source is None:
            shown += 1
        source = self._lines[shown].source if shown < len(self._lines) else None
        if source is None:
            return TextAnchor(-1, 0, -number)
        same = (line for line in self._lines[:shown] if line.source == source)
        return TextAnchor(source[0], count_letters(same), shown - number)

    def find_anchor(self, anchor: TextAnchor) -> int:
        line = find_line(self._lines, *anchor[:2]) if anchor.source >= 0 else 0
        return max(0, min(line - anchor.above, len(self._lines) - 1))

    def span_at(self, offset: int) -> LineSpan:  # noqa: ARG002 - the shape of a layout
        return LineSpan(0, _EVERYTHING, self._lines)
