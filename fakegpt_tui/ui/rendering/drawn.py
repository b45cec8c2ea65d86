"""The pieces of a message that were drawn last."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence

from fakegpt_tui.ui.rendering.drawing import Drawing
from fakegpt_tui.ui.rendering.line import BLANK, Line
from fakegpt_tui.ui.rendering.paragraphs import resume_paragraph
from fakegpt_tui.ui.rendering.part import Part, Slot

_KEPT_SEGMENTS = 6_000


class DrawnPieces:
    """Draws pieces, and keeps the lines of a few screenfuls of them: what these take is segments.

    `corrections` grows with each height that turns out to be other than it was taken to be.
    """

    def __init__(self, drawing: Drawing) -> None:
        self.drawing = drawing
        self.corrections = 0
        self._kept: OrderedDict[Slot, int] = OrderedDict()
        self._segments = 0

    def restyle(self, drawing: Drawing) -> None:
        """Draw in other styles from now on."""
        self.drawing = drawing
        for slot in self._kept:
            slot.lines = None
        self._kept.clear()
        self._segments = 0

    def forget(self, slots: Iterable[Slot]) -> None:
        """Keep nothing of these."""
        for slot in slots:
            self._segments -= self._kept.pop(slot, 0)

    def lines(self, part: Part, at: int, *, is_first: bool) -> tuple[Line, ...]:
        """The lines of a piece; `is_first` if the message begins with its chapter."""
        slot = part.slots[at]
        if slot.lines is not None:
            if slot in self._kept:
                self._kept.move_to_end(slot)
            return slot.lines
        lines = tuple(self._draw(part, at, is_first=is_first))
        slot.lines = lines
        if part.goes_on(at):
            slot.tail = lines[-1]
        if slot.missing:
            slot.height, slot.missing = len(lines), False
            self.corrections += 1
        self._keep(slot, sum(1 + len(line.segments) for line in lines))
        return lines

    def carried(self, part: Part, at: int, *, is_first: bool) -> int:
        """The letters on a piece's first line that are of the piece before."""
        joins = at > 0 and part.slots[at].piece.joins and part.slots[at].height > 0
        return self._tail(part, at - 1, is_first=is_first).letters if joins else 0

    def _keep(self, slot: Slot, segments: int) -> None:
        self._kept[slot] = segments
        self._segments += segments
        while self._segments > _KEPT_SEGMENTS and len(self._kept) > 1:
            oldest, count = self._kept.popitem(last=False)
            oldest.lines = None
            self._segments -= count

    def _draw(self, part: Part, at: int, *, is_first: bool) -> Sequence[Line]:
        piece, drawing = part.slots[at].piece, self.drawing
        if piece.joins and at > 0:
            last = self._tail(part, at - 1, is_first=is_first)
            return resume_paragraph(piece.node, last, drawing.width, drawing)
        lines = drawing.block(piece.node, drawing.width)
        return [BLANK, *lines] if piece.spaced and not (is_first and at == 0) else lines

    def _tail(self, part: Part, at: int, *, is_first: bool) -> Line:
        first = at
        while part.slots[first].tail is None and part.slots[first].piece.joins and first > 0:
            first -= 1
        for before in range(first, at):
            if part.slots[before].tail is None:
                self.lines(part, before, is_first=is_first)
        return part.slots[at].tail or self.lines(part, at, is_first=is_first)[-1]
