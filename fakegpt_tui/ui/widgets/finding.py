"""Finding text in the open conversation: what is shown of it, also where nobody has looked yet."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from textual.cache import LRUCache

from fakegpt_tui.domain import ChatMessage
from fakegpt_tui.ui.markdown.blocks import has_section
from fakegpt_tui.ui.markdown.lines import Line, LineId, LineSpan
from fakegpt_tui.ui.widgets.line_names import SAID, Part, line_at, part_and_spot
from fakegpt_tui.ui.widgets.message_column import MessageColumn, Place
from fakegpt_tui.ui.widgets.sought import Sought

_KEPT = 100


class Span(NamedTuple):
    """The characters from `start` to `end` of a line."""

    line: int
    start: int
    end: int


_Shown = tuple[Sequence[Line], Sequence[Line]]
"""Lines that are drawn together, and those in which they go on."""
Match = tuple[Span, ...]
"""One match: a span for each line that it is on."""


Search = Generator[Place | None]
"""What a search comes past: nothing as often as the words only seemed to stand there, and then a
match. It goes on whenever it is asked to, and all the way round if it has to; whoever drops it
before closes it, so that it leaves no fold open."""


@dataclass(slots=True)
class _Look:
    """A look into a message: were the words there?"""

    found: bool = False


class _Text(NamedTuple):
    """What was written in a part of a message, and how often the words stand there."""

    part: Part
    text: str
    times: int
    is_plain: bool


class Finding:
    """The matches of some words, in the order of the conversation; one of them is the current one.

    What is not drawn is searched as it was written, and counted so. Looking at it puts its count
    right, as it does with its height.
    """

    def __init__(self, column: MessageColumn) -> None:
        self.words = ""
        self._column = column
        self._sought: Sought | None = None
        self._seen: list[ChatMessage] = []
        self._texts: list[tuple[_Text, ...]] = []
        self._counts: list[int] = []
        self._more: list[dict[tuple[Part, int], int]] = []
        self._above: dict[tuple[int, Part, int], int] = {}
        self._found: LRUCache[tuple[int, Part, int], tuple[_Shown, list[Match]]]
        self._found = LRUCache(_KEPT)
        self._current: tuple[int, Span] | None = None

    @property
    def total(self) -> int:
        """How many matches there are, as far as is known."""
        return sum(self._counts)

    @property
    def number(self) -> int:
        """Which of them the current one is, from 1; 0 if none is."""
        now = self._current_now()
        if now is None or self._sought is None:
            return 0
        index, current = now
        part, spot = part_and_spot(current.line)
        key = (part, spot.fragment_start)
        _, matches = self._found.get((index, *key)) or ((), [])
        above = sum(more for at, more in self._more[index].items() if at < key)
        here = sum(match[0] < current for match in matches)
        written = self._written_above(index, part, spot.fragment_start)
        return sum(self._counts[:index]) + written + above + here + 1

    def look_for(self, words: str) -> None:
        """Look for `words`: in upper and lower case, unless there is an upper case letter."""
        self.words = words
        self._current = None
        self._sought = Sought(words) if words.strip() else None
        self._seen, self._texts, self._counts, self._more = [], [], [], []
        self._found.clear()
        self._above.clear()
        self.take_in()

    def take_in(self) -> None:
        """Take in messages that are new or have changed."""
        if self._sought is None:
            return
        for index, message in enumerate(self._column.messages):
            if index < len(self._seen) and self._seen[index] is message:
                continue
            texts = _texts(message, self._sought)
            at = slice(index, index + 1)
            self._seen[at], self._texts[at], self._more[at] = [message], [texts], [{}]
            self._counts[at] = [sum(text.times for text in texts)]
            self._above.clear()

    def from_place(self, place: Place) -> Search:
        """Make the first match at or below `place` the current one; where it is."""
        if not self.total:
            return
        place = min(place, Place(len(self._texts) - 1, place.line))
        index = place.message
        with self._look_into(index) as look:
            for match in self._matches(index, place.line, 1):
                if match is not None and match[-1].line >= place.line:
                    look.found = True
                    yield self._choose(index, match)
                    return
                yield None
        yield from self._beyond(index, 1)

    def step(self, step: int, place: Place) -> Search:
        """Make the match after the current one current, or with -1 the one before it."""
        now = self._current_now()
        if now is None:
            yield from self.from_place(place)
            return
        index, current = now
        for match in self._matches(index, current.line, step):
            if match is not None and (match[0] > current if step > 0 else match[0] < current):
                yield self._choose(index, match)
                return
            yield None
        yield from self._beyond(index, step)

    def spans(self, place: Place) -> list[tuple[int, int, bool]]:
        """The characters of a line that match, and whether they are of the current match."""
        part, spot = part_and_spot(place.line)
        if self._sought is None or part not in SAID or place.message >= len(self._texts):
            return []
        layout = self._column.layout(place.message)
        stretch = layout.stretch(part, spot.fragment_start)
        matches = self._in(place.message, part, stretch)
        if stretch is not None and stretch.joins:
            above = layout.stretch(part, stretch.start - 1)
            matches = [*self._in(place.message, part, above), *matches]
        return [
            (span.start, span.end, self._current == (place.message, match[0]))
            for match in matches
            for span in match
            if span.line == place.line
        ]

    def _choose(self, index: int, match: Match) -> Place:
        self._current = (index, match[0])
        return Place(index, match[0].line)

    def _current_now(self) -> tuple[int, Span] | None:
        """The current match where it stands now: lines may have been broken elsewhere since."""
        if self._current is not None and self._current[0] < len(self._column.messages):
            index, current = self._current
            part, spot = part_and_spot(current.line)
            self._in(index, part, self._column.layout(index).stretch(part, spot.fragment_start))
        return self._current

    def _keep_current(self, index: int, before: Sequence[Match], now: Sequence[Match]) -> None:
        """Stay at the same one of the matches on lines that are drawn anew."""
        starts = [(index, match[0]) for match in before]
        if now and self._current in starts:
            self._current = index, now[min(starts.index(self._current), len(now) - 1)][0]

    def _beyond(self, index: int, step: int) -> Search:
        """The next match in another message; the search goes on at the other end."""
        count = len(self._texts)
        first = 0 if step > 0 else line_at(Part.END, LineId(0, 0))
        for distance in range(1, count + 1):
            other = (index + distance * step) % count
            if not self._counts[other]:
                continue
            with self._look_into(other) as look:
                for match in self._matches(other, first, step):
                    if match is not None:
                        look.found = True
                        yield self._choose(other, match)
                        return
                    yield None

    @contextmanager
    def _look_into(self, index: int) -> Iterator[_Look]:
        """Open the folds of a message that may hide a match, and close them if that was in vain."""
        look = _Look()
        column = self._column
        message, folds = column.messages[index], column.folds
        before = folds.of(message)
        is_opened = bool(self._counts[index]) and folds.open(
            message, reasoning=self._is_thought(index)
        )
        if is_opened:
            column.refold(index)
        try:
            yield look
        finally:
            if is_opened and not look.found:
                folds.restore(message, before)
                # Other messages may be shown since the search was begun.
                if index < len(column.messages) and column.messages[index].id == message.id:
                    column.refold(index)

    def _is_thought(self, index: int) -> bool:
        """May the words be in what is folded above a reply or in it?"""
        reasoning, text = self._texts[index]
        return bool(reasoning.times or (text.times and has_section(text.text)))

    def _matches(self, index: int, line: int, step: int) -> Iterator[Match | None]:
        """The matches of a message from about a line on, down or up; nothing where none are."""
        for part, stretch in self._stretches(index, line, step):
            yield from self._in(index, part, stretch)[::step] or (None,)

    def _stretches(self, index: int, line: int, step: int) -> Iterator[tuple[Part, LineSpan]]:
        """What is drawn around a line, and then where the words seem to stand."""
        part, spot = part_and_spot(line)
        for text in self._texts[index][::step]:
            if text.part is part:
                yield from self._along(index, text, spot.fragment_start, step)
            elif text.times and (text.part > part) is (step > 0):
                offset = self._next(text, 0 if step > 0 else len(text.text), step)
                yield from self._along(index, text, offset, step)

    def _along(
        self, index: int, text: _Text, offset: int | None, step: int
    ) -> Iterator[tuple[Part, LineSpan]]:
        """What is drawn around an offset of a text, and then where the words seem to stand."""
        layout = self._column.layout(index)
        while offset is not None and (stretch := layout.stretch(text.part, offset)) is not None:
            near = [stretch]
            if stretch.continues and (below := layout.stretch(text.part, stretch.end)):
                # The line that both share is in the other one.
                near.append(below)
            yield from ((text.part, other) for other in near[::step])
            offset = self._next(text, stretch.end if step > 0 else stretch.start, step)

    def _next(self, text: _Text, offset: int, step: int) -> int | None:
        if self._sought is None:
            return None
        search = self._sought.next if step > 0 else self._sought.last
        return search(text.text, offset)

    def _in(self, index: int, part: Part, stretch: LineSpan | None) -> list[Match]:
        """The matches on lines that are drawn together."""
        if self._sought is None or stretch is None or not stretch.lines:
            return []
        key = (index, part, stretch.start)
        shown = stretch.lines, self._below(index, part, stretch)
        lines, before = self._found.get(key) or (None, [])
        if lines == shown:
            return before
        names = [line_at(part, LineId(stretch.start, n)) for n in range(len(shown[0]))]
        names += [line_at(part, LineId(stretch.end, n)) for n in range(len(shown[1]))]
        matches = [
            tuple(Span(names[run.line], run.start, run.end) for run in runs)
            for runs in self._sought.runs(*shown)
        ]
        self._found.discard(key)  # Textual's cache never replaces a value.
        self._found[key] = shown, matches
        self._keep_current(index, before, matches)
        self._correct(index, part, stretch, len(matches))
        return matches

    def _below(self, index: int, part: Part, stretch: LineSpan) -> Sequence[Line]:
        """The lines in which those of a stretch go on."""
        below = self._column.layout(index).stretch(part, stretch.end) if stretch.continues else None
        return below.lines if below is not None else ()

    def _correct(self, index: int, part: Part, stretch: LineSpan, shown: int) -> None:
        """Count what is shown instead of what was written."""
        written = self._written(index, part, stretch.start, stretch.end)
        more, key = self._more[index], (part, stretch.start)
        self._counts[index] += shown - written - more.get(key, 0)
        more[key] = shown - written

    def _written(self, index: int, part: Part, start: int, end: int) -> int:
        """How often the words begin in a range of what was written."""
        text = next(text for text in self._texts[index] if text.part is part)
        if self._sought is None or not text.times:
            return 0
        stop = end + self._sought.reach
        all_in, beyond = (
            self._sought.count(text.text[at:stop], is_plain=text.is_plain) for at in (start, end)
        )
        return all_in - beyond

    def _written_above(self, index: int, part: Part, offset: int) -> int:
        """How often the words stand above an offset in what was written of a message."""
        key = (index, part, offset)
        if key not in self._above:
            before = sum(text.times for text in self._texts[index] if text.part < part)
            self._above[key] = before + self._written(index, part, 0, offset)
        return self._above[key]


def _texts(message: ChatMessage, sought: Sought) -> tuple[_Text, ...]:
    written = ((Part.REASONING, message.reasoning), (Part.TEXT, message.text))
    return tuple(_text(part, text or "", sought) for part, text in written)


def _text(part: Part, text: str, sought: Sought) -> _Text:
    is_plain = sought.is_plain(text)
    return _Text(part, text, sought.count(text, is_plain=is_plain), is_plain)
