"""Search dialog: find words in the titles and messages of all conversations."""

import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from rich.cells import cell_len
from textual import events, on, work
from textual.app import ComposeResult
from textual.content import Content, Span
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from fakegpt_tui.domain import Conversation, FakeGPTError, SearchHit
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.dialogs import DialogFrame, SearchSelection
from fakegpt_tui.ui.dialogs.pick import ListScreen
from fakegpt_tui.ui.terminal.key_serializer import LetsKeysWait, obey_waiting
from fakegpt_tui.ui.terminal.output import repaint_now
from fakegpt_tui.ui.widgets.drawing import fit, format_time
from fakegpt_tui.ui.widgets.text_field import TextField

SearchFunction = Callable[[str], Awaitable[Sequence[SearchHit]]]
"""Finds what fits a query; to come back soon once it is cancelled."""

_MARGIN = 2
_LEAST_TITLE = 12
_TIME_WIDTH = 12
"""Cells of the longest time, as in `30 Nov 14:02`, so that what is before it is in a column."""
_FILTER = re.compile(r"(?:in|model|folder|tag|is|before|after):")
_FILTERS = (
    "in:title  model:NAME  folder:PATH  tag:NAME  is:pinned  is:archived  before:2026-01-31"
    "  after:2026-01-01"
)


class SearchScreen(LetsKeysWait, ListScreen[SearchSelection | None]):
    """Shows what is found while the words are typed; the next letter ends the search before it.

    Before anything is typed it shows what was used last. Keys that choose wait for what is found.
    """

    CSS_PATH = ["dialog.tcss", "search.tcss"]

    def __init__(
        self,
        search: SearchFunction,
        clock: Callable[[], datetime],
        words: str = "",
        recent: Sequence[SearchHit] = (),
    ) -> None:
        """`words` are searched for at first; without any, `recent` is shown."""
        super().__init__()
        self._recent = recent
        self._words = words
        self._search = search
        self._clock = clock
        self._hits: Sequence[SearchHit] = ()
        self._shown_for: str | None = None
        self._instead = ""

    def compose(self) -> ComposeResult:
        with DialogFrame("search"):
            yield TextField(self._words, placeholder="Words in titles and messages", compact=True)
            yield Static(Content(_FILTERS), id="filters")
            yield OptionList(compact=True, markup=False)

    def on_idle(self) -> None:
        repaint_now(self)

    def on_mount(self) -> None:
        box = self.query_one(DialogFrame)
        box.set_frame("Search", "enter open · esc close")
        # The rows need a width, and a pushed screen is not told of its first size.
        self.call_after_refresh(self._look, self._words)

    def on_resize(self) -> None:
        self._show(self._hits, self._instead)

    @on(Input.Changed)
    def look(self, event: Input.Changed) -> None:
        self._look(event.value)

    @on(Input.Submitted)
    def open_highlighted(self) -> None:
        self._open(self.options.highlighted)

    @on(OptionList.OptionSelected)
    def open(self, event: OptionList.OptionSelected) -> None:
        self._open(event.option_index)

    @work(exclusive=True, group="search")
    async def _look(self, query: str) -> None:
        is_empty = not query.strip()
        try:
            hits = self._recent if is_empty else await self._search(query)
        except FakeGPTError as error:
            self._show((), str(error))
        else:
            self._show(hits, "" if hits or is_empty else "Nothing was found.")
        self._shown_for = query
        self.call_later(obey_waiting, self)

    def must_wait(self, event: events.Event) -> bool:
        """Is what the typed words find not there yet, which the key would choose from?"""
        field = self.query_one(TextField)
        if not isinstance(event, events.Key) or event.is_printable or field.edits_with(event.key):
            return False
        return event.key != "escape" and field.value != self._shown_for

    def _show(self, hits: Sequence[SearchHit], instead: str) -> None:
        self._hits, self._instead = hits, instead
        options = self.options
        width = options.scrollable_content_region.width - _MARGIN
        options.clear_options()
        options.add_options([Option(self._lines(hit, width)) for hit in hits])
        options.highlighted = 0 if hits else None
        self.query_one("#filters", Static).update(Content(safe_line(instead) or _FILTERS))

    def _lines(self, hit: SearchHit, width: int) -> Content:
        """A title, its folder, tags and time at the right; below it the words that were found."""
        time = format_time(hit.created_at, self._clock())
        place = " ".join(filter(None, (hit.folder, *(f"#{tag}" for tag in hit.tags))))
        right = f"  {safe_line(place)}  {time:>{_TIME_WIDTH}}" if place else f"  {time}"
        room = max(_LEAST_TITLE, width - cell_len(right))
        name = safe_line(hit.title) or "Untitled"
        title = Content.assemble((fit(name, room), "bold"), (right, "$text-muted"))
        if hit.message_id is None:
            return title
        return Content("\n").join([title, highlight_snippet(hit.snippet, hit.marks)])

    def _open(self, index: int | None) -> None:
        if index is not None and index < len(self._hits):
            hit = self._hits[index]
            queries = find_queries(self.query_one(Input).value, hit)
            self.dismiss(SearchSelection(hit.conversation_id, hit.message_id, queries))


def title_hit(conversation: Conversation) -> SearchHit:
    """A conversation as if its title had been found."""
    return SearchHit(
        conversation_id=conversation.id,
        message_id=None,
        title=conversation.title,
        snippet="",
        created_at=conversation.updated_at,
        folder=conversation.folder,
        tags=conversation.tags,
    )


def find_queries(query: str, hit: SearchHit) -> tuple[str, ...]:
    """What to find in a hit: all words in a row as typed, else the longest of them, else a mark."""
    words = [word for word in query.split() if not _FILTER.match(word)]
    singles = sorted(words, key=len, reverse=True)
    marked = [hit.snippet[start:end] for start, end in hit.marks]
    tried = [" ".join(words), " ".join(words).lower(), *singles, *map(str.lower, singles), *marked]
    return tuple(dict.fromkeys(filter(None, tried)))


def highlight_snippet(snippet: str, marks: Sequence[tuple[int, int]]) -> Content:
    """A snippet on one line with its marks, made safe piece by piece so that they stay in place."""
    text, spans, place = "  ", [], 0
    for start, end in marks:
        text += _snippet_text(snippet[place:start])
        word = _snippet_text(snippet[start:end])
        spans.append(Span(len(text), len(text) + len(word), "$text-accent bold underline"))
        text, place = text + word, end
    return Content(text + _snippet_text(snippet[place:]), spans)


def _snippet_text(text: str) -> str:
    """`text` as part of a line, with the spaces at its ends."""
    inner = safe_line(text, 400)
    before = " " if text[:1].isspace() else ""
    after = " " if inner and text[-1:].isspace() else ""
    return before + inner + after
