"""Drawn lines of a message: text with styles, line ids, anchors, and a fixed list of lines."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple, Protocol

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

from fakegpt_tui.fast_import import dataclass

BETWEEN_CELLS = " │ "
QUOTE_BAR, THOUGHT_BAR = "▌ ", "┊ "
WRAPPED = "↳"
"""What stands before code that goes on from the row above."""
RULE, ROW_RULE, CROSSING = "─", "╌", "┼"
LINE_PREFIXES = "".join(sorted({*BETWEEN_CELLS, *QUOTE_BAR, *THOUGHT_BAR}))
"""What lines on the screen begin with, and messages do not; searching and copying leave it out."""
"""The border between the cells of a table; no other segment has this text."""
_CONTROLS = {"copy", "sideways"}


class PictureRow(NamedTuple):
    """One row of the cells of a picture, the bytes of which have that digest."""

    digest: str
    columns: int
    rows: int
    row: int


@dataclass(frozen=True, slots=True)
class Line:
    """What one row of the screen shows, and which part of the message it shows.

    `segments` hold no control character. A link's segments carry the style meta
    `{"href": target}`, where the target is an http, https or mailto address as it was written.

    `source` is a range of the message's text: one line of a code block, otherwise the whole
    paragraph, heading, cell row or rule that the line is part of; `None` for lines that only
    separate. Copying a selection "as it was written" is taking the text from the smallest start
    to the largest end of its lines.

    `gap` says what was written between the row above and this one, if the text went on there:
    spaces, or nothing inside of a word. It is `None` where a line was written. The first `margin`
    characters are no text: a bullet, a bar, an indentation.

    A row of a picture is blank here, so that nothing of it is found or copied. A row of a drawing
    stands for all of its source, however much of it is selected.
    """

    segments: tuple[Segment, ...]
    source: tuple[int, int] | None = None
    gap: str | None = None
    margin: int = 0
    picture: PictureRow | None = None
    is_drawing: bool = False

    @property
    def strip(self) -> Strip:
        """The cells to show, no wider than what they say.

        Not cached: a strip's own caches take more memory than everything else here, and only a
        screenful of lines is looked at.
        """
        return Strip(self.segments)

    @property
    def plain(self) -> str:
        """The characters as shown, without style."""
        return "".join(segment.text for segment in self.segments)

    @property
    def without_controls(self) -> str:
        """The characters as shown, with blanks in place of clickable controls such as `copy`."""
        return "".join(map(_shown_text, self.segments))

    @property
    def table_cells(self) -> list[tuple[int, str]]:
        """The text of each cell of a table row, and the column of its first character."""
        cells = [(0, "")]
        for segment in self.segments:
            start, text = cells[-1]
            if segment.text == BETWEEN_CELLS:
                cells.append((start + len(text) + len(BETWEEN_CELLS), ""))
            else:
                cells[-1] = (start, text + _shown_text(segment))
        return cells

    @property
    def letter_count(self) -> int:
        """How many of the characters shown are not spaces."""
        return sum(len(segment.text) - segment.text.count(" ") for segment in self.segments)

    def with_prefix(self, prefix: Sequence[Segment]) -> "Line":
        """This line with something to its left: a bullet, a bar, an indentation."""
        margin = self.margin + sum(len(segment.text) for segment in prefix)
        segments = (*prefix, *self.segments)
        return Line(segments, self.source, self.gap, margin, self.picture, self.is_drawing)


def _shown_text(segment: Segment) -> str:
    text, style, _ = segment
    return " " * len(text) if style is not None and _CONTROLS & style.meta.keys() else text


def cell_width(segments: Iterable[Segment]) -> int:
    """The cells that `segments` take side by side."""
    return sum(cell_len(segment.text) for segment in segments)


BLANK = Line(())
"""The line between two blocks."""


class PlacedLines(NamedTuple):
    """Lines that are no text, such as a picture's, below the first `offset` characters of one."""

    offset: int
    lines: tuple[Line, ...]


def lines_between(placed: Sequence[PlacedLines], above: int, below: int) -> tuple[Line, ...]:
    """The lines that stand behind the character at `above`, and not behind the one at `below`."""
    found = (each.lines for each in placed if above < each.offset <= below)
    return tuple(chain.from_iterable(found))


class TextAnchor(NamedTuple):
    """A line, by the text it shows: valid at any width, in any style, however folded.

    `source` is an offset in the message's text, `letters_before` the letters on earlier lines with
    the same source, `above` by how many lines the anchored line is above that one.
    """

    source: int
    letters_before: int = 0
    above: int = 0


class LineId(NamedTuple):
    """A line, by where its fragment starts in the text, and its number in the fragment.

    Ids sort as their lines do, and stay valid while heights are corrected. They hold for one width.
    """

    fragment_start: int
    line: int


class LineSpan(NamedTuple):
    """The lines of the text from `start` to `end`, which are drawn together.

    If it `continues`, its last line is the first one of the span below, and left out here. If it
    `joins`, its first line is the last one of the span above.
    """

    start: int
    end: int
    lines: Sequence[Line]
    continues: bool = False
    joins: bool = False


class LineSource(Protocol):
    """The lines of a message at one width, of which those never looked at may be estimates."""

    def __len__(self) -> int: ...
    def __getitem__(self, at: int, /) -> Line: ...
    def reveal(self, number: int, count: int) -> int: ...
    def measure(self, number: int = 0, *, most: int | None = None) -> None: ...
    def line_id(self, number: int) -> LineId: ...
    def line_number(self, line_id: LineId) -> int: ...
    def anchor_at(self, number: int) -> TextAnchor: ...
    def find_anchor(self, anchor: TextAnchor) -> int: ...
    def span_at(self, offset: int) -> LineSpan: ...


def find_line(lines: Sequence[Line], source: int, letters: int) -> int:
    """The number of the line before which there are so many letters of a source."""
    line = 0
    while line < len(lines) - 1 and _ends_before(lines[line], source):
        line += 1
    while line < len(lines) - 1 and 0 < letters >= (more := lines[line].letter_count):
        letters -= more
        line += 1
    return line


def count_letters(lines: Iterable[Line]) -> int:
    """The number of letters on all of the lines."""
    return sum(line.letter_count for line in lines)


def _ends_before(line: Line, source: int) -> bool:
    return line.source is None or line.source[1] <= source


_EVERYTHING = 1 << 40
"""More characters than any text has."""


class LineList:
    """A fixed list of lines, as a `LineSource`."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, at: int, /) -> Line:
        return self._lines[at]

    def reveal(self, number: int, count: int) -> int:  # noqa: ARG002 - the shape of a layout
        return number

    def measure(self, number: int = 0, *, most: int | None = None) -> None:
        """Do nothing: all heights are exact."""

    def line_id(self, number: int) -> LineId:
        return LineId(0, number)

    def line_number(self, line_id: LineId) -> int:
        return min(line_id.line, len(self._lines))

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
