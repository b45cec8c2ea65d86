"""Find controller: typing a query, going to the next and the previous match."""

import asyncio
from collections.abc import Callable, Sequence
from time import monotonic

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.strip import Strip

from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.graphemes import backspace_boundary
from fakegpt_tui.ui.widgets.drawing import truncate
from fakegpt_tui.ui.widgets.transcript.find.matches import Matches, MatchSearch
from fakegpt_tui.ui.widgets.transcript.find.pattern import first_found
from fakegpt_tui.ui.widgets.transcript.viewport import Viewport
from fakegpt_tui.ui.widgets.transcript.virtual_list import LinePosition

_MAX_LENGTH = 200
_NOT_FOUND = "not found"


def insert_text(query: str, text: str) -> str:
    return (query + " ".join(text.split("\n")))[:_MAX_LENGTH]


def edit_query(query: str, key: str) -> str | None:
    """The query after an editing key; `None` for other keys."""
    match key:
        case "backspace":
            return query[: backspace_boundary(query, len(query))]
        case "ctrl+u":
            return ""
        case "ctrl+w":
            return query.rstrip()[: query.rstrip().rfind(" ") + 1]
        case _:
            return None


def render_find_line(query: str, result: str, width: int, style: Style, *, typing: bool) -> Strip:
    """The query, the result of the search and the keys.

    The transcript draws it on its last row. A widget would need room beside the transcript.
    """
    goes_on = ("enter keep  " if typing else "n next  N previous  ") if result != _NOT_FOUND else ""
    hint = f"{goes_on}esc close"
    left = truncate(f" /{_end_of_query(query, max(1, width * 2 // 3))}", width)
    right = f"  {result}  {hint} "
    if cell_len(left) + cell_len(right) > width:
        right = f" {result} "
    right = truncate(right, max(0, width - cell_len(left)))
    room = width - cell_len(left) - cell_len(right)
    return Strip([Segment(left + " " * room + right, style)], width)


def _end_of_query(query: str, width: int) -> str:
    shown = safe_line(query, _MAX_LENGTH) + (" " if query.endswith(" ") else "")
    while cell_len(shown) > width:
        shown = shown[1:]
    return shown


_TIME_SLICE = 0.03
"""Seconds for which keys have to wait during a search."""
_REST = 0.005
"""Seconds between two steps of a search, for all that waits."""
_EXHAUSTED = LinePosition(-1, -1)
"""The search has been all the way round."""


class FindController:
    """Searches for what is typed, and scrolls to the current match."""

    def __init__(self, viewport: Viewport) -> None:
        self.is_open = False
        self.is_typing = False
        self._query = ""
        self._matches = Matches(viewport.message_list)
        self._viewport = viewport
        self._origin = LinePosition(0, 0)
        self._marked_before = 0
        self._last_query = ""
        self._search: MatchSearch | None = None

    def open(self, words: str = "") -> None:
        """Begin to type a query, to be found from the top of the view on; or find these words."""
        if words:
            self.search(words, self._viewport.top)
            return
        self._origin, self._marked_before = self._viewport.top, self._viewport.cursor
        self.is_open = self.is_typing = True
        self._set_query("")

    def search(self, query: str, start: LinePosition | None = None) -> None:
        """Highlight words that were not typed here, and go to the first of them from `start` on."""
        self.open()
        self.is_typing = False
        self._last_query = query
        self._set_query(query)
        if start is not None:
            self._start_search(self._matches.find_from(start))

    def search_message(self, index: int, queries: Sequence[str]) -> None:
        """Highlight the first of the queries that a message has as it is written, if any."""
        query = first_found(queries, self._viewport.message_list.messages[index])
        if query is not None:
            self.search(query, LinePosition(index, 0))

    @property
    def current(self) -> tuple[LinePosition, int] | None:
        """The line of the current match, and the character there that it begins with."""
        return self._matches.current_place

    def close(self) -> None:
        """Find no more; a query that was not accepted leaves view and mark where they were."""
        if self.is_typing:
            self._go_back()
        self.is_open = self.is_typing = False
        self._set_query("")

    def update_messages(self) -> None:
        """Take over messages that are new or have changed."""
        if self.is_open:
            self._matches.update_messages()

    def handle_key(self, event: events.Key) -> bool:
        """Do what a key does while find is open; whether it does anything."""
        if not self.is_typing:
            return False
        if event.key == "escape":
            self.close()
        elif event.key == "enter":
            self._accept_query()
        elif event.key in ("up", "down"):
            self.go_to_match(1 if event.key == "down" else -1)
        elif (edited := edit_query(self._query, event.key)) is not None:
            self._search_typed(edited)
        elif event.is_printable and event.character is not None:
            self.insert(event.character)
        else:
            return False  # Other keys keep their meaning.
        return True

    def insert(self, text: str) -> None:
        """Add to what is typed."""
        self._search_typed(insert_text(self._query, text))

    def go_to_match(self, step: int) -> None:
        """Go to the next match, or with -1 to the one before it, of this query or the last one."""
        if not self.is_open and self._last_query:
            self.search(self._last_query)
        self._start_search(self._matches.find_next(step, self._viewport.top))

    @property
    def is_searching(self) -> bool:
        """Does a search go on, as there was no match yet where there seemed to be some?"""
        return self._search is not None

    async def search_in_background(self, then: Callable[[], object]) -> None:
        """Search on while keys are handled, and then do something else."""
        while self.is_searching:
            await asyncio.sleep(_REST)
            self._continue_search()
        then()

    def _continue_search(self) -> None:
        """Search for a moment; once there is a match, scroll to it and mark its message."""
        if self._search is None:
            return
        until = monotonic() + _TIME_SLICE
        position = next(self._search, _EXHAUSTED)
        while position is None and monotonic() < until:
            position = next(self._search, _EXHAUSTED)
        if position is None:
            return
        self._search = None
        self._viewport.update()
        if position is not _EXHAUSTED:
            self._viewport.scroll_into_view(position)
            self._viewport.mark(position.message)
        elif self.is_typing:
            self._go_back()

    def _go_back(self) -> None:
        """Show what was in view before anything was typed, with the same message marked."""
        self._viewport.return_to(self._origin)
        self._viewport.cursor = self._marked_before

    def spans(self, position: LinePosition) -> list[tuple[int, int, bool]]:
        """The ranges of a line that match, and whether each is the current match."""
        return self._matches.spans(position) if self.is_open else []

    def render(self, width: int, style: Style) -> Strip:
        """The line with the query and the number of matches."""
        matches = self._matches
        if self.is_searching:
            result = "searching…"
        elif matches.total:
            result = f"{matches.current_number}/{matches.total}"
        else:
            result = _NOT_FOUND if self._query.strip() else ""
        return render_find_line(self._query, result, width, style, typing=self.is_typing)

    def _accept_query(self) -> None:
        self._last_query = self._query
        self.is_typing = False
        if not self._query.strip():
            self.close()

    def _search_typed(self, query: str) -> None:
        self._set_query(query)
        self._start_search(self._matches.find_from(self._origin))

    def _set_query(self, query: str) -> None:
        self._query = query
        self._drop_search()
        self._matches.set_query(query)

    def _drop_search(self) -> None:
        if self._search is not None:
            self._search.close()
            self._search = None
            self._viewport.update()

    def _start_search(self, search: MatchSearch) -> None:
        self._drop_search()
        self._search = search
        self._continue_search()
