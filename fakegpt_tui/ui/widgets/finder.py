"""What a person does to find something in the open conversation: type, go on, go back, stop."""

from time import monotonic

from textual import events
from textual.strip import Strip

from fakegpt_tui.ui.widgets.find_field import FindField
from fakegpt_tui.ui.widgets.finding import Finding, Search
from fakegpt_tui.ui.widgets.message_column import MessageColumn, Place
from fakegpt_tui.ui.widgets.reader import Reader
from fakegpt_tui.ui.widgets.row_painter import Marks

_MOMENT = 0.03
"""Seconds for which keys have to wait while something is sought."""
_OVER = Place(-1, -1)
"""The search has been all the way round."""


class Finder:
    """Joins what is typed to the matches, and takes the reader to the current one."""

    def __init__(self, column: MessageColumn, reader: Reader) -> None:
        self.field = FindField()
        self._finding = Finding(column)
        self._reader = reader
        self._origin = Place(0, 0)
        self._last_words = ""
        self._search: Search | None = None

    @property
    def is_open(self) -> bool:
        return self.field.is_open

    def open(self) -> None:
        """Begin to type what to find, from where the reader is."""
        self._origin = self._reader.top
        self.field.open()
        self._find("")

    def look_for(self, words: str) -> None:
        """Mark words that somebody else has asked for, from where the reader is."""
        self.open()
        self.field.words = words
        self._last_words = words
        self.field.accept()
        self._find(words)

    def close(self) -> None:
        """Find nothing any more."""
        self.field.close()
        self._find("")

    def take_in(self) -> None:
        """Take in messages that are new or have changed."""
        if self.is_open:
            self._finding.take_in()

    def press(self, event: events.Key) -> bool:
        """Do what a key does while something is being found; whether it does anything."""
        if event.key == "escape":
            self.close()
        elif not self.field.is_typing:
            return False
        elif event.key == "enter":
            self._accept()
        elif event.key in ("up", "down"):
            self.step(1 if event.key == "down" else -1)
        elif self.field.edit(event.key):
            self._look()
        elif event.is_printable and event.character is not None:
            self.insert(event.character)
        else:
            # What is no part of a line of text is left to everybody else.
            return False
        return True

    def insert(self, text: str) -> None:
        """Add to what is typed."""
        self.field.insert(text)
        self._look()

    def step(self, step: int) -> int | None:
        """Go to the next match or the one before it; the message that it is in.

        Without anything to find, it is what was found last.
        """
        if not self.is_open and self._last_words:
            self.look_for(self._last_words)
        return self._begin(self._finding.step(step, self._reader.top))

    @property
    def is_searching(self) -> bool:
        """Is there more to `go_on` with, because the words only seemed to stand where it was?"""
        return self._search is not None

    def go_on(self) -> int | None:
        """Search for a moment, and go to the match; the message that it is in, once it is found."""
        if self._search is None:
            return None
        until = monotonic() + _MOMENT
        place = next(self._search, _OVER)
        while place is None and monotonic() < until:
            place = next(self._search, _OVER)
        if place is None:
            return None
        self._search = None
        self._reader.settle()
        if place is _OVER:
            return None
        self._reader.bring(place)
        return place.message

    def spans(self, place: Place) -> list[tuple[int, int, bool]]:
        """What is found on a line, and whether it is the current match."""
        return self._finding.spans(place) if self.is_open else []

    def draw(self, width: int, marks: Marks) -> Strip:
        return self.field.draw(width, self._result, marks.field)

    @property
    def _result(self) -> str:
        finding = self._finding
        if self.is_searching:
            return "searching…"
        if finding.total:
            return f"{finding.number}/{finding.total}"
        return "not found" if finding.words.strip() else ""

    def _accept(self) -> None:
        self._last_words = self.field.words
        if self.field.words.strip():
            self.field.accept()
        else:
            self.close()

    def _look(self) -> None:
        self._find(self.field.words)
        self._begin(self._finding.from_place(self._origin))

    def _find(self, words: str) -> None:
        self._drop_search()
        self._finding.look_for(words)

    def _drop_search(self) -> None:
        if self._search is not None:
            self._search.close()
            self._search = None
            self._reader.settle()

    def _begin(self, search: Search) -> int | None:
        self._drop_search()
        self._search = search
        return self.go_on()
