"""The lines of a message at one width, drawn where somebody looks."""

from collections.abc import Iterator, Sequence
from typing import overload

from fakegpt_tui.ui.markdown.chunk_layout import ChunkLayout
from fakegpt_tui.ui.markdown.chunks import ChunkSource
from fakegpt_tui.ui.markdown.lines import (
    Line,
    LineId,
    LineSpan,
    TextAnchor,
    count_letters,
    find_line,
)
from fakegpt_tui.ui.markdown.render_context import RenderContext
from fakegpt_tui.ui.markdown.virtual_layout import VirtualLayout


class Layout(Sequence[Line]):
    """All lines of a message. It shows what the document holds now, not what it held before.

    Heights of what was never drawn are estimated, and put right when it is: line numbers below
    change then. So ask `reveal` before lines are looked at, or `measure` everything.
    """

    def __init__(self, drawing: RenderContext, chapters: ChunkSource) -> None:
        self._chapters = chapters
        self._parts = VirtualLayout(drawing, chapters)

    @property
    def drawing(self) -> RenderContext:
        """What the lines are drawn with."""
        return self._parts.drawing

    def sync(self) -> None:
        """Take over what has changed in the chapters."""
        self._parts.sync()

    def restyle(self, drawing: RenderContext) -> None:
        """Draw in other styles, in which everything is as high as it was."""
        self._parts.restyle(drawing)

    def refold(self, drawing: RenderContext) -> None:
        """Draw with other sections unfolded."""
        self._parts.refold(drawing)

    def measure(self, number: int = 0, *, most: int | None = None) -> None:
        """Put right the heights of a line and of all below it, which means to draw them.

        Args:
            number: The line.
            most: How many chapters that may take; where it takes more, nothing is done.
        """
        index = self._parts.chunk_at(number)
        if (
            most is not None
            and sum(not part.exact for part in self._parts.chunk_layouts[index:]) > most
        ):
            return
        while index < len(self._parts.chunk_layouts):
            if not self._parts.chunk_layouts[index].exact:
                self._parts.measure_chunk(self._parts.open_chunk(index))
            index += 1

    def reveal(self, number: int, count: int) -> int:
        """Put right the heights of `count` lines from a line on, or of as many above it.

        Returns: The line's number now. Numbers between it and the lines asked for are exact.
        """
        if not self:
            return 0
        part, at, line = self._find(max(0, min(number, len(self) - 1)))
        start = part.slots[at].fragment.start
        if count > 0:
            # One more, since the last one may be shared with the piece below it.
            self._walk_down(part, at, line + count + 1)
        else:
            self._walk_up(part, at, -count - line)
        return self._parts.line_number(*self._parts.fragment_at(start)) + line

    def line_id(self, number: int) -> LineId:
        """The name of a line that stays when its number changes."""
        part, at, line = self._find(number)
        return LineId(part.slots[at].fragment.start, line)

    def line_number(self, spot: LineId) -> int:
        """The number of a line now; of a line that is folded away, the one above it."""
        part, at = self._parts.fragment_at(spot.fragment_start)
        if not part.slots:
            return 0
        self._parts.measure_fragment(part, at)
        if not part.slots[at].height:
            return max(0, self._parts.line_number(part, at) - 1)
        if spot.line >= part.slots[at].height:
            # Text that has grown may have been divided since.
            self._walk_down(part, at, spot.line + 1)
            part, at = self._parts.fragment_at(spot.fragment_start)
        return min(self._parts.line_number(part, at) + spot.line, len(self))

    def span_at(self, offset: int) -> LineSpan:
        """The lines of the text around an offset; none if they are folded away."""
        part, at = self._parts.fragment_at(offset)
        if not part.slots:
            return LineSpan(0, len(self._chapters.text), ())
        lines, goes_on = self._parts.fragment_lines(part, at), part.continues(at)
        end = self._chapters.chunk_end(self._chapters.chunk_at(offset))
        if at + 1 < len(part.slots):
            end = part.slots[at + 1].fragment.start
        lines = lines[:-1] if goes_on else lines
        joins = at > 0 and part.continues(at - 1)
        return LineSpan(part.slots[at].fragment.start, end, lines, goes_on, joins)

    def anchor_at(self, number: int) -> TextAnchor:
        """What the line with a number shows."""
        part, at, line = self._find(number)
        lines = self._parts.fragment_lines(part, at)
        shown = line
        while shown < len(lines) - 1 and lines[shown].source is None:
            shown += 1
        source = lines[shown].source
        if source is None or part.slot_of(source[0]) != at:
            anchor = TextAnchor(part.slots[at].fragment.start)
        else:
            same = count_letters(other for other in lines[:shown] if other.source == source)
            anchor = TextAnchor(source[0], same - self._parts.carried_letters(part, at))
        return anchor._replace(above=self._line_of(part, at, anchor) - line)

    def find_anchor(self, anchor: TextAnchor) -> int:
        """The number of the line that an anchor is on now."""
        part, at = self._parts.fragment_at(anchor.source)
        if not part.slots:
            return 0
        line = self._line_of(part, at, anchor) if part.slots[at].height else -1
        number = self._parts.line_number(part, at) + line - anchor.above * (line >= 0)
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
        return self._parts.fragment_lines(part, at)[line]

    def _find(self, number: int) -> tuple[ChunkLayout, int, int]:
        """Where a line is, with what is there drawn: which of a guessed height's is a guess."""
        while True:
            tops = self._parts.tops()
            number = max(0, min(number, tops[-1] - 1))
            index = self._parts.chunk_at(number)
            part = self._parts.open_chunk(index)
            if self._parts.tops() is not tops:
                continue  # Its height has been put right.
            if not part.slots:
                raise IndexError(number)
            at = part.slot_at(number - tops[index])
            slot = part.slots[at]
            line, guess = number - tops[index] - part.starts[at], slot.height
            height = len(self._parts.fragment_lines(part, at))
            if height:
                # Of a guess only the ends are right, and the nearer one is as far as it was.
                is_lower = 2 * line >= guess or number == tops[-1] - 1
                line += (height - guess) * is_lower
                return part, *self._shared(part, at, max(0, min(line, height - 1)))

    def _shared(self, part: ChunkLayout, at: int, line: int) -> tuple[int, int]:
        """Where a line is drawn that the pieces below may go on with."""
        while line == part.slots[at].height - 1 and part.continues(at):
            at, line = at + 1, 0
            self._parts.fragment_lines(part, at)
        return at, line

    def _line_of(self, part: ChunkLayout, at: int, anchor: TextAnchor) -> int:
        """The line of a piece on which so many letters of a source have gone before."""
        letters = anchor.letters_before + self._parts.carried_letters(part, at)
        return find_line(self._parts.fragment_lines(part, at), anchor.source, letters)

    def _walk_down(self, part: ChunkLayout, at: int, lines: int) -> None:
        index = self._parts.chunk_layouts.index(part)
        while lines > 0:
            if at < len(part.slots):
                lines -= self._parts.measure_fragment(part, at)
                at += 1
                continue
            index += 1
            # What is known need not be read again, least of all what is folded away.
            while index < len(self._parts.chunk_layouts) and self._parts.chunk_layouts[index].exact:
                lines -= self._parts.chunk_layouts[index].height
                index += 1
            if index == len(self._parts.chunk_layouts) or lines <= 0:
                return
            part, at = self._parts.open_chunk(index), 0

    def _walk_up(self, part: ChunkLayout, at: int, lines: int) -> None:
        index = self._parts.chunk_layouts.index(part)
        while lines > 0:
            if at > 0:
                at -= 1
                lines -= self._parts.measure_fragment(part, at)
                continue
            while index > 0 and self._parts.chunk_layouts[index - 1].exact:
                lines -= self._parts.chunk_layouts[index - 1].height
                index -= 1
            if index == 0 or lines <= 0:
                return
            part = self._parts.open_chunk_above(self._parts.chunk_layouts[index])
            index = self._parts.chunk_layouts.index(part)
            at = len(part.slots)
