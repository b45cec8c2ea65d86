"""Find pattern: where a query occurs in written text and in lines as shown."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from fakegpt_tui.domain import ChatMessage
from fakegpt_tui.ui.markdown.lines import LINE_PREFIXES, WRAPPED, Line

_PREFIXES = f"{LINE_PREFIXES}{WRAPPED}"
_GAP = rf"(?: *\n[{_PREFIXES}]*)?"
"""What may be between two characters that follow each other: the end of a line on the screen, and
the prefix of the next one."""
_HARD_BREAK = "\v"
_MARKUP = r"*_`~\\\[\]"
_BACKWARD_STEP = 65_536
"""Characters that are searched at a time for the last match before an offset."""


class ShownRange(NamedTuple):
    """The characters from `start` to `end` of a line."""

    line: int
    start: int
    end: int


def first_found(queries: Sequence[str], message: ChatMessage) -> str | None:
    """The first query that a message has as it is written."""
    text = f"{message.reasoning or ''}\n{message.text}"
    return next(
        (each for each in queries if FindPattern(each).find_next(text, 0) is not None), None
    )


class FindPattern:
    """A query: words in any case, unless one of them has an upper case letter."""

    def __init__(self, query: str) -> None:
        self._ignores_case = query == query.lower()
        self._query = " ".join(query.split())
        self._shown_regex = self._compile(_GAP, rf"[\n{_PREFIXES}]+")
        self._written_regex = self._compile(f"[{_MARKUP}]*", rf"[\s>{_MARKUP}]+")

    def _compile(self, within: str, between: str) -> re.Pattern[str]:
        parts = (within.join(map(re.escape, word)) for word in self._query.split())
        flags = re.IGNORECASE if self._ignores_case else re.NOFLAG
        return re.compile(between.join(parts), flags)

    @property
    def max_length(self) -> int:
        """The characters that a match may take in written text, with markup in it."""
        return len(self._query) * 8

    def is_plain(self, text: str) -> bool:
        """Is the query in a written text as it is, with no markup in it?"""
        return self._query in (text.lower() if self._ignores_case else text)

    def count(self, text: str, *, is_plain: bool) -> int:
        """How often the query is in a written text: with no markup in it, or with some."""
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
        """The offset of the first match in a written text at or after `start`."""
        match = self._written_regex.search(text, start)
        return match.start() if match else None

    def find_last(self, text: str, end: int) -> int | None:
        """The offset of the last match in a written text before `end`."""
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
        """The matches in lines as they are shown, also those that go on in the next line.

        The last line goes on in the lines `below`: a match may end there, but not begin there.
        """
        runs = list(_text_runs((*lines, *below), len(lines)))
        starts = list(accumulate((len(run.text) for run in runs), initial=0))
        found = []
        for match in self._shown_regex.finditer("".join(run.text for run in runs)):
            first, last = (bisect_right(starts, at) - 1 for at in (match.start(), match.end() - 1))
            if runs[first].line < len(lines):
                span = match.span()
                ranges = (_shown_range(runs[n], starts[n], span) for n in range(first, last + 1))
                found.append(tuple(each for each in ranges if each.start < each.end))
        # The cells of a table are read one after the other, but are side by side on the screen.
        return iter(sorted(found))


class _TextRun(NamedTuple):
    """Text that is read before the next run; the first `size` characters of it are on a line."""

    line: int
    start: int
    text: str
    size: int


def _text_runs(lines: Sequence[Line], count: int) -> Iterator[_TextRun]:
    """The text of lines in reading order, table cell by table cell.

    The first `count` lines continue in those after them.
    """
    at = 0
    while at < len(lines):
        if row := _table_row(lines, at):
            for column in zip(*row, strict=True):
                for number, (start, text) in enumerate(column):
                    if shown := text.rstrip():
                        yield _TextRun(at + number, start, shown + "\n", len(shown))
                yield _TextRun(at, 0, _HARD_BREAK, 0)
            at += len(row)
            continue
        line, after = lines[at], lines[at + 1] if at + 1 < len(lines) else None
        continues = after is not None and (
            after.source == line.source is not None or at + 1 == count
        )
        shown = line.without_controls
        yield _TextRun(at, 0, shown + ("\n" if continues else _HARD_BREAK), len(shown))
        at += 1


def _table_row(lines: Sequence[Line], at: int) -> list[list[tuple[int, str]]]:
    """The cells on each line of the table row that begins here; empty if there is none."""
    source = lines[at].source
    row: list[list[tuple[int, str]]] = []
    while source is not None and at < len(lines) and lines[at].source == source:
        cells = lines[at].table_cells
        if len(cells) != len(row[0] if row else cells) or len(cells) == 1:
            return []
        row.append(cells)
        at += 1
    return row


def _shown_range(run: _TextRun, start: int, match: tuple[int, int]) -> ShownRange:
    """The part of a match that is on a run, without the prefix of a line that continues."""
    first, last = (min(max(0, end - start), run.size) for end in match)
    if match[0] < start:
        rest = run.text[first:last]
        first += len(rest) - len(rest.lstrip(_PREFIXES))
    return ShownRange(run.line, run.start + first, run.start + last)
