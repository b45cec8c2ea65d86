"""The lines of a message at one width, drawn where somebody looks."""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import overload

from fakegpt_tui.ui.rendering.chapters import Chapters
from fakegpt_tui.ui.rendering.drawing import Drawing
from fakegpt_tui.ui.rendering.drawn import DrawnPieces
from fakegpt_tui.ui.rendering.heights import estimate_height
from fakegpt_tui.ui.rendering.line import Line
from fakegpt_tui.ui.rendering.part import Part, Slot
from fakegpt_tui.ui.rendering.pieces import Piece
from fakegpt_tui.ui.rendering.sections import sections_of
from fakegpt_tui.ui.rendering.spots import Anchor, Spot, Stretch, letters_of, line_of

_KEPT_CHAPTERS = 8


class Layout(Sequence[Line]):
    """All lines of a message. It shows what the document holds now, not what it held before.

    Heights of what was never drawn are estimated, and put right when it is: line numbers below
    change then. So ask `reveal` before lines are looked at, or `measure` everything.
    """

    def __init__(self, drawing: Drawing, chapters: Chapters) -> None:
        self._drawn = DrawnPieces(drawing)
        self._chapters = chapters
        self._parts: list[Part] = []
        self._sums: list[int] = []
        self._open: OrderedDict[Part, None] = OrderedDict()
        self.follow()

    @property
    def drawing(self) -> Drawing:
        """What the lines are drawn with."""
        return self._drawn.drawing

    def follow(self) -> None:
        """Take over what has changed in the chapters."""
        known = {part.chapter: part for part in self._parts}
        pool: dict[int, Slot] = {}
        for part in self._parts:
            if not part.is_current:
                pool.update((slot.piece.start, slot) for slot in part.slots)
        self._parts = [known.get(chapter) or Part(chapter) for chapter in self._chapters.all]
        for index, part in enumerate(self._parts):
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
        for index, part in enumerate(self._parts):
            if part.chapter.section is not None or any(map(_is_section, part.slots)):
                self._fill(index, part, {})
        self._sums = []

    def measure(self, number: int = 0, *, most: int | None = None) -> None:
        """Put right the heights of a line and of all below it, which means to draw them.

        Args:
            number: The line.
            most: How many chapters that may take; where it takes more, nothing is done.
        """
        index = self._part_at(number)
        if most is not None and sum(not part.exact for part in self._parts[index:]) > most:
            return
        while index < len(self._parts):
            if not self._parts[index].exact:
                self._measure_part(self._opened(index))
            index += 1

    def reveal(self, number: int, count: int) -> int:
        """Put right the heights of `count` lines from a line on, or of as many above it.

        Returns: The line's number now. Numbers between it and the lines asked for are exact.
        """
        if not self:
            return 0
        part, at, line = self._find(max(0, min(number, len(self) - 1)))
        start = part.slots[at].piece.start
        if count > 0:
            # One more, since the last one may be shared with the piece below it.
            self._walk_down(part, at, line + count + 1)
        else:
            self._walk_up(part, at, -count - line)
        return self._number(*self._piece_at(start)) + line

    def spot(self, number: int) -> Spot:
        """The name of a line that stays when its number changes."""
        part, at, line = self._find(number)
        return Spot(part.slots[at].piece.start, line)

    def number(self, spot: Spot) -> int:
        """The number of a line now; of a line that is folded away, the one above it."""
        part, at = self._piece_at(spot.start)
        if not part.slots:
            return 0
        self._measured(part, at)
        if not part.slots[at].height:
            return max(0, self._number(part, at) - 1)
        if spot.line >= part.slots[at].height:
            # Text that has grown may have been divided since.
            self._walk_down(part, at, spot.line + 1)
            part, at = self._piece_at(spot.start)
        return min(self._number(part, at) + spot.line, len(self))

    def stretch(self, offset: int) -> Stretch:
        """The lines of the text around an offset; none if they are folded away."""
        part, at = self._piece_at(offset)
        if not part.slots:
            return Stretch(0, len(self._chapters.text), ())
        lines, goes_on = self._lines(part, at), part.goes_on(at)
        end = self._chapters.end(self._chapters.at(offset))
        if at + 1 < len(part.slots):
            end = part.slots[at + 1].piece.start
        lines = lines[:-1] if goes_on else lines
        joins = at > 0 and part.goes_on(at - 1)
        return Stretch(part.slots[at].piece.start, end, lines, goes_on, joins)

    def anchor(self, number: int) -> Anchor:
        """What the line with a number shows."""
        part, at, line = self._find(number)
        lines = self._lines(part, at)
        shown = line
        while shown < len(lines) - 1 and lines[shown].source is None:
            shown += 1
        source = lines[shown].source
        if source is None or part.find(source[0]) != at:
            anchor = Anchor(part.slots[at].piece.start)
        else:
            same = letters_of(other for other in lines[:shown] if other.source == source)
            anchor = Anchor(source[0], same - self._carried(part, at))
        return anchor._replace(above=self._line_of(part, at, anchor) - line)

    def find(self, anchor: Anchor) -> int:
        """The number of the line that an anchor is on now."""
        part, at = self._piece_at(anchor.source)
        if not part.slots:
            return 0
        line = self._line_of(part, at, anchor) if part.slots[at].height else -1
        number = self._number(part, at) + line - anchor.above * (line >= 0)
        return max(0, min(number, len(self) - 1))

    def __len__(self) -> int:
        return self._tops()[-1]

    @overload
    def __getitem__(self, at: int) -> Line: ...
    @overload
    def __getitem__(self, at: slice) -> list[Line]: ...
    def __getitem__(self, at: int | slice) -> Line | list[Line]:
        if isinstance(at, slice):
            return [self._line(number) for number in range(*at.indices(len(self)))]
        number = at + len(self) if at < 0 else at
        if not 0 <= number < len(self):
            raise IndexError(at)
        return self._line(number)

    def __iter__(self) -> Iterator[Line]:
        return map(self._line, range(len(self)))

    def _line(self, number: int) -> Line:
        part, at, line = self._find(number)
        return self._lines(part, at)[line]

    def _tops(self) -> list[int]:
        if not self._sums:
            self._sums = list(accumulate((part.height for part in self._parts), initial=0))
        return self._sums

    def _find(self, number: int) -> tuple[Part, int, int]:
        """Where a line is, with what is there drawn: which of a guessed height's is a guess."""
        while True:
            tops = self._tops()
            number = max(0, min(number, tops[-1] - 1))
            index = self._part_at(number)
            part = self._opened(index)
            if self._tops() is not tops:
                continue  # Its height has been put right.
            if not part.slots:
                raise IndexError(number)
            at = part.at(number - tops[index])
            slot = part.slots[at]
            line, guess = number - tops[index] - part.starts[at], slot.height
            height = len(self._lines(part, at))
            if height:
                # Of a guess only the ends are right, and the nearer one is as far as it was.
                is_lower = 2 * line >= guess or number == tops[-1] - 1
                line += (height - guess) * is_lower
                return part, *self._shared(part, at, max(0, min(line, height - 1)))

    def _shared(self, part: Part, at: int, line: int) -> tuple[int, int]:
        """Where a line is drawn that the pieces below may go on with."""
        while line == part.slots[at].height - 1 and part.goes_on(at):
            at, line = at + 1, 0
            self._lines(part, at)
        return at, line

    def _line_of(self, part: Part, at: int, anchor: Anchor) -> int:
        """The line of a piece on which so many letters of a source have gone before."""
        letters = anchor.letters + self._carried(part, at)
        return line_of(self._lines(part, at), anchor.source, letters)

    def _part_at(self, number: int) -> int:
        return min(bisect_right(self._tops(), number), len(self._parts)) - 1

    def _piece_at(self, offset: int) -> tuple[Part, int]:
        """The piece in which the text at an offset stands."""
        part = self._opened(self._chapters.at(offset))
        if self._chapters.all[self._chapters.at(offset)] is not part.chapter:
            part = self._opened(self._chapters.at(offset))
        return part, part.find(offset)

    def _number(self, part: Part, at: int) -> int:
        return self._tops()[self._parts.index(part)] + part.starts[at]

    def _walk_down(self, part: Part, at: int, lines: int) -> None:
        index = self._parts.index(part)
        while lines > 0:
            if at < len(part.slots):
                lines -= self._measured(part, at)
                at += 1
                continue
            index += 1
            # What is known need not be read again, least of all what is folded away.
            while index < len(self._parts) and self._parts[index].exact:
                lines -= self._parts[index].height
                index += 1
            if index == len(self._parts) or lines <= 0:
                return
            part, at = self._opened(index), 0

    def _walk_up(self, part: Part, at: int, lines: int) -> None:
        index = self._parts.index(part)
        while lines > 0:
            if at > 0:
                at -= 1
                lines -= self._measured(part, at)
                continue
            while index > 0 and self._parts[index - 1].exact:
                lines -= self._parts[index - 1].height
                index -= 1
            if index == 0 or lines <= 0:
                return
            chapters = len(self._parts)
            self._opened(index - 1)
            index += len(self._parts) - chapters - 1
            part = self._opened(index)
            at = len(part.slots)

    def _opened(self, index: int) -> Part:
        """A part with its pieces; the first of them, if the chapter falls into several."""
        part = self._parts[index]
        if part.is_closed:
            was_exact = part.exact
            self._chapters.read(index)
            self.follow()
            part = self._parts[index]
            if was_exact:
                self._measure_part(part)
        self._open[part] = None
        self._open.move_to_end(part)
        while len(self._open) > _KEPT_CHAPTERS:
            self._close(next(iter(self._open)))
        return part

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

    def _measure_part(self, part: Part) -> None:
        for at, slot in enumerate(part.slots):
            if slot.missing:
                self._lines(part, at, settle=False)
        part.measure()
        self._sums = []

    def _measured(self, part: Part, at: int) -> int:
        slot = part.slots[at]
        if slot.missing:
            self._lines(part, at)
        return slot.added

    def _lines(self, part: Part, at: int, *, settle: bool = True) -> tuple[Line, ...]:
        known = self._drawn.corrections
        lines = self._drawn.lines(part, at, is_first=part is self._parts[0])
        if settle and self._drawn.corrections != known:
            part.measure()
            self._sums = []
        return lines

    def _carried(self, part: Part, at: int) -> int:
        return self._drawn.carried(part, at, is_first=part is self._parts[0])


def _is_section(slot: Slot) -> bool:
    return slot.piece.node.kind.startswith("section")
