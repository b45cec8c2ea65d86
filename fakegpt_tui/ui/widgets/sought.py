"""Words that somebody looks for, in what was written and in what is shown of it."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple

from fakegpt_tui.ui.rendering.line import Line

_GAP = r"(?: *\n[ │┊↳]*)?"
"""What may stand between two characters that follow each other: the end of a line on the screen,
and what the next one begins with."""
_HARD_BREAK = "\v"
_MARKUP = r"*_`~\\\[\]"
_BACKWARDS = 65_536
"""Characters that are gone through at a time to find the last match of many."""


class Run(NamedTuple):
    """The characters from `start` to `end` of a line."""

    line: int
    start: int
    end: int


class Sought:
    """The words: in upper and lower case, unless there is an upper case letter."""

    def __init__(self, words: str) -> None:
        self._ignores_case = words == words.lower()
        self._words = " ".join(words.split())
        self._shown = self._pattern(_GAP, r"[ \n│┊↳]+")
        self._written = self._pattern(f"[{_MARKUP}]*", rf"[\s>{_MARKUP}]+")

    def _pattern(self, within: str, between: str) -> re.Pattern[str]:
        parts = (within.join(map(re.escape, word)) for word in self._words.split())
        flags = re.IGNORECASE if self._ignores_case else re.NOFLAG
        return re.compile(between.join(parts), flags)

    @property
    def reach(self) -> int:
        """The characters that the words may take where they are written, with markup in them."""
        return len(self._words) * 8

    def is_plain(self, text: str) -> bool:
        """Whether the words stand in what was written, with no markup in them."""
        return self._words in (text.lower() if self._ignores_case else text)

    def count(self, text: str, *, is_plain: bool) -> int:
        """How often the words stand in what was written: with no markup in them, or with some."""
        if not text:
            return 0
        if self._ignores_case:
            text = text.lower()
        if is_plain:
            return text.count(self._words)
        if not all(word in text for word in self._words.split()):
            return 0
        plain = " ".join(re.sub(f"[{_MARKUP}]+", "", text).split())
        return plain.count(self._words)

    def next(self, text: str, start: int) -> int | None:
        """Where the words stand at or behind `start` in what was written."""
        match = self._written.search(text, start)
        return match.start() if match else None

    def last(self, text: str, end: int) -> int | None:
        """Where the words stand before `end` in what was written, the last time."""
        while end > 0:
            start = max(0, end - _BACKWARDS)
            stop = end + self.reach
            found = [match.start() for match in self._written.finditer(text, start, stop)]
            before = bisect_right(found, end - 1)
            if before:
                return found[before - 1]
            end = start
        return None

    def runs(self, lines: Sequence[Line], below: Sequence[Line] = ()) -> Iterator[tuple[Run, ...]]:
        """The matches in lines that are shown, over those ends of lines that are the screen's.

        Those that end in the lines `below`, which go on where these end, count; those that begin
        there do not.
        """
        starts = [0]
        pieces: list[str] = []
        shown = (*lines, *below)
        for number, (line, following) in enumerate(zip_longest(shown, shown[1:]), 1):
            goes_on = following is not None and following.source == line.source is not None
            goes_on = goes_on or (following is not None and number == len(lines))
            pieces.append(line.said + ("\n" if goes_on else _HARD_BREAK))
            starts.append(starts[-1] + len(pieces[-1]))
        for match in self._shown.finditer("".join(pieces)):
            first, last = (bisect_right(starts, at) - 1 for at in (match.start(), match.end() - 1))
            if first >= len(lines):
                return
            yield tuple(
                Run(
                    line,
                    max(0, match.start() - starts[line]),
                    min(len(pieces[line]) - 1, match.end() - starts[line]),
                )
                for line in range(first, last + 1)
            )
