"""Compare dialog: two variants of a message, word by word."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from fakegpt_tui.domain.diff import DiffKind, DiffPart
from fakegpt_tui.text import safe_text

_SIGNS = {
    DiffKind.SAME: ("", "", ""),
    DiffKind.REMOVED: ("[-", "-]", "$text-error strike"),
    DiffKind.ADDED: ("{+", "+}", "$text-success underline"),
}
"""The signs around a part, for terminals without colours, and its style."""


class CompareScreen(ModalScreen[None]):
    """Shows what was removed from one text and what was added in the other."""

    CSS_PATH = "compare.tcss"
    BINDINGS = [Binding("escape,q,D", "dismiss", "Close")]

    def __init__(self, title: str, parts: Sequence[DiffPart]) -> None:
        super().__init__()
        self._title = title
        self._parts = parts

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="compare"):
            yield Static(diff_content(self._parts))

    def on_mount(self) -> None:
        self.query_one("#compare").border_title = Content(f"{self._title} — esc closes")


def diff_content(parts: Sequence[DiffPart]) -> Content:
    """The parts one after the other, with signs around what only one of the texts has."""
    return Content("").join([_part(part) for part in parts])


def _part(part: DiffPart) -> Content:
    opening, closing, style = _SIGNS[part.kind]
    text = safe_text(part.text)
    if part.kind is DiffKind.SAME:
        return Content(text)
    words = text.strip()
    before, _, after = text.partition(words) if words else ("", "", text)
    return Content.assemble(before, (f"{opening}{words}{closing}", style), after)
