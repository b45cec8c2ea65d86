"""Layout of one chunk: the heights of its fragments, and a cache of drawn lines."""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fakegpt_tui.ui.markdown.chunks import Chunk
from fakegpt_tui.ui.markdown.fragments import BlockFragment
from fakegpt_tui.ui.markdown.lines import BLANK, Line
from fakegpt_tui.ui.markdown.paragraphs import continue_paragraph
from fakegpt_tui.ui.markdown.render_context import RenderContext


@dataclass(eq=False, slots=True)
class FragmentSlot:
    """The room for one piece; `missing` says that its height is a guess.

    `tail` is its last line, for the piece that goes on from there, even after the others are
    forgotten.
    """

    fragment: BlockFragment
    height: int = 0
    is_estimated: bool = True
    lines: tuple[Line, ...] | None = None
    tail: Line | None = None

    @property
    def added_lines(self) -> int:
        """The lines by which it makes the message higher."""
        return self.height - (self.fragment.joins and self.height > 0)


class ChunkLayout:
    """One chapter. Closed, it only knows how high it is, and whether there is something to fold."""

    __slots__ = ("_starts", "chapter", "exact", "folds", "height", "is_sized", "pieces", "slots")

    def __init__(self, chapter: Chunk) -> None:
        self.chapter = chapter
        self.pieces: Sequence[BlockFragment] | None = None
        self.slots: list[FragmentSlot] = []
        self.height = 0
        self.exact = False
        self.folds = False
        self.is_sized = False
        self._starts: list[int] = []

    @property
    def is_closed(self) -> bool:
        return self.chapter.fragments is None

    @property
    def is_current(self) -> bool:
        """Whether it shows the pieces that the chapter has now."""
        return self.is_sized and self.pieces is self.chapter.fragments

    @property
    def starts(self) -> list[int]:
        """The first line of each piece, counted from the first one's; the last one's end."""
        if not self._starts:
            start = 0
            for slot in self.slots:
                self._starts.append(start - (slot.height - slot.added_lines))
                start += slot.added_lines
            self._starts.append(start)
        return self._starts

    def set_slots(self, slots: list[FragmentSlot]) -> None:
        """Be open, with these."""
        self.pieces, self.slots = self.chapter.fragments, slots
        self.folds = self.chapter.section is not None or any(map(_is_section, slots))
        self.measure()

    def set_estimate(self, height: int) -> None:
        """Be about as high as this, until there are pieces to measure."""
        self.close()
        self.height, self.exact, self.is_sized = height, False, True

    def measure(self) -> None:
        """Take over the heights of the slots."""
        self._starts = []
        self.height = self.starts[-1]
        self.exact = not any(slot.is_estimated for slot in self.slots)
        self.is_sized = True

    def close(self) -> None:
        """Forget everything but the height."""
        self.chapter.fragments = self.pieces = None
        self.slots, self._starts = [], []

    def slot_at(self, line: int) -> int:
        """The slot that has a line: of two that share it, the later one."""
        at = min(bisect_right(self.starts, line), len(self.slots)) - 1
        while at > 0 and not self.slots[at].height:
            at -= 1
        return at

    def continues(self, at: int) -> bool:
        """Whether the next slot begins with the last line of this one."""
        return at + 1 < len(self.slots) and self.slots[at + 1].fragment.joins

    def slot_of(self, offset: int) -> int:
        """The slot of the piece in which the text at `offset` stands."""
        return max(0, bisect_right(self.slots, offset, key=_start) - 1)

    def reuse_slots(
        self, pieces: Sequence[BlockFragment], pool: Mapping[int, FragmentSlot]
    ) -> list[FragmentSlot]:
        """Slots for `pieces`, those of the pool where they hold the same."""
        slots: list[FragmentSlot] = []
        fresh = False
        for piece in pieces:
            slot = pool.get(piece.start)
            fresh = slot is None or (fresh and piece.joins) or slot.fragment != piece
            slots.append(FragmentSlot(piece) if slot is None or fresh else slot)
        return slots


def _start(slot: FragmentSlot) -> int:
    return slot.fragment.start


def _is_section(slot: FragmentSlot) -> bool:
    return slot.fragment.node.kind.startswith("section")


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
