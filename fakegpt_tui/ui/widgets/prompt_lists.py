"""Lists above the prompt: what is attached, what waits to be sent, and what fits that is typed."""

from collections.abc import Sequence
from typing import Generic, TypeVar

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
        width = max(1, self.size.width)
        lines += _rest(len(self.chips) - _MAX_CHIPS)
        if lines and lines[-1].cell_length + len(self.hint) + 3 <= width:
            lines[-1] = Content.assemble(lines[-1], (f"   {self.hint}", "$text-muted"))
        return _cut(lines, width)


_MAX_WAITING = 3


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
    """Which command sends held prompts, and which key takes one back."""

    def watch_waiting(self, waiting: tuple[str, ...]) -> None:
        self.display = bool(waiting)

    def render(self) -> Content:
        why = f"waits: {self.hint}" if self.held else "sent when the reply ends"
        lines = [
            Content.assemble(("⧗ ", "bold"), safe_line(text), "" if index else f"  ({why})")
            for index, text in enumerate(self.waiting[:_MAX_WAITING])
        ]
        lines += _rest(len(self.waiting) - _MAX_WAITING)
        return _cut(lines, max(1, self.size.width))


def _rest(more: int) -> list[Content]:
    return [Content(f"  and {more} more")] if more > 0 else []


def _cut(lines: list[Content], width: int) -> Content:
    return Content("\n").join([line.truncate(width, ellipsis=True) for line in lines])


_MAX_SHOWN = 8
_Match = TypeVar("_Match")


class CompletionList(Widget, Generic[_Match]):
    """Rows of what fits; hidden where nothing does. Subclasses draw a row."""

    DEFAULT_CSS = """
    CompletionList {
        height: auto;
        max-height: 33vh;
        background: $surface;
    }
    """
    COMPONENT_CLASSES = {"command-completion--marked"}

    matches: reactive[Sequence[_Match]] = reactive((), layout=True)
    marked: reactive[int | None] = reactive(None)

    def row_segments(self, match: _Match, width: int, style: Style) -> list[Segment]:
        """A row of at most `width` cells."""
        raise NotImplementedError

    def row_style(self, match: _Match) -> Style:  # noqa: ARG002 - for subclasses
        """The style of a row that is not marked."""
        return self.rich_style

    def watch_matches(self, matches: Sequence[_Match]) -> None:
        self.display = bool(matches)

    def get_content_height(self, *_: object) -> int:
        return min(_MAX_SHOWN, len(self.matches))

    def render_line(self, y: int) -> Strip:
        width, height = self.size
        place = max(0, (self.marked or 0) - height + 1) + y
        if place >= len(self.matches):
            return Strip.blank(width, self.rich_style)
        match = self.matches[place]
        style = self.row_style(match)
        if place == self.marked:
            style += self.get_component_rich_style("command-completion--marked", partial=True)
        return Strip(self.row_segments(match, width, style)).adjust_cell_length(width, style)


class PathList(CompletionList[PathEntry]):
    """The paths that fit what is typed behind `@`."""

    DEFAULT_CSS = "PathList .path-list--late { color: $text-muted; }"
    COMPONENT_CLASSES = {"path-list--late"}

    def row_style(self, match: PathEntry) -> Style:
        """Ignored and hidden entries, which come last, are grey."""
        if not match.is_late:
            return self.rich_style
        return self.get_component_rich_style("path-list--late")

    def row_segments(self, match: PathEntry, width: int, style: Style) -> list[Segment]:
        """The path, with a slash behind a folder."""
        shown = f" {safe_line(match.path, 1_000)}{'/' if match.is_folder else ''}"
        return [Segment(fit(shown, width), style)]
