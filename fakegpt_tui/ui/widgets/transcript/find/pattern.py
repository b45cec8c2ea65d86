"""Find pattern: where a query occurs in written text and in lines as shown."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from fakegpt_tui.ui.markdown.lines import Line

_LINE_BEGINS = " │┊↳▌"
_GAP = rf"(?: *\n[{_LINE_BEGINS}]*)?"
"""What may stand between two characters that follow each other: the end of a line on the screen,
and what the next one begins with."""
_HARD_BREAK = "\v"
_MARKUP = r"*_`~\\\[\]"
_BACKWARD_STEP = 65_536
"""Characters that are gone through at a time to find the last match of many."""


class ShownRange(NamedTuple):
    """The characters from `start` to `end` of a line."""

    line: int
    start: int
    end: int


class FindPattern:
    """The words: in upper and lower case, unless there is an upper case letter."""

    def __init__(self, words: str) -> None:
        self._ignores_case = words == words.lower()
        self._query = " ".join(words.split())
        self._shown_regex = self._compile(_GAP, rf"[\n{_LINE_BEGINS}]+")
        self._written_regex = self._compile(f"[{_MARKUP}]*", rf"[\s>{_MARKUP}]+")

    def _compile(self, within: str, between: str) -> re.Pattern[str]:
        parts = (within.join(map(re.escape, word)) for word in self._query.split())
        flags = re.IGNORECASE if self._ignores_case else re.NOFLAG
        return re.compile(between.join(parts), flags)

    @property
    def max_length(self) -> int:
        """The characters that the words may take where they are written, with markup in them."""
        return len(self._query) * 8

    def is_plain(self, text: str) -> bool:
        """Whether the words stand in what was written, with no markup in them."""
        return self._query in (text.lower() if self._ignores_case else text)

    def count(self, text: str, *, is_plain: bool) -> int:
        """How often the words stand in what was written: with no markup in them, or with some."""
        if not text:
            return 0
        if self._ignores_case:
            text = text.lower()
        if is_plain:
            return text.count(self._query)
        if not all(word in text for word in self._query.split()):
            return 0
        plain = " ".join(re.sub(f"[{_MARKUP}]+", "", text).split())
        return plain.count(self._query)

    def find_next(self, text: str, start: int) -> int | None:
        """Where the words stand at or behind `start` in what was written."""
        match = self._written_regex.search(text, start)
        return match.start() if match else None

    def find_last(self, text: str, end: int) -> int | None:
        """Where the words stand before `end` in what was written, the last time."""
        while end > 0:
            start = max(0, end - _BACKWARD_STEP)
            stop = end + self.max_length
            found = [match.start() for match in self._written_regex.finditer(text, start, stop)]
            before = bisect_right(found, end - 1)
            if before:
                return found[before - 1]
            end = start
        return None

    def find_in_lines(
        self, lines: Sequence[Line], below: Sequence[Line] = ()
    ) -> Iterator[tuple[ShownRange, ...]]:
        """The matches in lines that are shown, over those ends of lines that are the screen's.

        Those that end in the lines `below`, which go on where these end, count; those that begin
        there do not.
        """
        pieces = list(_text_runs((*lines, *below), len(lines)))
        starts = list(accumulate((len(piece.text) for piece in pieces), initial=0))
        runs = []
        for match in self._shown_regex.finditer("".join(piece.text for piece in pieces)):
            first, last = (bisect_right(starts, at) - 1 for at in (match.start(), match.end() - 1))
            if pieces[first].line < len(lines):
                ends = match.start(), match.end()
                parts = zip(pieces[first : last + 1], starts[first:], strict=False)
                spread = (_shown_range(piece, start, ends) for piece, start in parts)
                runs.append(tuple(run for run in spread if run.start < run.end))
        # The cells of a table are read one after the other, but stand side by side.
        return iter(sorted(runs))


class _TextRun(NamedTuple):
    """Text that is read before the next piece; `size` characters of it stand on a line."""

    line: int
    start: int
    text: str
    size: int


def _text_runs(lines: Sequence[Line], count: int) -> Iterator[_TextRun]:
    """What is shown in the order in which it is read, cell by cell where there are any.

    The first `count` lines go on in those behind them.
    """
    at = 0
    while at < len(lines):
        row = _row(lines, at)
        if row:
            for column in zip(*row, strict=True):
                yield from _cell(column, at)
        else:
            line, following = lines[at], lines[at + 1] if at + 1 < len(lines) else None
            goes_on = following is not None and following.source == line.source is not None
            goes_on = goes_on or (following is not None and at + 1 == count)
            said = line.without_controls
            yield _TextRun(at, 0, said + ("\n" if goes_on else _HARD_BREAK), len(said))
        at += max(1, len(row))


_Cells = list[tuple[int, str]]


def _row(lines: Sequence[Line], at: int) -> list[_Cells]:
    """The cells on each of the lines that a row of a table takes; none if there is no such row."""
    source = lines[at].source
    row: list[_Cells] = []
    while source is not None and at < len(lines) and lines[at].source == source:
        cells = lines[at].table_cells
        if len(cells) != len(row[0] if row else cells) or len(cells) == 1:
            return []
        row.append(cells)
        at += 1
    return row


def _cell(column: Sequence[tuple[int, str]], line: int) -> Iterator[_TextRun]:
    """What stands in a cell, line by line, and the end of it."""
    for row, (start, text) in enumerate(column):
        if shown := text.rstrip():
            yield _TextRun(line + row, start, shown + "\n", len(shown))
    yield _TextRun(line, 0, _HARD_BREAK, 0)


def _shown_range(piece: _TextRun, start: int, match: tuple[int, int]) -> ShownRange:
    """The part of a match that is on a piece, without what its line begins with if it goes on."""
    first, last = (min(max(0, end - start), piece.size) for end in match)
    if match[0] < start:
        rest = piece.text[first:last]
        first += len(rest) - len(rest.lstrip(_LINE_BEGINS))
    return ShownRange(piece.line, piece.start + first, piece.start + last)
