"""Layout of a chunked text at one width: heights, estimated or exact, and open chunks."""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Mapping
from itertools import accumulate

from fakegpt_tui.ui.markdown.chunk_layout import ChunkLayout, FragmentCache, FragmentSlot
from fakegpt_tui.ui.markdown.chunks import ChunkSource
from fakegpt_tui.ui.markdown.fragments import BlockFragment
from fakegpt_tui.ui.markdown.lines import Line
from fakegpt_tui.ui.markdown.render_context import RenderContext
from fakegpt_tui.ui.markdown.sections import sections_of

LEAST_WIDTH = 4
"""Cells that are always drawn in, however few there are."""


def estimate_height(text: str, width: int) -> int:
    """About how many lines `text` will take, from the lengths of its lines alone."""
    width = max(width, LEAST_WIDTH)
    return sum(1 + len(line) // width for line in text.split("\n"))


_KEPT_CHAPTERS = 8


class VirtualLayout:
    """A part for each chapter, of which those are open that were looked at last.

    Heights of what was never drawn are estimated, and put right when it is.
    """

    def __init__(self, drawing: RenderContext, chapters: ChunkSource) -> None:
        self._chapters = chapters
        self._drawn = FragmentCache(drawing)
        self.chunk_layouts: list[ChunkLayout] = []
        self._sums: list[int] = []
        self._open: OrderedDict[ChunkLayout, None] = OrderedDict()
        self.sync()

    @property
    def drawing(self) -> RenderContext:
        """What the lines are drawn with."""
        return self._drawn.drawing

    def sync(self) -> None:
        """Take over what has changed in the chapters."""
        known = {part.chapter: part for part in self.chunk_layouts}
        pool: dict[int, FragmentSlot] = {}
        for part in self.chunk_layouts:
            if not part.is_current:
                pool.update((slot.fragment.start, slot) for slot in part.slots)
        self.chunk_layouts = [
            known.get(chapter) or ChunkLayout(chapter) for chapter in self._chapters.chunks
        ]
        for index, part in enumerate(self.chunk_layouts):
            if not part.is_current:
                self._fill(index, part, pool)
        self._sums = []

    def restyle(self, drawing: RenderContext) -> None:
        """Draw in other styles, in which everything is as high as it was."""
        self._drawn.restyle(drawing)
        for part in self._open:
            for slot in part.slots:
                slot.tail = None

    def refold(self, drawing: RenderContext) -> None:
        """Draw with other sections unfolded."""
        self.restyle(drawing)
        for index, part in enumerate(self.chunk_layouts):
            if part.folds or part.chapter.section is not None:
                self._fill(index, part, {})
        self._sums = []

    def open_chunk(self, index: int) -> ChunkLayout:
        """A part with its pieces; the first of them, if the chapter falls into several."""
        part = self.chunk_layouts[index]
        if part.is_closed:
            was_exact = part.exact
            self._chapters.load(index)
            self.sync()
            part = self.chunk_layouts[index]
            if was_exact:
                self.measure_chunk(part)
        self._open[part] = None
        self._open.move_to_end(part)
        while len(self._open) > _KEPT_CHAPTERS:
            self._close(next(iter(self._open)))
        return part

    def open_chunk_above(self, below: ChunkLayout) -> ChunkLayout:
        """The part above another one, with its pieces."""
        part = self.open_chunk(self.chunk_layouts.index(below) - 1)
        while self.chunk_layouts[self.chunk_layouts.index(below) - 1] is not part:
            part = self.open_chunk(self.chunk_layouts.index(below) - 1)
        return part

    def measure_fragment(self, part: ChunkLayout, at: int) -> int:
        """How many lines a piece adds to those above it, counted rather than guessed."""
        slot = part.slots[at]
        if slot.is_estimated:
            self.fragment_lines(part, at)
        return slot.added_lines

    def fragment_lines(
        self, part: ChunkLayout, at: int, *, settle: bool = True
    ) -> tuple[Line, ...]:
        """What a piece shows. With `settle`, what that tells of heights is taken over at once."""
        known = self._drawn.corrections
        lines = self._drawn.fragment_lines(part, at, is_first=part is self.chunk_layouts[0])
        if settle and self._drawn.corrections != known:
            part.measure()
            self._sums = []
        return lines

    def carried_letters(self, part: ChunkLayout, at: int) -> int:
        """How many letters on the first line of a piece are of the piece before."""
        return self._drawn.carried_letters(part, at, is_first=part is self.chunk_layouts[0])

    def measure_chunk(self, part: ChunkLayout) -> None:
        """Draw all of a part, so that its height is exact."""
        for at, slot in enumerate(part.slots):
            if slot.is_estimated:
                self.fragment_lines(part, at, settle=False)
        part.measure()
        self._sums = []

    def fragment_at(self, offset: int) -> tuple[ChunkLayout, int]:
        """The piece in which the text at an offset stands."""
        part = self.open_chunk(self._chapters.chunk_at(offset))
        while self._chapters.chunks[self._chapters.chunk_at(offset)] is not part.chapter:
            part = self.open_chunk(self._chapters.chunk_at(offset))
        return part, part.slot_of(offset)

    def line_number(self, part: ChunkLayout, at: int) -> int:
        """How many lines there are above a piece."""
        return self.tops()[self.chunk_layouts.index(part)] + part.starts[at]

    def tops(self) -> list[int]:
        """The lines above each part, and of all; another list once a height was put right."""
        if not self._sums:
            self._sums = list(accumulate((part.height for part in self.chunk_layouts), initial=0))
        return self._sums

    def chunk_at(self, number: int) -> int:
        """Which part a line is in."""
        return min(bisect_right(self.tops(), number), len(self.chunk_layouts)) - 1

    def _close(self, part: ChunkLayout) -> None:
        del self._open[part]
        if part.chapter is self._chapters.chunks[-1] or part.pieces is None:
            return
        self._drawn.forget(part.slots)
        part.close()

    def _fill(self, index: int, part: ChunkLayout, pool: Mapping[int, FragmentSlot]) -> None:
        text = self._chapters.text[part.chapter.start : self._chapters.chunk_end(index)]
        pieces = part.chapter.fragments
        if pieces is None:
            part.set_estimate(estimate_height(text, self.drawing.width))
            return
        slots = part.reuse_slots(pieces, pool)
        ends = [*(piece.start for piece in pieces), self._chapters.chunk_end(index)][1:]
        insides = sections_of(pieces, part.chapter.section)
        for slot, end, section in zip(slots, ends, insides, strict=False):
            if section is not None and self.drawing.is_folded(section):
                slot.height, slot.is_estimated, slot.lines = 0, False, ()
            elif slot.is_estimated:
                slot.height = self._estimate(slot.fragment, end)
        part.set_slots(slots)
        self._open[part] = None

    def _estimate(self, piece: BlockFragment, end: int) -> int:
        text = self._chapters.text[piece.start : end].strip("\n")
        return estimate_height(text, self.drawing.width) + piece.blank_above
