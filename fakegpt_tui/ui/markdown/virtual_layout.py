"""Virtual layout: the heights of all chunks at one width, and the lines of those in view."""

import sys
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Mapping
from itertools import accumulate, zip_longest

from fakegpt_tui.ui.markdown.blocks import ChunkSource
from fakegpt_tui.ui.markdown.chunk_layout import ChunkLayout, FragmentCache, FragmentSlot
from fakegpt_tui.ui.markdown.lines import Line, lines_between
from fakegpt_tui.ui.markdown.palette import PROSE_WIDTH
from fakegpt_tui.ui.markdown.render_context import RenderContext
from fakegpt_tui.ui.markdown.sections import sections_of

LEAST_WIDTH = 4
"""Cells that are always drawn in, however few there are."""
_MAX_OPEN_CHUNKS = 8


def estimate_height(text: str, width: int) -> int:
    """About how many lines `text` will take, from the lengths of its lines alone."""
    width = max(min(width, PROSE_WIDTH), LEAST_WIDTH)
    lengths = list(map(len, text.split("\n")))
    return len(lengths) + sum(length // width for length in lengths if length >= width)


class VirtualLayout:
    """A layout for each chunk, of which the last few that were looked at are open.

    What was never drawn has an estimated height.
    """

    def __init__(self, context: RenderContext, source: ChunkSource) -> None:
        self._source = source
        self._cache = FragmentCache(context)
        self.chunks: list[ChunkLayout] = []
        self._sums: list[int] = []
        self._open: OrderedDict[ChunkLayout, None] = OrderedDict()
        self.sync()

    @property
    def context(self) -> RenderContext:
        """What the lines are drawn with."""
        return self._cache.context

    def sync(self) -> None:
        """Follow the changes of the source."""
        known = {chunk.source: chunk for chunk in self.chunks}
        pool: dict[int, FragmentSlot] = {}
        for chunk in self.chunks:
            if not chunk.is_current:
                pool.update((slot.fragment.start, slot) for slot in chunk.slots)
        self.chunks = [known.get(source) or ChunkLayout(source) for source in self._source.chunks]
        for index, chunk in enumerate(self.chunks):
            if not chunk.is_current:
                self._fill(index, chunk, pool)
        self._sums = []

    def restyle(self, context: RenderContext) -> None:
        """Draw in other styles, in which everything is as high as it was."""
        self._cache.restyle(context)
        for chunk in self._open:
            for slot in chunk.slots:
                slot.tail = None

    def refold(self, context: RenderContext) -> None:
        """Draw with other sections unfolded."""
        self.restyle(context)
        for index, chunk in enumerate(self.chunks):
            if chunk.folds or chunk.source.sections:
                self._fill(index, chunk, {})
        self._sums = []

    def open_chunk(self, index: int) -> ChunkLayout:
        """Open a chunk; if loading makes several chunks of it, the first of them."""
        chunk = self.chunks[index]
        if chunk.is_closed:
            was_exact = chunk.exact
            self._source.load(index)
            self.sync()
            chunk = self.chunks[index]
            if was_exact:
                self.measure_chunk(chunk)
        self._open[chunk] = None
        self._open.move_to_end(chunk)
        while len(self._open) > _MAX_OPEN_CHUNKS:
            self._close(next(iter(self._open)))
        return chunk

    def open_chunk_above(self, below: ChunkLayout) -> ChunkLayout:
        """Open the chunk above another one."""
        chunk = self.open_chunk(self.chunks.index(below) - 1)
        while self.chunks[self.chunks.index(below) - 1] is not chunk:
            chunk = self.open_chunk(self.chunks.index(below) - 1)
        return chunk

    def measure_fragment(self, chunk: ChunkLayout, at: int) -> int:
        """How many lines a fragment adds to those above it, exactly."""
        slot = chunk.slots[at]
        if slot.is_estimated:
            self.fragment_lines(chunk, at)
        return slot.added_lines

    def fragment_lines(
        self, chunk: ChunkLayout, at: int, *, settle: bool = True
    ) -> tuple[Line, ...]:
        """The lines of a fragment. With `settle`, a corrected height is applied at once."""
        known = self._cache.corrections
        lines = self._cache.fragment_lines(chunk, at, is_first=chunk is self.chunks[0])
        if settle and self._cache.corrections != known:
            chunk.measure()
            self._sums = []
        return lines

    def carried_letters(self, chunk: ChunkLayout, at: int) -> int:
        """How many letters on the first line of a fragment belong to the fragment before."""
        return self._cache.carried_letters(chunk, at, is_first=chunk is self.chunks[0])

    def measure_chunk(self, chunk: ChunkLayout) -> None:
        """Draw all of a chunk, so that its height is exact."""
        for at, slot in enumerate(chunk.slots):
            if slot.is_estimated:
                self.fragment_lines(chunk, at, settle=False)
        chunk.measure()
        self._sums = []

    def fragment_at(self, offset: int) -> tuple[ChunkLayout, int]:
        """The fragment in which the text at an offset stands."""
        chunk = self.open_chunk(self._source.chunk_at(offset))
        while self._source.chunks[self._source.chunk_at(offset)] is not chunk.source:
            chunk = self.open_chunk(self._source.chunk_at(offset))
        return chunk, chunk.slot_of(offset)

    def top_of(self, chunk: ChunkLayout, at: int) -> int:
        """How many lines there are above a fragment."""
        return self.tops()[self.chunks.index(chunk)] + chunk.starts[at]

    def tops(self) -> list[int]:
        """The lines above each chunk, and of all; another list after a height was corrected."""
        if not self._sums:
            self._sums = list(accumulate((chunk.height for chunk in self.chunks), initial=0))
        return self._sums

    def chunk_of_line(self, number: int) -> int:
        """Which chunk a line is in."""
        return min(bisect_right(self.tops(), number), len(self.chunks)) - 1

    def _close(self, chunk: ChunkLayout) -> None:
        del self._open[chunk]
        if chunk.source is self._source.chunks[-1] or chunk.fragments is None:
            return
        self._cache.forget(chunk.slots)
        chunk.close()

    def _fill(self, index: int, chunk: ChunkLayout, pool: Mapping[int, FragmentSlot]) -> None:
        text = self._source.text[chunk.source.start : self._source.chunk_end(index)]
        fragments = chunk.source.fragments
        if fragments is None:
            placed = lines_between(self.context.placed, chunk.source.start, self._end(index))
            chunk.set_estimate(estimate_height(text, self.context.width) + len(placed))
            return
        slots = self._place(index, chunk.reuse_slots(fragments, pool))
        ends = [*(fragment.start for fragment in fragments), self._source.chunk_end(index)][1:]
        insides = sections_of(fragments, chunk.source.sections)
        for slot, end, inside in zip(slots, ends, insides, strict=False):
            if any(self.context.is_folded(each.start, opens=each.opens) for each in inside):
                slot.height, slot.is_estimated, slot.lines = len(slot.below), False, slot.below
            elif slot.is_estimated:
                slot.height = self._estimate(slot, end)
        chunk.set_slots(slots)
        self._open[chunk] = None

    def _end(self, index: int) -> int:
        """Up to where a chunk has the lines that are placed in the text."""
        is_last = index + 1 == len(self.chunks)
        return sys.maxsize if is_last else self._source.chunk_end(index)

    def _place(self, index: int, slots: list[FragmentSlot]) -> list[FragmentSlot]:
        """The slots of a chunk with what stands below each; of joined ones below the last."""
        if not self.context.placed:
            return slots
        above, placed = self.chunks[index].source.start, []
        for slot, after in zip_longest(slots, slots[1:]):
            below: tuple[Line, ...] = ()
            if after is None or not after.fragment.joins:
                end = self._end(index) if after is None else after.fragment.start
                below, above = lines_between(self.context.placed, above, end), end
            is_same = slot.below == below
            placed.append(slot if is_same else FragmentSlot(slot.fragment, below=below))
        return placed

    def _estimate(self, slot: FragmentSlot, end: int) -> int:
        fragment = slot.fragment
        text = self._source.text[fragment.start : end].strip("\n")
        return estimate_height(text, self.context.width) + fragment.blank_above + len(slot.below)
