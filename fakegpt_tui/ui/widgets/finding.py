"""Finding text in the open conversation: what is shown of it, also where nobody has looked yet."""

import re
from bisect import bisect_right
from itertools import zip_longest
from typing import NamedTuple

from fakegpt_tui.domain import ChatMessage
from fakegpt_tui.ui.rendering.section_tags import has_section
from fakegpt_tui.ui.widgets.folding import Fold
from fakegpt_tui.ui.widgets.message_column import MessageColumn, Place
from fakegpt_tui.ui.widgets.message_layout import SAID, MessageLayout

_PATIENCE = 200
"""Messages to lay out in search of the next match, where the ones before only seemed to have it."""

_GAP = r"(?: *\n[ │┊↳]*)?"
"""What may stand between two characters that follow each other: the end of a line on the screen,
and what the next one begins with."""
_HARD_BREAK = "\v"
_MARKUP = re.compile(r"[*_`~\\\[\]]+")


class Span(NamedTuple):
    """The characters from `start` to `end` of a line."""

    line: int
    start: int
    end: int


Match = tuple[Span, ...]
"""One match: a span for each line that it is on."""


class Finding:
    """The matches of some words, in the order of the conversation; one of them is the current one.

    Messages that are not laid out are searched as they were written, and counted so. Looking at
    one puts its count right, as it does with its height.
    """

    def __init__(self, column: MessageColumn) -> None:
        self.words = ""
        self._column = column
        self._pattern: re.Pattern[str] | None = None
        self._counts: list[int] = []
        self._seen: list[ChatMessage] = []
        self._matches: dict[int, tuple[MessageLayout, int, list[Match]]] = {}
        self._current: tuple[int, int] | None = None

    @property
    def total(self) -> int:
        """How many matches there are, as far as is known."""
        return sum(self._counts)

    @property
    def number(self) -> int:
        """Which of them the current one is, from 1; 0 if none is."""
        if self._current is None:
            return 0
        index, nth = self._current
        return sum(self._counts[:index]) + nth + 1

    def look_for(self, words: str) -> None:
        """Look for `words`: in upper and lower case, unless there is an upper case letter."""
        self.words = words
        self._current = None
        self._pattern = _pattern(words) if words.strip() else None
        self.refresh()

    def refresh(self) -> None:
        """Take in what has become of the messages."""
        self._matches.clear()
        self._counts, self._seen = [], []
        self.take_in()

    def take_in(self) -> None:
        """Take in messages that are new or have changed."""
        if self._pattern is None:
            return
        for index, message in enumerate(self._column.messages):
            if index == len(self._counts):
                self._counts.append(self._estimated(message))
                self._seen.append(message)
            elif self._seen[index] is not message:
                self._counts[index] = self._estimated(message)
                self._seen[index] = message

    def from_place(self, place: Place) -> Place | None:
        """Make the first match at or below `place` the current one; where it is."""
        if not self.total:
            return None
        place = min(place, Place(len(self._counts) - 1, place.line))
        if self._counts[place.message]:
            self._open(place.message)
        for nth, match in enumerate(self._in(place.message)):
            if match[-1].line >= place.line:
                return self._choose(place.message, nth)
        return self._beyond(place.message, 1)

    def step(self, step: int, place: Place) -> Place | None:
        """Make the match after the current one current, or with -1 the one before it."""
        if self._current is None:
            return self.from_place(place)
        index, nth = self._current
        if 0 <= nth + step < len(self._in(index)):
            return self._choose(index, nth + step)
        return self._beyond(index, step)

    def spans(self, place: Place) -> list[tuple[int, int, bool]]:
        """The characters of a line that match, and whether they are of the current match."""
        if self._pattern is None:
            return []
        return [
            (span.start, span.end, self._current == (place.message, nth))
            for nth, match in enumerate(self._in(place.message))
            for span in match
            if span.line == place.line
        ]

    def _choose(self, index: int, nth: int) -> Place:
        self._current = (index, nth)
        return Place(index, self._in(index)[nth][0].line)

    def _beyond(self, index: int, step: int) -> Place | None:
        """The next match in another message; the search goes on at the other end."""
        count, laid_out = len(self._counts), 0
        for distance in range(1, count + 1):
            other = (index + distance * step) % count
            if not self._counts[other]:
                continue
            self._open(other)
            matches = self._in(other)
            if matches:
                return self._choose(other, 0 if step > 0 else len(matches) - 1)
            laid_out += 1
            if laid_out == _PATIENCE:
                break
        return None

    def _open(self, index: int) -> None:
        """Open the folds of a message that hide a match."""
        message = self._column.messages[index]
        if self._column.folds.open(message, reasoning=self._is_thought(message)):
            self._column.refold(index)

    def _in(self, index: int) -> list[Match]:
        """The matches on the lines of a message, as it is laid out now."""
        if self._pattern is None or index >= len(self._counts):
            return []
        layout = self._column.layout(index)
        known = self._matches.get(index)
        if known is None or known[:2] != (layout, layout.version):
            matches = _matches(layout, self._column.measure(index), self._pattern)
            known = self._matches[index] = layout, layout.version, matches
            hides = layout.fold is Fold.TEXT and self._is_thought(layout.message)
            if layout.fold is not Fold.NOTHING and not hides:
                self._counts[index] = len(matches)
        return known[2]

    def _is_thought(self, message: ChatMessage) -> bool:
        """May the words be in what is folded above a reply or in it?"""
        in_section = has_section(message.text) and self._count(message.text)
        return bool(in_section or self._count(message.reasoning))

    def _estimated(self, message: ChatMessage) -> int:
        return self._count(message.text) + self._count(message.reasoning)

    def _count(self, text: str) -> int:
        """How often the words stand in what was written, with markup or without."""
        if not text:
            return 0
        words = self.words
        if words == words.lower():
            text = text.lower()
        plain = text.count(words)
        if plain or not all(word in text for word in words.split()):
            return plain
        return " ".join(_MARKUP.sub("", text).split()).count(" ".join(words.split()))


def _pattern(words: str) -> re.Pattern[str]:
    parts = (_GAP.join(map(re.escape, word)) for word in words.split())
    flags = re.IGNORECASE if words == words.lower() else re.NOFLAG
    return re.compile(r"[ \n│┊↳]+".join(parts), flags)


def _matches(layout: MessageLayout, height: int, pattern: re.Pattern[str]) -> list[Match]:
    """The matches in what somebody wrote, over the ends of lines that are only the screen's."""
    numbers = [number for number in range(height) if layout.part(number) in SAID]
    lines = [layout.line(number) for number in numbers]
    starts = [0]
    pieces: list[str] = []
    for line, following in zip_longest(lines, lines[1:]):
        goes_on = following is not None and following.source == line.source is not None
        pieces.append(line.plain + ("\n" if goes_on else _HARD_BREAK))
        starts.append(starts[-1] + len(pieces[-1]))
    matches = []
    for match in pattern.finditer("".join(pieces)):
        first, last = (bisect_right(starts, at) - 1 for at in (match.start(), match.end() - 1))
        matches.append(
            tuple(
                Span(
                    numbers[index],
                    max(0, match.start() - starts[index]),
                    min(len(pieces[index]) - 1, match.end() - starts[index]),
                )
                for index in range(first, last + 1)
            )
        )
    return matches
