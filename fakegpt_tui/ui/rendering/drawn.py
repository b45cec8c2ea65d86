"""The pieces of a message that were drawn last."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence

from fakegpt_tui.ui.rendering.drawing import RenderContext
from fakegpt_tui.ui.rendering.line import BLANK, Line
from fakegpt_tui.ui.rendering.paragraphs import continue_paragraph
from fakegpt_tui.ui.rendering.part import ChunkLayout, FragmentSlot

_MAX_SEGMENTS = 6_000


class FragmentCache:
    """Draws pieces, and keeps the lines of a few screenfuls of them: what these take is segments.

    `corrections` grows with each height that turns out to be other than it was taken to be.
    """

    def __init__(self, drawing: RenderContext) -> None:
        self.drawing = drawing
        self.corrections = 0
        self._cached: OrderedDict[FragmentSlot, int] = OrderedDict()
        self._segments = 0

    def restyle(self, drawing: RenderContext) -> None:
        """Draw in other styles from now on."""
        self.drawing = drawing
        for slot in self._cached:
            slot.lines = None
        self._cached.clear()
        self._segments = 0

    def forget(self, slots: Iterable[FragmentSlot]) -> None:
        """Keep nothing of these."""
        for slot in slots:
            self._segments -= self._cached.pop(slot, 0)

    def fragment_lines(self, part: ChunkLayout, at: int, *, is_first: bool) -> tuple[Line, ...]:
        """The lines of a piece; `is_first` if the message begins with its chapter."""
        slot = part.slots[at]
        if slot.lines is not None:
            if slot in self._cached:
                self._cached.move_to_end(slot)
            return slot.lines
        lines = tuple(self._draw(part, at, is_first=is_first))
        slot.lines = lines
        if part.continues(at):
            slot.tail = lines[-1]
        if slot.is_estimated:
            slot.height, slot.is_estimated = len(lines), False
            self.corrections += 1
        self._cache(slot, sum(1 + len(line.segments) for line in lines))
        return lines

    def carried_letters(self, part: ChunkLayout, at: int, *, is_first: bool) -> int:
        """The letters on a piece's first line that are of the piece before."""
        joins = at > 0 and part.slots[at].fragment.joins and part.slots[at].height > 0
        return self._tail(part, at - 1, is_first=is_first).letter_count if joins else 0

    def _cache(self, slot: FragmentSlot, segments: int) -> None:
        self._cached[slot] = segments
        self._segments += segments
        while self._segments > _MAX_SEGMENTS and len(self._cached) > 1:
            oldest, count = self._cached.popitem(last=False)
            oldest.lines = None
            self._segments -= count

    def _draw(self, part: ChunkLayout, at: int, *, is_first: bool) -> Sequence[Line]:
        piece, drawing = part.slots[at].fragment, self.drawing
        if piece.joins and at > 0:
            last = self._tail(part, at - 1, is_first=is_first)
            return continue_paragraph(piece.node, last, drawing.width, drawing)
        lines = drawing.render_block(piece.node, drawing.width)
        return [BLANK, *lines] if piece.blank_above and not (is_first and at == 0) else lines

    def _tail(self, part: ChunkLayout, at: int, *, is_first: bool) -> Line:
        first = at
        while part.slots[first].tail is None and part.slots[first].fragment.joins and first > 0:
            first -= 1
        for before in range(first, at):
            if part.slots[before].tail is None:
                self.fragment_lines(part, before, is_first=is_first)
        return part.slots[at].tail or self.fragment_lines(part, at, is_first=is_first)[-1]
