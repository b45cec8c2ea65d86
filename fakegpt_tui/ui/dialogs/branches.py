"""Branch dialogs: every turn of a conversation as a tree, and two variants word by word."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from rich.cells import cell_len
from rich.segment import Segment
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static
from textual.widgets.option_list import Option

from fakegpt_tui.domain import ChatMessage, Role
from fakegpt_tui.domain.diff import DiffKind, DiffPart
from fakegpt_tui.domain.message_tree import TurnRow
from fakegpt_tui.text import safe_line, safe_text
from fakegpt_tui.ui.dialogs import DialogFrame, ScrollingFrame
from fakegpt_tui.ui.dialogs.pick import PreviewListScreen, nothing_fits
from fakegpt_tui.ui.markdown.document import Document
from fakegpt_tui.ui.markdown.palette import Palette
from fakegpt_tui.ui.markdown.parser import is_plain
from fakegpt_tui.ui.widgets.drawing import fit

_SIGNS = {
    DiffKind.SAME: ("", "", ""),
    DiffKind.REMOVED: ("[-", "-]", "$text-error strike"),
    DiffKind.ADDED: ("{+", "+}", "$text-success underline"),
}
"""The signs around a part, for terminals without colours, and its style."""


class CompareScreen(ModalScreen[None]):
    """Shows what was removed from another variant of a message and what was added in this one."""

    CSS_PATH = "dialog.tcss"
    BINDINGS = [
        Binding("escape,q,D", "dismiss", "Close"),
        Binding("left,h", "step(-1)", "Variant before"),
        Binding("right,l", "step(1)", "Variant after"),
    ]

    def __init__(
        self,
        this: int,
        count: int,
        parts_from: Callable[[int], Sequence[DiffPart]],
        other: int = -1,
    ) -> None:
        """Compare the variant at the place `this`, from 0, with the one at `other` first.

        `parts_from` returns the changes that lead to it from the variant at another place.
        """
        super().__init__()
        self._this = this
        is_other = 0 <= other < count and other != this
        self._other = other if is_other else this - 1 if this else 1
        self._count = count
        self._parts_from = parts_from

    def compose(self) -> ComposeResult:
        with ScrollingFrame("compare"):
            yield Static(markup=False)

    def on_mount(self) -> None:
        self._show()

    def action_step(self, step: int) -> None:
        """Compare with another variant."""
        others = [place for place in range(self._count) if place != self._this]
        self._other = others[(others.index(self._other) + step) % len(others)]
        self._show()

    def _show(self) -> None:
        title = f"Changes from variant {self._other + 1} to {self._this + 1}"
        choice = "left right variants · " if self._count > 2 else ""  # noqa: PLR2004 - two are compared
        self.query_one(ScrollingFrame).set_frame(title, f"{choice}esc close")
        parts = self._parts_from(self._other)
        shown = diff_content(parts, signs=self.app.no_color)
        if all(part.kind is DiffKind.SAME for part in parts):
            shown = Content.assemble(("Both say the same.\n\n", "$text-muted"), shown)
        self.query_one(Static).update(shown)


def diff_content(parts: Sequence[DiffPart], *, signs: bool) -> Content:
    """The parts one after the other; with `signs` around what only one of the texts has."""
    return Content("").join([_part(part, signs=signs) for part in parts])


def _part(part: DiffPart, *, signs: bool) -> Content:
    opening, closing, style = _SIGNS[part.kind]
    text = safe_text(part.text)
    if part.kind is DiffKind.SAME:
        return Content(text)
    words = text.strip()
    before, _, after = text.partition(words) if words else ("", "", text)
    marked = f"{opening}{words}{closing}" if signs else words
    return Content.assemble(before, (marked, style), after)


_MOST_ROWS = 1_000
"""An option list lays out all of its options whenever one changes."""
_MARGIN = 2
_MOST_GRAPH = 24
_MOST_TEXT = 400
_PREVIEW = 2_000
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


class TreeScreen(PreviewListScreen):
    """One row for each turn; dismissed with the id of the message that ends the chosen one."""

    CSS_PATH = ["dialog.tcss", "preview_list.tcss", "branches.tcss"]
    FRAME = "tree"

    def __init__(self, rows: Sequence[TurnRow], *, now: datetime) -> None:
        super().__init__()
        self._rows = rows
        self._now = now
        self._fitting: Sequence[TurnRow] = rows
        self._texts: dict[str, str] = {}

    def on_mount(self) -> None:
        self.query_one(DialogFrame).set_frame("Tree", "enter show · alt+↓ scroll · esc close")
        variables, is_dark = self.app.get_css_variables(), self.app.current_theme.dark
        self._palette = Palette.from_theme(variables, is_dark)
        # The rows need a width, and a pushed screen is not told of its first size.
        self.call_after_refresh(self.show_fitting)

    def show_marked(self, row_id: str | None) -> None:
        row = next((each for each in self._fitting if each.message.id == row_id), None)
        if row is None:
            return  # It has been filtered out meanwhile.
        static = self.preview
        width = static.size.width
        parts = (
            _prompt(each) if each.role is Role.USER else _reply(each, width, self._palette)
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
        lines = zip(fitting, self._lines(fitting, width), strict=True)
        options = [Option(line, id=row.message.id) for row, line in lines]
        self.options.add_options(options or [nothing_fits()])
        ids = [row.message.id for row in fitting]
        shown = [row.message.id for row in fitting if row.is_shown]
        wanted = (marked.id if marked else None, *reversed(shown), *ids)
        found = next((each for each in wanted if each in ids), None)
        self.options.highlighted = None if found is None else ids.index(found)

    def _lines(self, rows: Sequence[TurnRow], width: int) -> Iterator[Content]:
        """The rows; of a prompt that is in an earlier one, the reply is shown."""
        told: set[str] = set()
        for row in rows:
            first = row.messages[0]
            said = row.message if first.id in told else first
            told.add(first.id)
            count = row.variants.count
            place = f" ‹{row.variants.position}/{count}›" if count > 1 else ""
            right = f"{place}  {short_age(row.message.created_at, self._now):>6}"
            graph = row.graph if len(row.graph) <= _MOST_GRAPH else f"…{row.graph[-_MOST_GRAPH:]}"
            left = f"{graph}{'●' if row.is_shown else '○'} "
            room = max(4, width - cell_len(left) - cell_len(right))
            style = "bold" if row.is_shown else ""
            yield Content.assemble(
                (left, "$text-accent"),
                (fit(self._text_of(said) or "…", room), style),
                (right, "$text-muted"),
            )

    def _text_of(self, message: ChatMessage) -> str:
        """The beginning of a message on one line, without signs of Markdown."""
        if message.id not in self._texts:
            text = message.text[:_MOST_TEXT]
            if not is_plain(text):
                document = Document(self._palette)
                document.update(text, complete=True)
                text = " ".join(line.plain for line in document.lines(_MOST_TEXT))
            self._texts[message.id] = safe_line(text, _MOST_TEXT)
        return self._texts[message.id]


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
