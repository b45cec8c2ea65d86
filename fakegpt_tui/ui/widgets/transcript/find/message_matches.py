"""Matches in one message: counted as written, and exactly where lines are drawn."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from textual.cache import LRUCache

from fakegpt_tui.ui.markdown.block_rules import has_section
from fakegpt_tui.ui.markdown.lines import Line, LineId, LineSpan
from fakegpt_tui.ui.widgets.transcript.find.pattern import FindPattern
from fakegpt_tui.ui.widgets.transcript.line_ids import (
    WRITTEN_ZONES,
    MessageZone,
    pack_line_id,
    placed_text,
    unpack_line_id,
)
from fakegpt_tui.ui.widgets.transcript.part_captions import tool_texts
from fakegpt_tui.ui.widgets.transcript.virtual_list import VirtualList


class MatchSpan(NamedTuple):
    """The characters from `start` to `end` of a line."""

    line: int
    start: int
    end: int


Match = tuple[MatchSpan, ...]
"""One match: a span for each line that it is on."""
_DrawnLines = tuple[Sequence[Line], Sequence[Line]]
"""Lines that are drawn together, and the lines in which their text goes on."""
MatchCache = LRUCache[tuple[int, MessageZone, int], tuple[_DrawnLines, list[Match]]]
"""By the index of the message, the zone, and where in its text the lines begin."""


class _ZoneText(NamedTuple):
    """The text of a zone, and how often the query is in it as it is written."""

    zone: MessageZone
    text: str
    times: int
    is_plain: bool


class MessageMatches:
    """The matches in the message at `index`; `current` is the current match, if it is here."""

    def __init__(
        self,
        index: int,
        message_list: VirtualList,
        pattern: FindPattern,
        cache: MatchCache,
        current: MatchSpan | None,
    ) -> None:
        self.index = index
        self.message = message = message_list.messages[index]
        self.current = current
        self._message_list = message_list
        self._pattern = pattern
        self._cache = cache
        tools = tool_texts(message)
        self._placed = [
            (offset, times) for offset, text in tools.within if (times := self._count(text))
        ]
        """What tools say within the text: behind so many characters of it, and how often."""
        reasoning, text = (placed_text(message, zone) for zone in WRITTEN_ZONES)
        zones = (
            (MessageZone.REASONING, reasoning),
            (MessageZone.FIRST_PARTS, tools.above),
            (MessageZone.TEXT, text),
            (MessageZone.PARTS, tools.below),
        )
        self._texts = [
            self._count_text(*each) for each in zones if each[1] or each[0] in WRITTEN_ZONES
        ]
        self.count = sum(text.times for text in self._texts)
        """How many matches there are, as far as is known."""
        self._corrections: dict[tuple[MessageZone, int], int] = {}
        self._counts_above: dict[tuple[MessageZone, int], int] = {}

    @property
    def may_be_in_reasoning(self) -> bool:
        """May a match be in what is folded above the text or in it?"""
        in_text = MessageZone.TEXT
        return bool(self._placed) or any(
            each.times and (each.zone is not in_text or has_section(each.text))
            for each in self._texts
        )

    @property
    def current_number(self) -> int:
        """Which of the matches here the current one is, from 1."""
        current = self.update_current()
        if current is None:
            return 0
        zone, line_id = unpack_line_id(current.line)
        key = zone, line_id.fragment_start
        _, matches = self._cache.get((self.index, *key)) or ((), [])
        corrections = sum(more for at, more in self._corrections.items() if at < key)
        here = sum(match[0] < current for match in matches)
        return self._count_above(*key) + corrections + here + 1

    def update_current(self) -> MatchSpan | None:
        """The current match where it is now, as lines may have been wrapped again."""
        if self.current is not None:
            self.on_line(self.current.line)
        return self.current

    def find(self, line: int, step: int) -> Iterator[Match | None]:
        """The matches from about a line on, down or up; `None` for each span without one."""
        for zone, span in self._spans_from(line, step):
            yield from self._matches_in(zone, span)[::step] or (None,)

    def on_line(self, line: int) -> list[Match]:
        """The matches on a line, and on those that are drawn with it."""
        zone, line_id = unpack_line_id(line)
        if zone not in (each.zone for each in self._texts):
            return []
        layout = self._message_list.layout(self.index)
        span = layout.span_at(zone, line_id.fragment_start)
        matches = self._matches_in(zone, span)
        if span is not None and span.joins:
            above = layout.span_at(zone, span.start - 1)
            matches = [*self._matches_in(zone, above), *matches]
        return matches

    def _spans_from(self, line: int, step: int) -> Iterator[tuple[MessageZone, LineSpan]]:
        """The span of a line, and then those in which the text has the query."""
        zone, line_id = unpack_line_id(line)
        for text in self._texts[::step]:
            if text.zone is zone:
                yield from self._spans_along(text, line_id.fragment_start, step)
            elif text.times and (text.zone > zone) is (step > 0):
                offset = self._find_written(text, 0 if step > 0 else len(text.text), step)
                yield from self._spans_along(text, offset, step)

    def _spans_along(
        self, text: _ZoneText, offset: int | None, step: int
    ) -> Iterator[tuple[MessageZone, LineSpan]]:
        layout = self._message_list.layout(self.index)
        while offset is not None and (span := layout.span_at(text.zone, offset)) is not None:
            near = [span]
            if span.continues and (below := layout.span_at(text.zone, span.end)):
                # The line that both share is in the other one.
                near.append(below)
            yield from ((text.zone, each) for each in near[::step])
            offset = self._find_written(text, span.end if step > 0 else span.start, step)

    def _find_written(self, text: _ZoneText, offset: int, step: int) -> int | None:
        """Where what is drawn next is written, or where a tool says it."""
        find = self._pattern.find_next if step > 0 else self._pattern.find_last
        found = find(text.text, offset)
        placed = self._placed if text.zone is MessageZone.TEXT else ()
        places = [place - 1 for place, _ in placed if (place - 1 >= offset) is (step > 0)]
        places += [] if found is None else [found]
        return (min if step > 0 else max)(places, default=None)

    def _matches_in(self, zone: MessageZone, span: LineSpan | None) -> list[Match]:
        """The matches on lines that are drawn together."""
        if span is None or not span.lines:
            return []
        key = self.index, zone, span.start
        layout = self._message_list.layout(self.index)
        below = layout.span_at(zone, span.end) if span.continues else None
        drawn = span.lines, below.lines if below is not None else ()
        lines, before = self._cache.get(key) or (None, [])
        if lines == drawn:
            return before
        ids = [pack_line_id(zone, LineId(span.start, n)) for n in range(len(drawn[0]))]
        ids += [pack_line_id(zone, LineId(span.end, n)) for n in range(len(drawn[1]))]
        matches = [
            tuple(MatchSpan(ids[each.line], each.start, each.end) for each in match)
            for match in self._pattern.find_in_lines(*drawn)
        ]
        self._cache.discard(key)  # Textual's cache never replaces a value.
        self._cache[key] = drawn, matches
        starts = [match[0] for match in before]
        if matches and self.current in starts:
            # The lines were drawn again: stay at the same one of their matches.
            self.current = matches[min(starts.index(self.current), len(matches) - 1)][0]
        self._correct_count(zone, span, len(matches))
        return matches

    def _correct_count(self, zone: MessageZone, span: LineSpan, drawn: int) -> None:
        """Count what is drawn instead of what is written."""
        correction = drawn - self._count_written(zone, span.start, span.end)
        self.count += correction - self._corrections.get((zone, span.start), 0)
        self._corrections[zone, span.start] = correction

    def _count_text(self, zone: MessageZone, text: str) -> _ZoneText:
        placed = sum(times for _, times in self._placed) if zone is MessageZone.TEXT else 0
        return _ZoneText(zone, text, self._count(text) + placed, self._pattern.is_plain(text))

    def _count(self, text: str) -> int:
        return self._pattern.count(text, is_plain=self._pattern.is_plain(text))

    def _count_written(self, zone: MessageZone, start: int, end: int) -> int:
        """How many matches begin in a range of the text as it is written."""
        text = next(text for text in self._texts if text.zone is zone)
        if not text.times:
            return 0
        stop = end + self._pattern.max_length
        both, after = (
            self._pattern.count(text.text[at:stop], is_plain=text.is_plain) for at in (start, end)
        )
        placed = self._placed if zone is MessageZone.TEXT else ()
        return both - after + sum(times for place, times in placed if start < place <= end)

    def _count_above(self, zone: MessageZone, offset: int) -> int:
        """How many matches are above an offset of a zone's text as it is written."""
        key = zone, offset
        if key not in self._counts_above:
            before = sum(text.times for text in self._texts if text.zone < zone)
            self._counts_above[key] = before + self._count_written(zone, 0, offset)
        return self._counts_above[key]
