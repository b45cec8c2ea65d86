"""Chunk layout: the heights of the fragments of a chunk, and a cache of drawn lines."""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fakegpt_tui.ui.markdown.blocks import BlockFragment, Chunk
from fakegpt_tui.ui.markdown.lines import BLANK, Line
from fakegpt_tui.ui.markdown.palette import PROSE_WIDTH
from fakegpt_tui.ui.markdown.render_context import RenderContext

_MAX_SEGMENTS = 6_000
"""So many segments of lines are cached: a few screenfuls."""


@dataclass(eq=False, slots=True)
class FragmentSlot:
    """The height and the lines of one fragment.

    `tail` is its last line, which the fragment that joins it needs even after the others are
    forgotten. `below` are lines that are no text and stand at its end.
    """

    fragment: BlockFragment
    height: int = 0
    is_estimated: bool = True
    lines: tuple[Line, ...] | None = None
    tail: Line | None = None
    below: tuple[Line, ...] = ()

    @property
    def added_lines(self) -> int:
        """The lines it adds to the message: a joined first line is counted above."""
        return self.height - (self.fragment.joins and self.height > 0)


class ChunkLayout:
    """One chunk at one width. Closed, it knows only its height and whether it can be folded."""

    __slots__ = ("_starts", "exact", "folds", "fragments", "height", "is_sized", "slots", "source")

    def __init__(self, source: Chunk) -> None:
        self.source = source
        self.fragments: Sequence[BlockFragment] | None = None
        self.slots: list[FragmentSlot] = []
        self.height = 0
        self.exact = False
        self.folds = False
        self.is_sized = False
        self._starts: list[int] = []

    @property
    def is_closed(self) -> bool:
        return self.source.fragments is None

    @property
    def is_current(self) -> bool:
        """Whether it shows the fragments that its chunk has now."""
        return self.is_sized and self.fragments is self.source.fragments

    @property
    def starts(self) -> list[int]:
        """The first line of each fragment, counted from the first one's; the last one's end."""
        if not self._starts:
            start = 0
            for slot in self.slots:
                self._starts.append(start - (slot.height - slot.added_lines))
                start += slot.added_lines
            self._starts.append(start)
        return self._starts

    def set_slots(self, slots: list[FragmentSlot]) -> None:
        """Be open, with these fragments."""
        self.fragments, self.slots = self.source.fragments, slots
        self.folds = bool(self.source.sections) or any(map(_is_section, slots))
        self.measure()

    def set_estimate(self, height: int) -> None:
        """Take an estimated height, until there are fragments to measure."""
        self.close()
        self.height, self.exact, self.is_sized = height, False, True

    def measure(self) -> None:
        """Sum up the heights of the slots."""
        self._starts = []
        self.height = self.starts[-1]
        self.exact = not any(slot.is_estimated for slot in self.slots)
        self.is_sized = True

    def close(self) -> None:
        """Forget everything but the height."""
        self.source.fragments = self.fragments = None
        self.slots, self._starts = [], []

    def slot_at(self, line: int) -> int:
        """The slot of a line; the lower one, if two share it."""
        at = min(bisect_right(self.starts, line), len(self.slots)) - 1
        while at > 0 and not self.slots[at].height:
            at -= 1
        return at

    def continues(self, at: int) -> bool:
        """Whether the next slot begins with the last line of this one."""
        return at + 1 < len(self.slots) and self.slots[at + 1].fragment.joins

    def slot_of(self, offset: int) -> int:
        """The slot of the fragment in which the text at `offset` stands."""
        return max(0, bisect_right(self.slots, offset, key=_start) - 1)

    def reuse_slots(
        self, fragments: Sequence[BlockFragment], pool: Mapping[int, FragmentSlot]
    ) -> list[FragmentSlot]:
        """Slots for `fragments`, taken from the pool where a fragment is the same."""
        slots: list[FragmentSlot] = []
        fresh = False
        for fragment in fragments:
            slot = pool.get(fragment.start)
            fresh = slot is None or (fresh and fragment.joins) or slot.fragment != fragment
            slots.append(FragmentSlot(fragment) if slot is None or fresh else slot)
        return slots


def _start(slot: FragmentSlot) -> int:
    return slot.fragment.start


def _is_section(slot: FragmentSlot) -> bool:
    return slot.fragment.node.kind.startswith("section")


class FragmentCache:
    """Draws fragments, and caches the lines of those that were drawn last.

    `corrections` counts the heights that were estimated and are exact now.
    """

    def __init__(self, context: RenderContext) -> None:
        self.context = context
        self.corrections = 0
        self._cached: OrderedDict[FragmentSlot, int] = OrderedDict()
        self._segments = 0

    def restyle(self, context: RenderContext) -> None:
        """Draw with other styles from now on."""
        self.context = context
        for slot in self._cached:
            slot.lines = None
        self._cached.clear()
        self._segments = 0

    def forget(self, slots: Iterable[FragmentSlot]) -> None:
        """Cache these no longer."""
        for slot in slots:
            self._segments -= self._cached.pop(slot, 0)

    def fragment_lines(self, chunk: ChunkLayout, at: int, *, is_first: bool) -> tuple[Line, ...]:
        """The lines of a fragment; `is_first` if the message begins with its chunk."""
        slot = chunk.slots[at]
        if slot.lines is not None:
            if slot in self._cached:
                self._cached.move_to_end(slot)
            return slot.lines
        lines = (*self._draw(chunk, at, is_first=is_first), *slot.below)
        slot.lines = lines
        if chunk.continues(at):
            slot.tail = lines[-1]
        if slot.is_estimated:
            slot.height, slot.is_estimated = len(lines), False
            self.corrections += 1
        self._cache(slot, sum(1 + len(line.segments) for line in lines))
        return lines

    def carried_letters(self, chunk: ChunkLayout, at: int, *, is_first: bool) -> int:
        """The letters on a fragment's first line that belong to the fragment before."""
        joins = at > 0 and chunk.slots[at].fragment.joins and chunk.slots[at].height > 0
        return self._tail(chunk, at - 1, is_first=is_first).letter_count if joins else 0

    def _cache(self, slot: FragmentSlot, segments: int) -> None:
        self._cached[slot] = segments
        self._segments += segments
        while self._segments > _MAX_SEGMENTS and len(self._cached) > 1:
            oldest, count = self._cached.popitem(last=False)
            oldest.lines = None
            self._segments -= count

    def _draw(self, chunk: ChunkLayout, at: int, *, is_first: bool) -> Sequence[Line]:
        fragment, context = chunk.slots[at].fragment, self.context
        kind = context.types[fragment.node.kind]
        width = context.width if kind.is_wide else min(context.width, PROSE_WIDTH)
        if fragment.joins and at > 0:
            last = self._tail(chunk, at - 1, is_first=is_first)
            return kind.draw_joined(fragment.node, last, width, context)
        lines = kind.draw(fragment.node, width, context)
        return [BLANK, *lines] if fragment.blank_above and not (is_first and at == 0) else lines

    def _tail(self, chunk: ChunkLayout, at: int, *, is_first: bool) -> Line:
        first = at
        while chunk.slots[first].tail is None and chunk.slots[first].fragment.joins and first > 0:
            first -= 1
        for before in range(first, at):
            if chunk.slots[before].tail is None:
                self.fragment_lines(chunk, before, is_first=is_first)
        return chunk.slots[at].tail or self.fragment_lines(chunk, at, is_first=is_first)[-1]
