"""Completion lists above the prompt: what fits that is typed, of which one may be marked."""

from collections.abc import Sequence
from typing import Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from fakegpt_tui.attachments.path_listing import PathEntry
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.widgets.drawing import fit

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

    def row_style(self, match: PathEntry) -> Style:
        """Ignored and hidden entries, which come last, are dim."""
        return self.rich_style + Style(dim=True) if match.is_late else self.rich_style

    def row_segments(self, match: PathEntry, width: int, style: Style) -> list[Segment]:
        """The path, with a slash behind a folder."""
        shown = f" {safe_line(match.path, 1_000)}{'/' if match.is_folder else ''}"
        return [Segment(fit(shown, width), style)]
