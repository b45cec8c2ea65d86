"""One drawn line of a chat message."""

from collections.abc import Sequence
from dataclasses import dataclass

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
