"""What was sent while a reply streams, and waits for its end."""

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from fakegpt_tui.text import safe_line

_MAX_SHOWN = 3


class QueueView(Widget):
    """A line for each prompt that waits; nothing where none does."""

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
    """Do they wait for a person, because the reply before them failed or was stopped?"""

    def watch_waiting(self, waiting: tuple[str, ...]) -> None:
        self.display = bool(waiting)

    def render(self) -> Content:
        why = "waits for you" if self.held else "sent when the reply ends"
        lines = [
            Content.assemble(("⧗ ", "bold"), safe_line(text), (f"  ({why})" if not place else ""))
            for place, text in enumerate(self.waiting[:_MAX_SHOWN])
        ]
        more = len(self.waiting) - _MAX_SHOWN
        if more > 0:
            lines.append(Content(f"  and {more} more"))
        width = max(1, self.size.width)
        return Content("\n").join([line.truncate(width, ellipsis=True) for line in lines])
