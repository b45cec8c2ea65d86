"""Attachment bar and path list: what is attached to the prompt, and the paths that fit `@`."""

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.content import Content
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from fakegpt_tui.attachments.path_listing import PathEntry
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.widgets.drawing import fit

_MAX_CHIPS = 4
_MAX_PATHS = 8


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
    """Each one's number, name, kind, size and cost."""
    hint: reactive[str] = reactive("")
    """The key that opens the list of them."""

    def watch_chips(self, chips: tuple[str, ...]) -> None:
        self.display = bool(chips)

    def render(self) -> Content:
        lines = [
            Content.assemble(("▣ ", "bold"), safe_line(chip)) for chip in self.chips[:_MAX_CHIPS]
        ]
        more = len(self.chips) - _MAX_CHIPS
        if more > 0:
            lines.append(Content(f"  and {more} more"))
        width = max(1, self.size.width)
        if lines and lines[-1].cell_length + len(self.hint) + 3 <= width:
            lines[-1] = Content.assemble(lines[-1], (f"   {self.hint}", "dim"))
        return Content("\n").join([line.truncate(width, ellipsis=True) for line in lines])


class PathList(Widget):
    """The paths that fit what is typed behind `@`; hidden where none does."""

    DEFAULT_CSS = """
    PathList {
        height: auto;
        max-height: 33vh;
        background: $surface;
    }
    """
    COMPONENT_CLASSES = {"command-completion--marked"}

    matches: reactive[Sequence[PathEntry]] = reactive((), layout=True)
    marked: reactive[int | None] = reactive(None)

    def watch_matches(self, matches: Sequence[PathEntry]) -> None:
        self.display = bool(matches)

    def get_content_height(self, *_: object) -> int:
        return min(_MAX_PATHS, len(self.matches))

    def render_line(self, y: int) -> Strip:
        width, height = self.size
        place = max(0, (self.marked or 0) - height + 1) + y
        if place >= len(self.matches):
            return Strip.blank(width, self.rich_style)
        entry, style = self.matches[place], self.rich_style
        if entry.is_late:
            style += Style(dim=True)
        if place == self.marked:
            style += self.get_component_rich_style("command-completion--marked", partial=True)
        shown = fit(f" {safe_line(entry.path, 1_000)}{'/' if entry.is_folder else ''}", width)
        return Strip([Segment(shown, style)]).adjust_cell_length(width, style)
