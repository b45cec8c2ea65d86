"""The lines of a message at one width, drawn where somebody looks."""

from collections.abc import Iterator, Sequence
from typing import overload

from fakegpt_tui.ui.rendering.chapters import ChaptersOfText
from fakegpt_tui.ui.rendering.drawing import Drawing
from fakegpt_tui.ui.rendering.line import Line
from fakegpt_tui.ui.rendering.part import Part
from fakegpt_tui.ui.rendering.parts import Parts
from fakegpt_tui.ui.rendering.spots import Anchor, Spot, Stretch, letters_of, line_of


class Layout(Sequence[Line]):
    """All lines of a message. It shows what the document holds now, not what it held before.

    Heights of what was never drawn are estimated, and put right when it is: line numbers below
    change then. So ask `reveal` before lines are looked at, or `measure` everything.
    """

    def __init__(self, drawing: Drawing, chapters: ChaptersOfText) -> None:
        self._chapters = chapters
        self._parts = Parts(drawing, chapters)

    @property
    def drawing(self) -> Drawing:
        """What the lines are drawn with."""
        return self._parts.drawing

    def follow(self) -> None:
        """Take over what has changed in the chapters."""
        self._parts.follow()

    def restyle(self, drawing: Drawing) -> None:
        """Draw in other styles, in which everything is as high as it was."""
        self._parts.restyle(drawing)

    def refold(self, drawing: Drawing) -> None:
        """Draw with other sections unfolded."""
        self._parts.refold(drawing)

    def measure(self, number: int = 0, *, most: int | None = None) -> None:
        """Put right the heights of a line and of all below it, which means to draw them.

        Args:
            number: The line.
            most: How many chapters that may take; where it takes more, nothing is done.
        """
        index = self._parts.part_at(number)
        if most is not None and sum(not part.exact for part in self._parts.all[index:]) > most:
            return
        while index < len(self._parts.all):
            if not self._parts.all[index].exact:
                self._parts.measure(self._parts.opened(index))
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
        return self._parts.number(*self._parts.piece_at(start)) + line

    def spot(self, number: int) -> Spot:
        """The name of a line that stays when its number changes."""
        part, at, line = self._find(number)
        return Spot(part.slots[at].piece.start, line)

    def number(self, spot: Spot) -> int:
        """The number of a line now; of a line that is folded away, the one above it."""
        part, at = self._parts.piece_at(spot.start)
        if not part.slots:
            return 0
        self._parts.measured(part, at)
        if not part.slots[at].height:
            return max(0, self._parts.number(part, at) - 1)
        if spot.line >= part.slots[at].height:
            # Text that has grown may have been divided since.
            self._walk_down(part, at, spot.line + 1)
            part, at = self._parts.piece_at(spot.start)
        return min(self._parts.number(part, at) + spot.line, len(self))

    def stretch(self, offset: int) -> Stretch:
        """The lines of the text around an offset; none if they are folded away."""
        part, at = self._parts.piece_at(offset)
        if not part.slots:
            return Stretch(0, len(self._chapters.text), ())
        lines, goes_on = self._parts.lines(part, at), part.goes_on(at)
        end = self._chapters.end(self._chapters.at(offset))
        if at + 1 < len(part.slots):
            end = part.slots[at + 1].piece.start
        lines = lines[:-1] if goes_on else lines
        joins = at > 0 and part.goes_on(at - 1)
        return Stretch(part.slots[at].piece.start, end, lines, goes_on, joins)

    def anchor(self, number: int) -> Anchor:
        """What the line with a number shows."""
        part, at, line = self._find(number)
        lines = self._parts.lines(part, at)
        shown = line
        while shown < len(lines) - 1 and lines[shown].source is None:
            shown += 1
        source = lines[shown].source
        if source is None or part.find(source[0]) != at:
            anchor = Anchor(part.slots[at].piece.start)
        else:
            same = letters_of(other for other in lines[:shown] if other.source == source)
            anchor = Anchor(source[0], same - self._parts.carried(part, at))
        return anchor._replace(above=self._line_of(part, at, anchor) - line)

    def find(self, anchor: Anchor) -> int:
        """The number of the line that an anchor is on now."""
        part, at = self._parts.piece_at(anchor.source)
        if not part.slots:
            return 0
        line = self._line_of(part, at, anchor) if part.slots[at].height else -1
        number = self._parts.number(part, at) + line - anchor.above * (line >= 0)
        return max(0, min(number, len(self) - 1))

    def __len__(self) -> int:
        return self._parts.tops()[-1]

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
        return self._parts.lines(part, at)[line]

    def _find(self, number: int) -> tuple[Part, int, int]:
        """Where a line is, with what is there drawn: which of a guessed height's is a guess."""
        while True:
            tops = self._parts.tops()
            number = max(0, min(number, tops[-1] - 1))
            index = self._parts.part_at(number)
            part = self._parts.opened(index)
            if self._parts.tops() is not tops:
                continue  # Its height has been put right.
            if not part.slots:
                raise IndexError(number)
            at = part.at(number - tops[index])
            slot = part.slots[at]
            line, guess = number - tops[index] - part.starts[at], slot.height
            height = len(self._parts.lines(part, at))
            if height:
                # Of a guess only the ends are right, and the nearer one is as far as it was.
                is_lower = 2 * line >= guess or number == tops[-1] - 1
                line += (height - guess) * is_lower
                return part, *self._shared(part, at, max(0, min(line, height - 1)))

    def _shared(self, part: Part, at: int, line: int) -> tuple[int, int]:
        """Where a line is drawn that the pieces below may go on with."""
        while line == part.slots[at].height - 1 and part.goes_on(at):
            at, line = at + 1, 0
            self._parts.lines(part, at)
        return at, line

    def _line_of(self, part: Part, at: int, anchor: Anchor) -> int:
        """The line of a piece on which so many letters of a source have gone before."""
        letters = anchor.letters + self._parts.carried(part, at)
        return line_of(self._parts.lines(part, at), anchor.source, letters)

    def _walk_down(self, part: Part, at: int, lines: int) -> None:
        index = self._parts.all.index(part)
        while lines > 0:
            if at < len(part.slots):
                lines -= self._parts.measured(part, at)
                at += 1
                continue
            index += 1
            # What is known need not be read again, least of all what is folded away.
            while index < len(self._parts.all) and self._parts.all[index].exact:
                lines -= self._parts.all[index].height
                index += 1
            if index == len(self._parts.all) or lines <= 0:
                return
            part, at = self._parts.opened(index), 0

    def _walk_up(self, part: Part, at: int, lines: int) -> None:
        index = self._parts.all.index(part)
        while lines > 0:
            if at > 0:
                at -= 1
                lines -= self._parts.measured(part, at)
                continue
            while index > 0 and self._parts.all[index - 1].exact:
                lines -= self._parts.all[index - 1].height
                index -= 1
            if index == 0 or lines <= 0:
                return
            part = self._parts.opened_above(self._parts.all[index])
            index = self._parts.all.index(part)
            at = len(part.slots)
