"""Compare dialog: a variant of a message and another one, word by word."""

from collections.abc import Callable, Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from fakegpt_tui.domain.diff import DiffKind, DiffPart
from fakegpt_tui.text import safe_text
from fakegpt_tui.ui.dialogs import ScrollingFrame

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
        """`this` is the place of the variant that others are compared with, from 0; `other` comes
        first, where it is one.

        `parts_from` tells how to get to it from the variant at another place.
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
        title = f"From variant {self._other + 1} to {self._this + 1}"
        choice = "left, right another variant · " if self._count > 2 else ""  # noqa: PLR2004 - two are compared
        self.query_one(ScrollingFrame).set_frame(title, f"{choice}esc close")
        parts = self._parts_from(self._other)
        self.query_one(Static).update(diff_content(parts, signs=self.app.no_color))


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
