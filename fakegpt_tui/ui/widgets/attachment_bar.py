"""Attachment bar: what is attached to the prompt."""

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from fakegpt_tui.text import safe_line

_MAX_CHIPS = 4


class AttachmentBar(Widget):
    """A line for each file, picture or large paste of the prompt; hidden where there is none."""

    DEFAULT_CSS = """
    AttachmentBar {
        height: auto;
        max-height: 5;
        padding: 0 2;
        color: $text-accent;
    }
    """

    chips: reactive[tuple[str, ...]] = reactive((), layout=True)
    """Each one's sign, number, name, kind, size and cost."""
    hint: reactive[str] = reactive("")
    """The key that opens the list of them."""

    def watch_chips(self, chips: tuple[str, ...]) -> None:
        self.display = bool(chips)

    def render(self) -> Content:
        lines = [
            Content.assemble((chip[:2], "bold"), safe_line(chip[2:]))
            for chip in self.chips[:_MAX_CHIPS]
        ]
        more = len(self.chips) - _MAX_CHIPS
        if more > 0:
            lines.append(Content(f"  and {more} more"))
        width = max(1, self.size.width)
        if lines and lines[-1].cell_length + len(self.hint) + 3 <= width:
            lines[-1] = Content.assemble(lines[-1], (f"   {self.hint}", "dim"))
        return Content("\n").join([line.truncate(width, ellipsis=True) for line in lines])
