"""Matches of a query in the open conversation, found without laying out all of it."""

from collections.abc import Callable, Generator

from fakegpt_tui.ui.markdown.lines import LineId
from fakegpt_tui.ui.widgets.transcript.find.message_matches import (
    Match,
    MatchCache,
    MatchSpan,
    MessageMatches,
)
from fakegpt_tui.ui.widgets.transcript.find.pattern import FindPattern
from fakegpt_tui.ui.widgets.transcript.line_ids import MessageZone, pack_line_id
from fakegpt_tui.ui.widgets.transcript.virtual_list import LinePosition, VirtualList

_MAX_CACHED = 100
_LAST_LINE = pack_line_id(MessageZone.END, LineId(0, 0))

MatchSearch = Generator[LinePosition | None]
"""A search in steps: `None` for lines without a match, then the position of a match.

It goes through the whole conversation if it has to. A search that is dropped before its end must be
closed, so that it leaves no message unfolded."""


class Matches:
    """The matches of a query, in the order of the conversation; one of them is the current one.

    Text that is not drawn is searched and counted as written. Drawing it corrects the count, as it
    does the height.
    """

    def __init__(self, message_list: VirtualList) -> None:
        self._message_list = message_list
        self._pattern: FindPattern | None = None
        self._searched: list[MessageMatches] = []
        self._cache: MatchCache = MatchCache(_MAX_CACHED)
        self._current: int | None = None

    @property
    def total(self) -> int:
        """How many matches there are, as far as is known."""
        return sum(each.count for each in self._searched)

    @property
    def current_number(self) -> int:
        """The number of the current match among all, from 1; 0 without a current one."""
        if self._current is None:
            return 0
        above = sum(each.count for each in self._searched[: self._current])
        return above + self._searched[self._current].current_number

    @property
    def current_place(self) -> tuple[LinePosition, int] | None:
        """Where the current match begins: its line, and the character there."""
        if self._current is None:
            return None
        span = self._searched[self._current].update_current()
        return None if span is None else (LinePosition(self._current, span.line), span.start)

    def set_query(self, query: str) -> None:
        """Search for a query, in any case unless it has an upper case letter."""
        self._pattern = FindPattern(query) if query.strip() else None
        self._searched, self._current = [], None
        self._cache.clear()
        self.update_messages()

    def update_messages(self) -> None:
        """Take over messages that are new or have changed."""
        if self._pattern is None:
            return
        for index, message in enumerate(self._message_list.messages):
            before = self._searched[index : index + 1]
            if before and before[0].message is message:
                continue
            current = before[0].current if before else None
            self._searched[index : index + 1] = [
                MessageMatches(index, self._message_list, self._pattern, self._cache, current)
            ]

    def find_from(self, position: LinePosition) -> MatchSearch:
        """Make the first match at or below a position the current one."""
        if not self.total:
            return
        index, line = min(position.message, len(self._searched) - 1), position.line
        if not (yield from self._search(index, line, 1, lambda match: match[-1].line >= line)):
            yield from self._search_others(index, 1)

    def find_next(self, step: int, position: LinePosition) -> MatchSearch:
        """Make the match after the current one current, or with -1 the one before it."""
        index = self._current
        current = self._searched[index].update_current() if index is not None else None
        if index is None or current is None:
            yield from self.find_from(position)
            return

        def is_beyond(match: Match) -> bool:
            return match[0] > current if step > 0 else match[0] < current

        if not (yield from self._search(index, current.line, step, is_beyond, unfolds=False)):
            yield from self._search_others(index, step)

    def spans(self, position: LinePosition) -> list[tuple[int, int, bool]]:
        """The ranges of a line that match, and whether each is part of the current match."""
        if position.message >= len(self._searched):
            return []
        message = self._searched[position.message]
        return [
            (span.start, span.end, message.current == match[0])
            for match in message.on_line(position.line)
            for span in match
            if span.line == position.line
        ]

    def _search_others(self, index: int, step: int) -> MatchSearch:
        """Search the messages after `index`, and then, from the other end, those before it."""
        count, first = len(self._searched), 0 if step > 0 else _LAST_LINE
        for distance in range(1, count + 1):
            other = (index + distance * step) % count
            if self._searched[other].count and (
                yield from self._search(other, first, step, lambda _: True)
            ):
                return

    def _search(
        self,
        index: int,
        line: int,
        step: int,
        accepts: Callable[[Match], bool],
        *,
        unfolds: bool = True,
    ) -> Generator[LinePosition | None, None, bool]:
        """Search a message, unfolded as far as a match may be hidden; whether there was one."""
        searched, message_list = self._searched[index], self._message_list
        message, folds = searched.message, message_list.folds
        before, is_found = folds.state(message), False
        is_unfolded = (
            unfolds
            and bool(searched.count)
            and folds.unfold(message, reasoning=searched.may_be_in_reasoning)
        )
        try:
            for match in searched.find(line, step):
                if match is not None and accepts(match):
                    is_found = True
                    self._make_current(index, match[0])
                    yield LinePosition(index, match[0].line)
                    return True
                yield None
            return False
        finally:
            if is_unfolded and not is_found:
                folds.restore(message, before)
                # Other messages may be shown since the search was begun.
                if message_list.index_of(message.id) == index:
                    message_list.layout(index)

    def _make_current(self, index: int, span: MatchSpan) -> None:
        if self._current is not None:
            self._searched[self._current].current = None
        self._searched[index].current = span
        self._current = index
