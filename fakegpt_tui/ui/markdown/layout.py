"""Layout: the lines of a message at one width, by number, by id, or by what they show."""

from collections.abc import Iterator, Sequence
from typing import overload

from fakegpt_tui.ui.markdown.chunk_layout import ChunkLayout
from fakegpt_tui.ui.markdown.lines import (
    Line,
    LineId,
    LineSpan,
    TextAnchor,
    count_letters,
    find_line,
)
from fakegpt_tui.ui.markdown.virtual_layout import VirtualLayout


class Layout(VirtualLayout, Sequence[Line]):
    """All lines of a message, as the document is now.

    What was never drawn has an estimated height. Drawing it makes the height exact, which changes
    the numbers of all lines below. So call `reveal` before you look at lines, or `measure` all.
    """

    def measure(self, number: int = 0, *, most: int | None = None) -> None:
        """Make the heights of a line and of all below it exact, by drawing them.

        Args:
            number: The line.
            most: Do nothing if more chunks than this would have to be drawn.
        """
        index = self.chunk_of_line(number)
        estimated = sum(not chunk.exact for chunk in self.chunks[index:])
        if most is not None and estimated > most:
            return
        while index < len(self.chunks):
            if not self.chunks[index].exact:
                self.measure_chunk(self.open_chunk(index))
            index += 1

    def reveal(self, number: int, count: int) -> int:
        """Make the heights of `count` lines from a line on exact, or of as many above it.

        Returns: The line's number now. Numbers between it and the lines asked for are exact.
        """
        if not self:
            return 0
        chunk, at, line = self._find(max(0, min(number, len(self) - 1)))
        start = chunk.slots[at].fragment.start
        if count > 0:
            # One more, since the last one may be shared with the fragment below it.
            self._walk_down(chunk, at, line + count + 1)
        else:
            self._walk_up(chunk, at, -count - line)
        return self.top_of(*self.fragment_at(start)) + line

    def line_id(self, number: int) -> LineId:
        """What identifies a line when its number has changed."""
        chunk, at, line = self._find(number)
        return LineId(chunk.slots[at].fragment.start, line)

    def line_number(self, line_id: LineId) -> int:
        """The number of a line now; of a line that is folded away, the one above it."""
        chunk, at = self.fragment_at(line_id.fragment_start)
        if not chunk.slots:
            return 0
        self.measure_fragment(chunk, at)
        if not chunk.slots[at].height:
            return max(0, self.top_of(chunk, at) - 1)
        if line_id.line >= chunk.slots[at].height:
            # Text that has grown may have been divided since.
            self._walk_down(chunk, at, line_id.line + 1)
            chunk, at = self.fragment_at(line_id.fragment_start)
        return min(self.top_of(chunk, at) + line_id.line, len(self))

    def span_at(self, offset: int) -> LineSpan:
        """The lines of the text around an offset; none if they are folded away."""
        chunk, at = self.fragment_at(offset)
        if not chunk.slots:
            return LineSpan(0, len(self._source.text), ())
        lines, continues = self.fragment_lines(chunk, at), chunk.continues(at)
        end = self._source.chunk_end(self._source.chunk_at(offset))
        if at + 1 < len(chunk.slots):
            end = chunk.slots[at + 1].fragment.start
        lines = lines[:-1] if continues else lines
        joins = at > 0 and chunk.continues(at - 1)
        return LineSpan(chunk.slots[at].fragment.start, end, lines, continues, joins)

    def anchor_at(self, number: int) -> TextAnchor:
        """What the line with a number shows."""
        chunk, at, line = self._find(number)
        lines = self.fragment_lines(chunk, at)
        shown = line
        while shown < len(lines) - 1 and lines[shown].source is None:
            shown += 1
        source = lines[shown].source
        if source is None or chunk.slot_of(source[0]) != at:
            anchor = TextAnchor(chunk.slots[at].fragment.start)
        else:
            same = count_letters(other for other in lines[:shown] if other.source == source)
            anchor = TextAnchor(source[0], same - self.carried_letters(chunk, at))
        return anchor._replace(above=self._line_of(chunk, at, anchor) - line)

    def find_anchor(self, anchor: TextAnchor) -> int:
        """The number of the line that an anchor is on now."""
        chunk, at = self.fragment_at(anchor.source)
        if not chunk.slots:
            return 0
        line = self._line_of(chunk, at, anchor) if chunk.slots[at].height else -1
        number = self.top_of(chunk, at) + line - anchor.above * (line >= 0)
        return max(0, min(number, len(self) - 1))

    def __len__(self) -> int:
        return self.tops()[-1]

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
        chunk, at, line = self._find(number)
        return self.fragment_lines(chunk, at)[line]

    def _find(self, number: int) -> tuple[ChunkLayout, int, int]:
        """The chunk, slot and line with a number, drawn; a near one, if heights are estimated."""
        while True:
            tops = self.tops()
            number = max(0, min(number, tops[-1] - 1))
            index = self.chunk_of_line(number)
            chunk = self.open_chunk(index)
            if self.tops() is not tops:
                continue  # Its height was estimated, and is exact now.
            if not chunk.slots:
                raise IndexError(number)
            at = chunk.slot_at(number - tops[index])
            slot = chunk.slots[at]
            line, estimate = number - tops[index] - chunk.starts[at], slot.height
            height = len(self.fragment_lines(chunk, at))
            if height:
                # Only the ends of an estimate are certain: keep the distance to the nearer one.
                is_lower = 2 * line >= estimate or number == tops[-1] - 1
                line += (height - estimate) * is_lower
                return chunk, *self._shared(chunk, at, max(0, min(line, height - 1)))

    def _shared(self, chunk: ChunkLayout, at: int, line: int) -> tuple[int, int]:
        """The last fragment that a line is in: those below may join it."""
        while line == chunk.slots[at].height - 1 and chunk.continues(at):
            at, line = at + 1, 0
            self.fragment_lines(chunk, at)
        return at, line

    def _line_of(self, chunk: ChunkLayout, at: int, anchor: TextAnchor) -> int:
        """The line of a fragment that an anchor is on."""
        letters = anchor.letters_before + self.carried_letters(chunk, at)
        return find_line(self.fragment_lines(chunk, at), anchor.source, letters)

    def _walk_down(self, chunk: ChunkLayout, at: int, lines: int) -> None:
        index = self.chunks.index(chunk)
        while lines > 0:
            if at < len(chunk.slots):
                lines -= self.measure_fragment(chunk, at)
                at += 1
                continue
            index += 1
            # An exact chunk need not be parsed again, least of all if it is folded away.
            while index < len(self.chunks) and self.chunks[index].exact:
                lines -= self.chunks[index].height
                index += 1
            if index == len(self.chunks) or lines <= 0:
                return
            chunk, at = self.open_chunk(index), 0

    def _walk_up(self, chunk: ChunkLayout, at: int, lines: int) -> None:
        index = self.chunks.index(chunk)
        while lines > 0:
            if at > 0:
                at -= 1
                lines -= self.measure_fragment(chunk, at)
                continue
            while index > 0 and self.chunks[index - 1].exact:
                lines -= self.chunks[index - 1].height
                index -= 1
            if index == 0 or lines <= 0:
                return
            chunk = self.open_chunk_above(self.chunks[index])
            index = self.chunks.index(chunk)
            at = len(chunk.slots)
