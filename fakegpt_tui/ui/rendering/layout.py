"""The lines of a message at one width, found by number without laying them end to end."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import overload

from fakegpt_tui.ui.rendering.drawing import Drawing
from fakegpt_tui.ui.rendering.line import BLANK, Line
from fakegpt_tui.ui.rendering.paragraphs import resume_paragraph
from fakegpt_tui.ui.rendering.pieces import Piece


class Layout(Sequence[Line]):
    """All lines of a message. It shows what the document holds now, not what it held before."""

    def __init__(self, drawing: Drawing) -> None:
        self._drawing = drawing
        self._drawn: list[tuple[Line, ...]] = []
        self._starts: list[int] = []
        self._length = 0

    @property
    def drawing(self) -> Drawing:
        """What the lines are drawn with."""
        return self._drawing

    def keep(self, count: int) -> None:
        """Forget all but the first `count` pieces."""
        del self._drawn[count:], self._starts[count:]
        self._measure()

    def extend(self, pieces: Sequence[Piece]) -> None:
        """Draw what is in `pieces` beyond those that are drawn."""
        for index in range(len(self._drawn), len(pieces)):
            piece = pieces[index]
            joins = piece.joins and index > 0
            lines = self._joined(piece) if joins else self._alone(piece, index)
            self._starts.append(self._length - joins)
            self._drawn.append(tuple(lines))
            self._measure()

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, at: int) -> Line: ...
    @overload
    def __getitem__(self, at: slice) -> list[Line]: ...
    def __getitem__(self, at: int | slice) -> Line | list[Line]:
        if isinstance(at, slice):
            return [self._line(number) for number in range(*at.indices(self._length))]
        number = at + self._length if at < 0 else at
        if not 0 <= number < self._length:
            raise IndexError(at)
        return self._line(number)

    def __iter__(self) -> Iterator[Line]:
        return map(self._line, range(self._length))

    def _line(self, number: int) -> Line:
        # The last piece that starts there: a paragraph's piece begins on the line it goes on from.
        piece = bisect_right(self._starts, number) - 1
        while not self._drawn[piece]:
            piece -= 1
        return self._drawn[piece][number - self._starts[piece]]

    def _measure(self) -> None:
        self._length = self._starts[-1] + len(self._drawn[-1]) if self._drawn else 0

    def _joined(self, piece: Piece) -> list[Line]:
        last = self._line(self._length - 1)
        return resume_paragraph(piece.node, last, self._drawing.width, self._drawing)

    def _alone(self, piece: Piece, index: int) -> list[Line]:
        lines = self._drawing.block(piece.node, self._drawing.width)
        return [BLANK, *lines] if index and piece.spaced else lines
