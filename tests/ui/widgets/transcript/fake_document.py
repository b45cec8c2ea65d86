"""A document that draws each line of text as one line, or as many as it takes, and counts."""

from collections.abc import Iterable, Iterator, Sequence

from rich.segment import Segment
from rich.style import Style

from fakegpt_tui.ui.markdown.lines import Line, LineList, PlacedLines
from fakegpt_tui.ui.markdown.palette import Palette


class FakeDocument:
    """A line that begins with "link " is a link to the rest of it; "```" has a copy mark."""

    def __init__(self, palette: Palette) -> None:
        self.palette = palette
        self.text = ""
        self.laid_out = 0
        self._width = 0
        self._lines: list[Line] = []

    def update(self, text: str, *, complete: bool) -> None:
        del complete
        if text != self.text:
            self.text, self._width = text, 0

    def layout(self, width: int) -> LineList:
        return LineList(self._drawn(width))

    def _drawn(self, width: int) -> Sequence[Line]:
        if width != self._width:
            self.laid_out += 1
            before = self._lines if self._width in (0, width) else []
            self._width = width
            made: list[Line] = []
            for start, end in self._pieces(width):
                line = self._line(start, end)
                kept = before[len(made) : len(made) + 1]
                made.append(kept[0] if kept == [line] else line)
            self._lines = made
        return self._lines

    def restyle(self, palette: Palette) -> None:
        self.palette = palette
        self._width = -1

    def remeasure(self) -> None:
        self._width = -1

    def _pieces(self, width: int) -> Iterator[tuple[int, int]]:
        end = 0
        for written in self.text.splitlines(keepends=True):
            begin, end = end, end + len(written)
            for start in range(begin, max(begin + 1, end - written.count("\n")), width):
                yield start, min(start + width, end)

    def _line(self, start: int, end: int) -> Line:
        piece = self.text[start:end].rstrip("\n")
        style = Style(meta={"href": piece[5:]}) if piece.startswith("link ") else None
        if piece.startswith("```"):
            style = Style(meta={"copy": (start, end)})
        return Line((Segment(piece, style),) if piece else (), (start, end))

    def place(self, placed: Sequence[PlacedLines]) -> None:
        """It draws nothing between its lines."""

    def fold(self, toggled: Iterable[int] = (), *, unfold_all: bool = False) -> None:
        """It has no sections."""

    def wrap_code(self, wrap: bool, *, offset: int = 0) -> None:
        """It has no code."""


class FakeDocuments:
    """Makes documents, and knows how many were needed."""

    def __init__(self) -> None:
        self.made: list[FakeDocument] = []

    def __call__(self, palette: Palette) -> FakeDocument:
        self.made.append(FakeDocument(palette))
        return self.made[-1]

    @property
    def laid_out(self) -> int:
        return sum(document.laid_out for document in self.made)
