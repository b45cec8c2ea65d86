"""The parts of a message at one width: their heights, and what is drawn of them."""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Mapping
from itertools import accumulate

from fakegpt_tui.ui.rendering.chapters import ChaptersOfText
from fakegpt_tui.ui.rendering.drawing import Drawing
from fakegpt_tui.ui.rendering.drawn import DrawnPieces
from fakegpt_tui.ui.rendering.heights import estimate_height
from fakegpt_tui.ui.rendering.line import Line
from fakegpt_tui.ui.rendering.part import Part, Slot
from fakegpt_tui.ui.rendering.pieces import Piece
from fakegpt_tui.ui.rendering.sections import sections_of

_KEPT_CHAPTERS = 8


class Parts:
    """A part for each chapter, of which those are open that were looked at last.

    Heights of what was never drawn are estimated, and put right when it is.
    """

    def __init__(self, drawing: Drawing, chapters: ChaptersOfText) -> None:
        self._chapters = chapters
        self._drawn = DrawnPieces(drawing)
        self.all: list[Part] = []
        self._sums: list[int] = []
        self._open: OrderedDict[Part, None] = OrderedDict()
        self.follow()

    @property
    def drawing(self) -> Drawing:
        """What the lines are drawn with."""
        return self._drawn.drawing

    def follow(self) -> None:
        """Take over what has changed in the chapters."""
        known = {part.chapter: part for part in self.all}
        pool: dict[int, Slot] = {}
        for part in self.all:
            if not part.is_current:
                pool.update((slot.piece.start, slot) for slot in part.slots)
        self.all = [known.get(chapter) or Part(chapter) for chapter in self._chapters.all]
        for index, part in enumerate(self.all):
            if not part.is_current:
                self._fill(index, part, pool)
        self._sums = []

    def restyle(self, drawing: Drawing) -> None:
        """Draw in other styles, in which everything is as high as it was."""
        self._drawn.restyle(drawing)
        for part in self._open:
            for slot in part.slots:
                slot.tail = None

    def refold(self, drawing: Drawing) -> None:
        """Draw with other sections unfolded."""
        self.restyle(drawing)
        for index, part in enumerate(self.all):
            if part.folds or part.chapter.section is not None:
                self._fill(index, part, {})
        self._sums = []

    def opened(self, index: int) -> Part:
        """A part with its pieces; the first of them, if the chapter falls into several."""
        part = self.all[index]
        if part.is_closed:
            was_exact = part.exact
            self._chapters.read(index)
            self.follow()
            part = self.all[index]
            if was_exact:
                self.measure(part)
        self._open[part] = None
        self._open.move_to_end(part)
        while len(self._open) > _KEPT_CHAPTERS:
            self._close(next(iter(self._open)))
        return part

    def opened_above(self, below: Part) -> Part:
        """The part above another one, with its pieces."""
        part = self.opened(self.all.index(below) - 1)
        while self.all[self.all.index(below) - 1] is not part:
            part = self.opened(self.all.index(below) - 1)
        return part

    def measured(self, part: Part, at: int) -> int:
        """How many lines a piece adds to those above it, counted rather than guessed."""
        slot = part.slots[at]
        if slot.missing:
            self.lines(part, at)
        return slot.added

    def lines(self, part: Part, at: int, *, settle: bool = True) -> tuple[Line, ...]:
        """What a piece shows. With `settle`, what that tells of heights is taken over at once."""
        known = self._drawn.corrections
        lines = self._drawn.lines(part, at, is_first=part is self.all[0])
        if settle and self._drawn.corrections != known:
            part.measure()
            self._sums = []
        return lines

    def carried(self, part: Part, at: int) -> int:
        """How many letters on the first line of a piece are of the piece before."""
        return self._drawn.carried(part, at, is_first=part is self.all[0])

    def measure(self, part: Part) -> None:
        """Draw all of a part, so that its height is exact."""
        for at, slot in enumerate(part.slots):
            if slot.missing:
                self.lines(part, at, settle=False)
        part.measure()
        self._sums = []

    def piece_at(self, offset: int) -> tuple[Part, int]:
        """The piece in which the text at an offset stands."""
        part = self.opened(self._chapters.at(offset))
        while self._chapters.all[self._chapters.at(offset)] is not part.chapter:
            part = self.opened(self._chapters.at(offset))
        return part, part.find(offset)

    def number(self, part: Part, at: int) -> int:
        """How many lines there are above a piece."""
        return self.tops()[self.all.index(part)] + part.starts[at]

    def tops(self) -> list[int]:
        """The lines above each part, and of all; another list once a height was put right."""
        if not self._sums:
            self._sums = list(accumulate((part.height for part in self.all), initial=0))
        return self._sums

    def part_at(self, number: int) -> int:
        """Which part a line is in."""
        return min(bisect_right(self.tops(), number), len(self.all)) - 1

    def _close(self, part: Part) -> None:
        del self._open[part]
        if part.chapter is self._chapters.all[-1] or part.pieces is None:
            return
        self._drawn.forget(part.slots)
        part.close()

    def _fill(self, index: int, part: Part, pool: Mapping[int, Slot]) -> None:
        text = self._chapters.text[part.chapter.start : self._chapters.end(index)]
        pieces = part.chapter.pieces
        if pieces is None:
            part.guess(estimate_height(text, self.drawing.width))
            return
        slots = part.reused(pieces, pool)
        ends = [*(piece.start for piece in pieces), self._chapters.end(index)][1:]
        insides = sections_of(pieces, part.chapter.section)
        for slot, end, section in zip(slots, ends, insides, strict=False):
            if section is not None and self.drawing.is_folded(section):
                slot.height, slot.missing, slot.lines = 0, False, ()
            elif slot.missing:
                slot.height = self._guess(slot.piece, end)
        part.fill(slots)
        self._open[part] = None

    def _guess(self, piece: Piece, end: int) -> int:
        text = self._chapters.text[piece.start : end].strip("\n")
        return estimate_height(text, self.drawing.width) + piece.spaced
