"""Queue view widget: the prompts that wait to be sent, above the prompt."""

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from fakegpt_tui.text import safe_line

_MAX_SHOWN = 3


class QueueView(Widget):
    """A line for each prompt that waits; hidden where none does."""

    DEFAULT_CSS = """
    QueueView {
        height: auto;
        max-height: 4;
        padding: 0 2;
        color: $text-muted;
    }
    """

    waiting: reactive[tuple[str, ...]] = reactive((), layout=True)
    """The texts, the next one first."""
    held: reactive[bool] = reactive(False)
    """Must they be sent by hand, because the reply before them failed or was stopped?"""
    hint: reactive[str] = reactive("")
    """What sends them then, and what takes one back."""

    def watch_waiting(self, waiting: tuple[str, ...]) -> None:
        self.display = bool(waiting)

    def render(self) -> Content:
        why = f"waits: {self.hint}" if self.held else "sent when the reply ends"
        lines = [
            Content.assemble(("⧗ ", "bold"), safe_line(text), "" if index else f"  ({why})")
            for index, text in enumerate(self.waiting[:_MAX_SHOWN])
        ]
        more = len(self.waiting) - _MAX_SHOWN
        if more > 0:
            lines.append(Content(f"  and {more} more"))
        width = max(1, self.size.width)
        return Content("\n").join([line.truncate(width, ellipsis=True) for line in lines])
