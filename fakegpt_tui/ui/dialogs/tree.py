"""Tree dialog: every turn of a conversation with graph lines, and what is in the marked one."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.cells import cell_len
from rich.segment import Segment
from rich.text import Text
from textual.content import Content
from textual.widgets.option_list import Option

from fakegpt_tui.domain import ChatMessage, Role
from fakegpt_tui.domain.message_tree import TurnRow
from fakegpt_tui.text import safe_line, safe_text
from fakegpt_tui.ui.dialogs import DialogFrame
from fakegpt_tui.ui.dialogs.preview_list import PreviewListScreen
from fakegpt_tui.ui.markdown.document import Document
from fakegpt_tui.ui.markdown.palette import Palette
from fakegpt_tui.ui.widgets.drawing import fit

_MOST_ROWS = 1_000
"""An option list lays out all of its options whenever one changes."""
_MARGIN = 2
_MOST_GRAPH = 24
_MOST_TEXT = 400
_PREVIEW = 2_000
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


class TreeScreen(PreviewListScreen):
    """One row for each turn; dismissed with the id of the message that ends the chosen one."""

    CSS_PATH = ["dialog.tcss", "preview_list.tcss", "tree.tcss"]
    FRAME = "tree"

    def __init__(self, rows: Sequence[TurnRow], *, now: datetime) -> None:
        super().__init__()
        self._rows = rows
        self._now = now
        self._fitting: Sequence[TurnRow] = rows

    def on_mount(self) -> None:
        self.query_one(DialogFrame).set_frame("Tree", "enter show · esc close")
        # The rows need a width, and a pushed screen is not told of its first size.
        self.call_after_refresh(self.show_fitting)

    def show_marked(self, row_id: str | None) -> None:
        row = next((each for each in self._fitting if each.message.id == row_id), None)
        if row is None:
            return  # It has been filtered out meanwhile.
        static = self.preview
        palette = Palette.from_theme(self.app.get_css_variables(), self.app.current_theme.dark)
        parts = (
            _prompt(each) if each.role is Role.USER else _reply(each, static.size.width, palette)
            for each in row.messages
        )
        static.update(Text("\n\n").join(parts))

    def show_fitting(self) -> None:
        words = self.words
        marked = self.options.highlighted_option
        fitting = [row for row in self._rows if _has(row, words)][:_MOST_ROWS]
        self._fitting = fitting
        width = self.options.scrollable_content_region.width - _MARGIN
        self.options.clear_options()
        self.options.add_options(
            [
                Option(line, id=row.message.id)
                for row, line in zip(fitting, _lines(fitting, width, self._now), strict=True)
            ]
        )
        ids = [row.message.id for row in fitting]
        shown = [row.message.id for row in fitting if row.is_shown]
        wanted = (marked.id if marked else None, *reversed(shown), *ids)
        found = next((each for each in wanted if each in ids), None)
        self.options.highlighted = None if found is None else ids.index(found)


def _prompt(message: ChatMessage) -> Text:
    return Text(f"› {safe_text(message.text[:_PREVIEW]).strip()}")


def _reply(message: ChatMessage, width: int, palette: Palette) -> Text:
    """The beginning of a reply, drawn as it is in the transcript."""
    document = Document(palette)
    document.update(message.text[:_PREVIEW], complete=True)
    bar = Segment("│ ", palette.quote_bar)
    lines = (
        Text.assemble(*((each.text, each.style or "") for each in (bar, *line.segments)))
        for line in document.lines(width - _MARGIN)
    )
    return Text("\n").join(lines)


def _has(row: TurnRow, words: Sequence[str]) -> bool:
    text = " ".join(each.text for each in row.messages).casefold()
    return all(word in text for word in words)


def _lines(rows: Sequence[TurnRow], width: int, now: datetime) -> Iterator[Content]:
    """The rows; of a prompt that is in an earlier one, the reply is shown."""
    told: set[str] = set()
    for row in rows:
        first = row.messages[0]
        said = row.message if first.id in told else first
        told.add(first.id)
        count = row.variants.count
        place = f" ‹{row.variants.position}/{count}›" if count > 1 else ""
        right = f"{place}  {short_age(row.message.created_at, now):>6}"
        graph = row.graph if len(row.graph) <= _MOST_GRAPH else f"…{row.graph[-_MOST_GRAPH:]}"
        left = f"{graph}{'●' if row.is_shown else '○'} "
        text = safe_line(said.text, _MOST_TEXT) or "…"
        room = max(4, width - cell_len(left) - cell_len(right))
        style = "bold" if row.is_shown else ""
        yield Content.assemble(
            (left, "$text-accent"), (fit(text, room), style), (right, "$text-muted")
        )


def short_age(then: datetime, now: datetime) -> str:
    """How long ago something was: `now`, `5 min`, `3 h`, `12 d`, or the day."""
    seconds = (now - then).total_seconds()
    if seconds < _MINUTE:
        return "now"
    if seconds < _HOUR:
        return f"{int(seconds // _MINUTE)} min"
    if seconds < 2 * _DAY:
        return f"{int(seconds // _HOUR)} h"
    if seconds < 100 * _DAY:
        return f"{int(seconds // _DAY)} d"
    return f"{then:%Y-%m}"
