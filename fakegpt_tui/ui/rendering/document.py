"""One chat message as Markdown that can grow."""

from collections.abc import Sequence

from fakegpt_tui.ui.rendering.constructs import DRAWS
from fakegpt_tui.ui.rendering.drawing import Drawing
from fakegpt_tui.ui.rendering.layout import Layout
from fakegpt_tui.ui.rendering.line import Line
from fakegpt_tui.ui.rendering.palette import Palette
from fakegpt_tui.ui.rendering.parsing import References, find_references
from fakegpt_tui.ui.rendering.pieces import Piece
from fakegpt_tui.ui.rendering.reading import read

_LEAST_WIDTH = 4


class Document:
    """A message's text, read and drawn once: what has settled is neither read nor drawn again.

    What is shown is a function of the text alone, however it came, except for the last block of
    a text that is not complete.
    """

    def __init__(self, palette: Palette, *, keep_breaks: bool = False) -> None:
        """Make an empty one.

        Args:
            palette: The styles to draw with.
            keep_breaks: Show the line breaks inside a paragraph as they were typed.
        """
        self._palette = palette
        self._keep_breaks = keep_breaks
        self._text = ""
        self._complete = False
        self._references: References = {}
        self._pieces: list[Piece] = []
        self._settled = 0
        self._layout: Layout | None = None

    def update(self, text: str, *, complete: bool) -> None:
        """Take `text` as what the message says now.

        If it begins with the text before, only what comes after the last settled block is read.
        Reference links find their targets once the message is complete.
        """
        if text == self._text and complete == self._complete:
            return
        keep = self._kept(text)
        references = find_references(text) if complete else {}
        if references or self._references:
            keep, self._layout = 0, None
        self._text, self._complete, self._references = text, complete, references
        self._read_from(keep)

    def lines(self, width: int) -> Sequence[Line]:
        """The lines at `width` cells (at least 4), good until the next change of the document."""
        width = max(width, _LEAST_WIDTH)
        if self._layout is None or self._layout.drawing.width != width:
            self._layout = Layout(
                Drawing(self._palette, width, DRAWS, self._references, self._keep_breaks)
            )
        self._layout.extend(self._pieces)
        return self._layout

    def height(self, width: int) -> int:
        """How many lines there are at `width` cells."""
        return len(self.lines(width))

    def restyle(self, palette: Palette) -> None:
        """Draw with other styles from now on."""
        if palette != self._palette:
            self._palette = palette
            self._layout = None

    def _kept(self, text: str) -> int:
        """How many pieces stay as they are when the text becomes `text`."""
        if text.startswith(self._text):
            return self._settled
        low, high = 0, self._settled
        while low < high:
            middle = (low + high + 1) // 2
            if text.startswith(self._text[: self._pieces[middle].start]):
                low = middle
            else:
                high = middle - 1
        # The last piece in common was ended by what came after it, and that has changed.
        return max(0, low - 1)

    def _read_from(self, keep: int) -> None:
        while True:
            first = self._pieces[keep] if keep < len(self._pieces) else None
            start, resume = (first.start, first.resume) if first else (0, None)
            reading = read(
                self._text, start, resume, self._references, keep_breaks=self._keep_breaks
            )
            if not reading.broken:
                break
            while self._pieces[keep].joins:
                keep -= 1
        same = keep
        for old, new in zip(self._pieces[keep:], reading.pieces, strict=False):
            if old != new:
                break
            same += 1
        self._pieces[keep:] = reading.pieces
        self._settled = keep + reading.settled
        if self._layout is not None:
            self._layout.keep(same)


def estimate_height(text: str, width: int) -> int:
    """About how many lines `text` will take, from the lengths of its lines alone."""
    width = max(width, _LEAST_WIDTH)
    return sum(1 + len(line) // width for line in text.split("\n"))
