"""Usage dialog: tokens and money, by month, model or conversation."""

from collections.abc import Sequence

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from fakegpt_tui.chat.spending import Spending, SpendingGroup, SpendingRow, cost_sentence
from fakegpt_tui.domain import StoreError
from fakegpt_tui.domain.prices import format_dollars
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.dialogs import ScrollingFrame
from fakegpt_tui.ui.widgets.drawing import fit

_LONGEST_NAME = 40
_GAP = "  "
_NOTHING = "Nothing was asked for yet."


class UsageScreen(ModalScreen[None]):
    """Sums of the ledger; tab goes from months to models and conversations."""

    CSS_PATH = "dialog.tcss"
    BINDINGS = [
        Binding("escape,q", "dismiss", "Close"),
        Binding("tab,right", "step(1)", "Next sums"),
        Binding("shift+tab,left", "step(-1)", "Sums before"),
    ]

    def __init__(self, spending: Spending, group: SpendingGroup = SpendingGroup.MONTH) -> None:
        super().__init__()
        self._spending = spending
        self._group = group

    def compose(self) -> ComposeResult:
        with ScrollingFrame("usage"):
            yield Static(markup=False)

    def on_mount(self) -> None:
        self.on_resize()

    def on_resize(self) -> None:
        # The lines need a width, and a pushed screen is not told of its first size.
        self.call_after_refresh(self._show)

    def action_step(self, step: int) -> None:
        """Sum by the next of month, model and conversation."""
        self._group = self._group_after(step)
        self._show()

    def _group_after(self, step: int) -> SpendingGroup:
        groups = list(SpendingGroup)
        return groups[(groups.index(self._group) + step) % len(groups)]

    def _show(self) -> None:
        frame = self.query_one(ScrollingFrame)
        keys = f"tab by {self._group_after(1).value} · esc close"
        frame.set_frame(f"Usage by {self._group.value}", keys)
        try:
            lines = _lines(self._spending.rows(self._group), frame.size.width) or [_NOTHING]
            budget = self._budget()
        except StoreError as error:
            lines, budget = [str(error)], ""
        self.query_one(Static).update(Content("\n".join(filter(None, (*lines, budget)))))

    def _budget(self) -> str:
        if self._spending.budget is None:
            return ""
        spent = str(self._spending.this_month()) or "nothing"
        return f"\nOf {format_dollars(self._spending.budget)} a month: {spent}"


def _lines(rows: Sequence[SpendingRow], width: int) -> list[str]:
    """A line for each row, in columns; two where the width is too small for that."""
    table = [
        (
            safe_line(row.name, _LONGEST_NAME),
            f"{row.replies:,} {'reply' if row.replies == 1 else 'replies'}",
            f"{row.prompt_tokens:,} + {row.reply_tokens:,} tokens",
        )
        for row in rows
    ]
    if not table:
        return []
    names, *others = (max(map(cell_len, column)) for column in zip(*table, strict=True))
    costs = [cost_sentence(row.cost) for row in rows]
    is_narrow = names + sum(others) + 3 * len(_GAP) + max(map(cell_len, costs)) > width
    lines = []
    for (name, *counts), cost in zip(table, costs, strict=True):
        if is_narrow:
            lines += [f"{fit(name, names)}  {cost}", f"  {', '.join(counts)}"]
            continue
        numbers = (f"{count:>{most}}" for count, most in zip(counts, others, strict=True))
        lines.append(_GAP.join((fit(name, names), *numbers, cost)).rstrip())
    return lines
