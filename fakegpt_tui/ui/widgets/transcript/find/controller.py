"""Find controller: typing a query, going to the next and the previous match."""

from time import monotonic

from textual import events
from textual.strip import Strip

from fakegpt_tui.ui.widgets.transcript.find.input import FindInput
from fakegpt_tui.ui.widgets.transcript.find.matches import Matches, MatchSearch
from fakegpt_tui.ui.widgets.transcript.row_renderer import RowStyles
from fakegpt_tui.ui.widgets.transcript.viewport import Viewport
from fakegpt_tui.ui.widgets.transcript.virtual_list import LinePosition, VirtualList

_TIME_SLICE = 0.03
"""Seconds for which keys have to wait while something is sought."""
_EXHAUSTED = LinePosition(-1, -1)
"""The search has been all the way round."""


class FindController:
    """Joins what is typed to the matches, and takes the reader to the current one."""

    def __init__(self, column: VirtualList, reader: Viewport) -> None:
        self.input = FindInput()
        self._matches = Matches(column)
        self._viewport = reader
        self._origin = LinePosition(0, 0)
        self._last_query = ""
        self._search: MatchSearch | None = None

    @property
    def is_open(self) -> bool:
        return self.input.is_open

    def open(self) -> None:
        """Begin to type what to find, from where the reader is."""
        self._origin = self._viewport.top
        self.input.open()
        self._set_query("")

    def search(self, words: str) -> None:
        """Mark words that somebody else has asked for, from where the reader is."""
        self.open()
        self.input.query = words
        self._last_query = words
        self.input.accept()
        self._set_query(words)

    def close(self) -> None:
        """Find nothing any more."""
        self.input.close()
        self._set_query("")

    def update_messages(self) -> None:
        """Take in messages that are new or have changed."""
        if self.is_open:
            self._matches.update_messages()

    def handle_key(self, event: events.Key) -> bool:
        """Do what a key does while something is being found; whether it does anything."""
        if event.key == "escape":
            self.close()
        elif not self.input.is_typing:
            return False
        elif event.key == "enter":
            self._accept_query()
        elif event.key in ("up", "down"):
            self.go_to_match(1 if event.key == "down" else -1)
        elif self.input.edit(event.key):
            self._search_input()
        elif event.is_printable and event.character is not None:
            self.insert(event.character)
        else:
            # What is no part of a line of text is left to everybody else.
            return False
        return True

    def insert(self, text: str) -> None:
        """Add to what is typed."""
        self.input.insert(text)
        self._search_input()

    def go_to_match(self, step: int) -> int | None:
        """Go to the next match or the one before it; the message that it is in.

        Without anything to find, it is what was found last.
        """
        if not self.is_open and self._last_query:
            self.search(self._last_query)
        return self._start_search(self._matches.find_next(step, self._viewport.top))

    @property
    def is_searching(self) -> bool:
        """Is there more to `go_on` with, because the words only seemed to stand where it was?"""
        return self._search is not None

    def continue_search(self) -> int | None:
        """Search for a moment, and go to the match; the message that it is in, once it is found."""
        if self._search is None:
            return None
        until = monotonic() + _TIME_SLICE
        place = next(self._search, _EXHAUSTED)
        while place is None and monotonic() < until:
            place = next(self._search, _EXHAUSTED)
        if place is None:
            return None
        self._search = None
        self._viewport.update()
        if place is _EXHAUSTED:
            return None
        self._viewport.scroll_into_view(place)
        return place.message

    def spans(self, place: LinePosition) -> list[tuple[int, int, bool]]:
        """What is found on a line, and whether it is the current match."""
        return self._matches.spans(place) if self.is_open else []

    def render(self, width: int, marks: RowStyles) -> Strip:
        return self.input.render(width, self._result_text, marks.field)

    @property
    def _result_text(self) -> str:
        finding = self._matches
        if self.is_searching:
            return "searching…"
        if finding.total:
            return f"{finding.current_number}/{finding.total}"
        return "not found" if finding.query.strip() else ""

    def _accept_query(self) -> None:
        self._last_query = self.input.query
        if self.input.query.strip():
            self.input.accept()
        else:
            self.close()

    def _search_input(self) -> None:
        self._set_query(self.input.query)
        self._start_search(self._matches.find_from(self._origin))

    def _set_query(self, words: str) -> None:
        self._drop_search()
        self._matches.set_query(words)

    def _drop_search(self) -> None:
        if self._search is not None:
            self._search.close()
            self._search = None
            self._viewport.update()

    def _start_search(self, search: MatchSearch) -> int | None:
        self._drop_search()
        self._search = search
        return self.continue_search()
