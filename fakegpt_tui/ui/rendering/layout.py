"""The lines of a message at one width, drawn where somebody looks."""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple, overload

from fakegpt_tui.ui.rendering.chapters import Chapters
from fakegpt_tui.ui.rendering.drawing import Drawing
from fakegpt_tui.ui.rendering.heights import estimate_height
from fakegpt_tui.ui.rendering.line import BLANK, Line
from fakegpt_tui.ui.rendering.paragraphs import resume_paragraph
from fakegpt_tui.ui.rendering.part import Part, Slot
from fakegpt_tui.ui.rendering.pieces import Piece
from fakegpt_tui.ui.rendering.sections import sections_of

_KEPT_LINES = 1_500
_KEPT_CHAPTERS = 16


class Anchor(NamedTuple):
    """A line, by what it shows: it is found again at any width, in any style, however folded.

    `source` is an offset of the message's text, `letters` how many stand on the lines before that
    show the same source, `above` how many lines above that one it is.
    """

    source: int
    letters: int = 0
    above: int = 0


class Layout(Sequence[Line]):
    """All lines of a message. It shows what the document holds now, not what it held before.

    Heights of what was never drawn are estimated, and put right when it is: line numbers below
    change then. So ask `reveal` before lines are looked at, or `measure` everything.
    """

    def __init__(self, drawing: Drawing, chapters: Chapters) -> None:
        self._drawing = drawing
        self._chapters = chapters
        self._parts: list[Part] = []
        self._sums: list[int] = []
        self._kept: OrderedDict[Slot, int] = OrderedDict()
        self._kept_lines = 0
        self._open: OrderedDict[Part, None] = OrderedDict()
        self.follow()

    @property
    def drawing(self) -> Drawing:
        """What the lines are drawn with."""
        return self._drawing

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
        self._drawing = drawing
        for slot in self._kept:
            slot.lines = None
        for part in self._open:
            for slot in part.slots:
                slot.tail = None
        self._kept.clear()
        self._kept_lines = 0

    def refold(self, drawing: Drawing) -> None:
        """Draw with other sections unfolded."""
        self.restyle(drawing)
        for index, part in enumerate(self._parts):
            if part.chapter.section is not None or any(map(_is_section, part.slots)):
                self._fill(index, part, {})
        self._sums = []

    def measure(self) -> None:
        """Put all heights right, which takes as long as drawing everything."""
        index = 0
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
        if count > 0:
            # One more, since the last one may be shared with the piece below it.
            self._walk_down(part, at, line + count + 1)
        else:
            self._walk_up(part, at, -count - line)
        return self._number(part, at) + line

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
            same = [other for other in lines[:shown] if other.source == source]
            anchor = Anchor(source[0], sum(map(_letters, same)) - self._carried(part, at))
        return anchor._replace(above=self._line_of(part, at, anchor) - line)

    def find(self, anchor: Anchor) -> int:
        """The number of the line that an anchor is on now."""
        part = self._opened(self._chapters.at(anchor.source))
        if self._chapters.all[self._chapters.at(anchor.source)] is not part.chapter:
            part = self._opened(self._chapters.at(anchor.source))
        if not part.slots:
            return 0
        at = part.find(anchor.source)
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
            index = min(bisect_right(tops, number), len(self._parts)) - 1
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
        lines = self._lines(part, at)
        line, letters = 0, anchor.letters + self._carried(part, at)
        while line < len(lines) - 1 and _ends_before(lines[line], anchor.source):
            line += 1
        while line < len(lines) - 1 and 0 < letters >= (more := _letters(lines[line])):
            letters -= more
            line += 1
        return line

    def _number(self, part: Part, at: int) -> int:
        return self._tops()[self._parts.index(part)] + part.starts[at]

    def _walk_down(self, part: Part, at: int, lines: int) -> None:
        index = self._parts.index(part)
        while lines > 0:
            if at < len(part.slots):
                lines -= self._measured(part, at)
                at += 1
            elif index + 1 < len(self._parts):
                self._open.move_to_end(part)
                index, at = index + 1, 0
                part = self._opened(index)
            else:
                return

    def _walk_up(self, part: Part, at: int, lines: int) -> None:
        index = self._parts.index(part)
        while lines > 0:
            if at > 0:
                at -= 1
                lines -= self._measured(part, at)
            elif index > 0:
                chapters = len(self._parts)
                self._opened(index - 1)
                index += len(self._parts) - chapters - 1
                part = self._opened(index)
                at = len(part.slots)
            else:
                return

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
        for slot in part.slots:
            self._kept_lines -= self._kept.pop(slot, 0)
        part.close()

    def _fill(self, index: int, part: Part, pool: Mapping[int, Slot]) -> None:
        text = self._chapters.text[part.chapter.start : self._chapters.end(index)]
        pieces = part.chapter.pieces
        if pieces is None:
            part.guess(estimate_height(text, self._drawing.width))
            return
        slots = part.reused(pieces, pool)
        ends = [*(piece.start for piece in pieces), self._chapters.end(index)][1:]
        insides = sections_of(pieces, part.chapter.section)
        for slot, end, section in zip(slots, ends, insides, strict=False):
            if section is not None and self._drawing.is_folded(section):
                slot.height, slot.missing, slot.lines = 0, False, ()
            elif slot.missing:
                slot.height = self._guess(slot.piece, end)
        part.fill(slots)
        self._open[part] = None

    def _guess(self, piece: Piece, end: int) -> int:
        text = self._chapters.text[piece.start : end].strip("\n")
        return estimate_height(text, self._drawing.width) + piece.spaced

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
        slot = part.slots[at]
        if slot.lines is not None:
            if slot in self._kept:
                self._kept.move_to_end(slot)
            return slot.lines
        lines = tuple(self._draw(part, at))
        slot.lines = lines
        if part.goes_on(at):
            slot.tail = lines[-1]
        if slot.missing:
            slot.height, slot.missing = len(lines), False
            if settle:
                part.measure()
                self._sums = []
        self._keep(slot, len(lines))
        return lines

    def _keep(self, slot: Slot, lines: int) -> None:
        self._kept[slot] = lines
        self._kept_lines += lines
        while self._kept_lines > _KEPT_LINES and len(self._kept) > 1:
            oldest, count = self._kept.popitem(last=False)
            oldest.lines = None
            self._kept_lines -= count

    def _draw(self, part: Part, at: int) -> Sequence[Line]:
        piece = part.slots[at].piece
        width = self._drawing.width
        if piece.joins and at > 0:
            return resume_paragraph(piece.node, self._tail(part, at - 1), width, self._drawing)
        lines = self._drawing.block(piece.node, width)
        is_first = at == 0 and part is self._parts[0]
        return [BLANK, *lines] if piece.spaced and not is_first else lines

    def _tail(self, part: Part, at: int) -> Line:
        first = at
        while part.slots[first].tail is None and part.slots[first].piece.joins and first > 0:
            first -= 1
        for before in range(first, at):
            if part.slots[before].tail is None:
                self._lines(part, before)
        return part.slots[at].tail or self._lines(part, at)[-1]

    def _carried(self, part: Part, at: int) -> int:
        """The letters on a piece's first line that are of the piece before."""
        joins = at > 0 and part.slots[at].piece.joins and part.slots[at].height > 0
        return _letters(self._tail(part, at - 1)) if joins else 0


def _is_section(slot: Slot) -> bool:
    return slot.piece.node.kind.startswith("section")


def _letters(line: Line) -> int:
    return len(line.plain) - line.plain.count(" ")


def _ends_before(line: Line, source: int) -> bool:
    return line.source is None or line.source[1] <= source
