"""Matches of a query in the open conversation, found without laying out all of it."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from textual.cache import LRUCache

from fakegpt_tui.domain import ChatMessage
from fakegpt_tui.ui.markdown.blocks import has_section
from fakegpt_tui.ui.markdown.lines import Line, LineId, LineSpan
from fakegpt_tui.ui.widgets.transcript.find.pattern import FindPattern
from fakegpt_tui.ui.widgets.transcript.line_ids import (
    WRITTEN_ZONES,
    MessageZone,
    pack_line_id,
    unpack_line_id,
)
from fakegpt_tui.ui.widgets.transcript.virtual_list import LinePosition, VirtualList

_MAX_CACHED = 100


class MatchSpan(NamedTuple):
    """The characters from `start` to `end` of a line."""

    line: int
    start: int
    end: int


_Shown = tuple[Sequence[Line], Sequence[Line]]
"""Lines that are drawn together, and those in which they go on."""
Match = tuple[MatchSpan, ...]
"""One match: a span for each line that it is on."""


MatchSearch = Generator[LinePosition | None]
"""What a search comes past: nothing as often as the words only seemed to stand there, and then a
match. It goes on whenever it is asked to, and all the way round if it has to; whoever drops it
before closes it, so that it leaves no fold open."""


@dataclass(slots=True)
class _SearchOutcome:
    """A look into a message: were the words there?"""

    found: bool = False


class _ZoneText(NamedTuple):
    """What was written in a part of a message, and how often the words stand there."""

    part: MessageZone
    text: str
    times: int
    is_plain: bool


class Matches:
    """The matches of some words, in the order of the conversation; one of them is the current one.

    What is not drawn is searched as it was written, and counted so. Looking at it puts its count
    right, as it does with its height.
    """

    def __init__(self, column: VirtualList) -> None:
        self.query = ""
        self._message_list = column
        self._pattern: FindPattern | None = None
        self._searched: list[ChatMessage] = []
        self._texts: list[tuple[_ZoneText, ...]] = []
        self._counts: list[int] = []
        self._corrections: list[dict[tuple[MessageZone, int], int]] = []
        self._count_above_cache: dict[tuple[int, MessageZone, int], int] = {}
        self._cache: LRUCache[tuple[int, MessageZone, int], tuple[_Shown, list[Match]]]
        self._cache = LRUCache(_MAX_CACHED)
        self._current: tuple[int, MatchSpan] | None = None

    @property
    def total(self) -> int:
        """How many matches there are, as far as is known."""
        return sum(self._counts)

    @property
    def current_number(self) -> int:
        """Which of them the current one is, from 1; 0 if none is."""
        now = self._current_now()
        if now is None or self._pattern is None:
            return 0
        index, current = now
        part, spot = unpack_line_id(current.line)
        key = (part, spot.fragment_start)
        _, matches = self._cache.get((index, *key)) or ((), [])
        above = sum(more for at, more in self._corrections[index].items() if at < key)
        here = sum(match[0] < current for match in matches)
        written = self._count_above(index, part, spot.fragment_start)
        return sum(self._counts[:index]) + written + above + here + 1

    def set_query(self, words: str) -> None:
        """Look for `words`: in upper and lower case, unless there is an upper case letter."""
        self.query = words
        self._current = None
        self._pattern = FindPattern(words) if words.strip() else None
        self._searched, self._texts, self._counts, self._corrections = [], [], [], []
        self._cache.clear()
        self._count_above_cache.clear()
        self.update_messages()

    def update_messages(self) -> None:
        """Take in messages that are new or have changed."""
        if self._pattern is None:
            return
        for index, message in enumerate(self._message_list.messages):
            if index < len(self._searched) and self._searched[index] is message:
                continue
            texts = _texts(message, self._pattern)
            at = slice(index, index + 1)
            self._searched[at], self._texts[at], self._corrections[at] = [message], [texts], [{}]
            self._counts[at] = [sum(text.times for text in texts)]
            self._count_above_cache.clear()

    def find_from(self, place: LinePosition) -> MatchSearch:
        """Make the first match at or below `place` the current one; where it is."""
        if not self.total:
            return
        place = min(place, LinePosition(len(self._texts) - 1, place.line))
        index = place.message
        with self._unfolded(index) as look:
            for match in self._matches(index, place.line, 1):
                if match is not None and match[-1].line >= place.line:
                    look.found = True
                    yield self._make_current(index, match)
                    return
                yield None
        yield from self._find_in_others(index, 1)

    def find_next(self, step: int, place: LinePosition) -> MatchSearch:
        """Make the match after the current one current, or with -1 the one before it."""
        now = self._current_now()
        if now is None:
            yield from self.find_from(place)
            return
        index, current = now
        for match in self._matches(index, current.line, step):
            if match is not None and (match[0] > current if step > 0 else match[0] < current):
                yield self._make_current(index, match)
                return
            yield None
        yield from self._find_in_others(index, step)

    def spans(self, place: LinePosition) -> list[tuple[int, int, bool]]:
        """The characters of a line that match, and whether they are of the current match."""
        part, spot = unpack_line_id(place.line)
        if self._pattern is None or part not in WRITTEN_ZONES or place.message >= len(self._texts):
            return []
        layout = self._message_list.layout(place.message)
        stretch = layout.span_at(part, spot.fragment_start)
        matches = self._matches_in(place.message, part, stretch)
        if stretch is not None and stretch.joins:
            above = layout.span_at(part, stretch.start - 1)
            matches = [*self._matches_in(place.message, part, above), *matches]
        return [
            (span.start, span.end, self._current == (place.message, match[0]))
            for match in matches
            for span in match
            if span.line == place.line
        ]

    def _make_current(self, index: int, match: Match) -> LinePosition:
        self._current = (index, match[0])
        return LinePosition(index, match[0].line)

    def _current_now(self) -> tuple[int, MatchSpan] | None:
        """The current match where it stands now: lines may have been broken elsewhere since."""
        if self._current is not None and self._current[0] < len(self._message_list.messages):
            index, current = self._current
            part, spot = unpack_line_id(current.line)
            self._matches_in(
                index, part, self._message_list.layout(index).span_at(part, spot.fragment_start)
            )
        return self._current

    def _keep_current(self, index: int, before: Sequence[Match], now: Sequence[Match]) -> None:
        """Stay at the same one of the matches on lines that are drawn anew."""
        starts = [(index, match[0]) for match in before]
        if now and self._current in starts:
            self._current = index, now[min(starts.index(self._current), len(now) - 1)][0]

    def _find_in_others(self, index: int, step: int) -> MatchSearch:
        """The next match in another message; the search goes on at the other end."""
        count = len(self._texts)
        first = 0 if step > 0 else pack_line_id(MessageZone.END, LineId(0, 0))
        for distance in range(1, count + 1):
            other = (index + distance * step) % count
            if not self._counts[other]:
                continue
            with self._unfolded(other) as look:
                for match in self._matches(other, first, step):
                    if match is not None:
                        look.found = True
                        yield self._make_current(other, match)
                        return
                    yield None

    @contextmanager
    def _unfolded(self, index: int) -> Iterator[_SearchOutcome]:
        """Open the folds of a message that may hide a match, and close them if that was in vain."""
        look = _SearchOutcome()
        column = self._message_list
        message, folds = column.messages[index], column.folds
        before = folds.of(message)
        is_opened = bool(self._counts[index]) and folds.unfold(
            message, reasoning=self._may_be_in_reasoning(index)
        )
        if is_opened:
            column.refold(index)
        try:
            yield look
        finally:
            if is_opened and not look.found:
                folds.set(message, before)
                # Other messages may be shown since the search was begun.
                if index < len(column.messages) and column.messages[index].id == message.id:
                    column.refold(index)

    def _may_be_in_reasoning(self, index: int) -> bool:
        """May the words be in what is folded above a reply or in it?"""
        reasoning, text = self._texts[index]
        return bool(reasoning.times or (text.times and has_section(text.text)))

    def _matches(self, index: int, line: int, step: int) -> Iterator[Match | None]:
        """The matches of a message from about a line on, down or up; nothing where none are."""
        for part, stretch in self._spans(index, line, step):
            yield from self._matches_in(index, part, stretch)[::step] or (None,)

    def _spans(self, index: int, line: int, step: int) -> Iterator[tuple[MessageZone, LineSpan]]:
        """What is drawn around a line, and then where the words seem to stand."""
        part, spot = unpack_line_id(line)
        for text in self._texts[index][::step]:
            if text.part is part:
                yield from self._spans_along(index, text, spot.fragment_start, step)
            elif text.times and (text.part > part) is (step > 0):
                offset = self._next_offset(text, 0 if step > 0 else len(text.text), step)
                yield from self._spans_along(index, text, offset, step)

    def _spans_along(
        self, index: int, text: _ZoneText, offset: int | None, step: int
    ) -> Iterator[tuple[MessageZone, LineSpan]]:
        """What is drawn around an offset of a text, and then where the words seem to stand."""
        layout = self._message_list.layout(index)
        while offset is not None and (stretch := layout.span_at(text.part, offset)) is not None:
            near = [stretch]
            if stretch.continues and (below := layout.span_at(text.part, stretch.end)):
                # The line that both share is in the other one.
                near.append(below)
            yield from ((text.part, other) for other in near[::step])
            offset = self._next_offset(text, stretch.end if step > 0 else stretch.start, step)

    def _next_offset(self, text: _ZoneText, offset: int, step: int) -> int | None:
        if self._pattern is None:
            return None
        search = self._pattern.find_next if step > 0 else self._pattern.find_last
        return search(text.text, offset)

    def _matches_in(self, index: int, part: MessageZone, stretch: LineSpan | None) -> list[Match]:
        """The matches on lines that are drawn together."""
        if self._pattern is None or stretch is None or not stretch.lines:
            return []
        key = (index, part, stretch.start)
        shown = stretch.lines, self._below(index, part, stretch)
        lines, before = self._cache.get(key) or (None, [])
        if lines == shown:
            return before
        names = [pack_line_id(part, LineId(stretch.start, n)) for n in range(len(shown[0]))]
        names += [pack_line_id(part, LineId(stretch.end, n)) for n in range(len(shown[1]))]
        matches = [
            tuple(MatchSpan(names[run.line], run.start, run.end) for run in runs)
            for runs in self._pattern.find_in_lines(*shown)
        ]
        self._cache.discard(key)  # Textual's cache never replaces a value.
        self._cache[key] = shown, matches
        self._keep_current(index, before, matches)
        self._correct_count(index, part, stretch, len(matches))
        return matches

    def _below(self, index: int, part: MessageZone, stretch: LineSpan) -> Sequence[Line]:
        """The lines in which those of a stretch go on."""
        below = (
            self._message_list.layout(index).span_at(part, stretch.end)
            if stretch.continues
            else None
        )
        return below.lines if below is not None else ()

    def _correct_count(self, index: int, part: MessageZone, stretch: LineSpan, shown: int) -> None:
        """Count what is shown instead of what was written."""
        written = self._count_written(index, part, stretch.start, stretch.end)
        more, key = self._corrections[index], (part, stretch.start)
        self._counts[index] += shown - written - more.get(key, 0)
        more[key] = shown - written

    def _count_written(self, index: int, part: MessageZone, start: int, end: int) -> int:
        """How often the words begin in a range of what was written."""
        text = next(text for text in self._texts[index] if text.part is part)
        if self._pattern is None or not text.times:
            return 0
        stop = end + self._pattern.max_length
        all_in, beyond = (
            self._pattern.count(text.text[at:stop], is_plain=text.is_plain) for at in (start, end)
        )
        return all_in - beyond

    def _count_above(self, index: int, part: MessageZone, offset: int) -> int:
        """How often the words stand above an offset in what was written of a message."""
        key = (index, part, offset)
        if key not in self._count_above_cache:
            before = sum(text.times for text in self._texts[index] if text.part < part)
            self._count_above_cache[key] = before + self._count_written(index, part, 0, offset)
        return self._count_above_cache[key]


def _texts(message: ChatMessage, sought: FindPattern) -> tuple[_ZoneText, ...]:
    written = ((MessageZone.REASONING, message.reasoning), (MessageZone.TEXT, message.text))
    return tuple(_text(part, text or "", sought) for part, text in written)


def _text(part: MessageZone, text: str, sought: FindPattern) -> _ZoneText:
    is_plain = sought.is_plain(text)
    return _ZoneText(part, text, sought.count(text, is_plain=is_plain), is_plain)
