"""Command completion widget: the commands that fit a slash, above the prompt."""

from collections.abc import Mapping, Sequence

from rich.segment import Segment
from rich.style import Style
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from fakegpt_tui.ui.keymap import Command, key_label
from fakegpt_tui.ui.slash_commands import CommandMatch
from fakegpt_tui.ui.widgets.drawing import fit

_MAX_SHOWN = 8
_NAME_WIDTH = 18
_KEY_WIDTH = 8
_KEYS_FROM_WIDTH = 50


class CommandCompletion(Widget):
    """Rows of name, description and keys; hidden where no command fits."""

    DEFAULT_CSS = """
    CommandCompletion {
        height: auto;
        max-height: 33vh;
        background: $surface;
    }
    """
    COMPONENT_CLASSES = {"command-completion--marked"}

    matches: reactive[Sequence[CommandMatch]] = reactive((), layout=True)
    marked: reactive[int | None] = reactive(None)
    keys: reactive[Mapping[str, str]] = reactive({})
    """The keys that are not as in the keymap, by the ids of their commands."""

    def watch_matches(self, matches: Sequence[CommandMatch]) -> None:
        self.display = bool(matches)

    def get_content_height(self, *_: object) -> int:
        return min(_MAX_SHOWN, len(self.matches))

    def render_line(self, y: int) -> Strip:
        width, height = self.size
        first = max(0, (self.marked or 0) - height + 1)
        place = first + y
        if place >= len(self.matches):
            return Strip.blank(width, self.rich_style)
        match = self.matches[place]
        style = self.rich_style
        if place == self.marked:
            style += self.get_component_rich_style("command-completion--marked", partial=True)
        keys = self.keys.get(match.command.id, match.command.keys)
        name, description, shown_keys = command_columns(match.command, match.name, keys, width)
        segments = [
            Segment(f" {name}", style + Style(bold=True)),
            Segment(f"{description}{shown_keys}", style),
        ]
        return Strip(segments).adjust_cell_length(width, style)


def command_columns(command: Command, name: str, keys: str, width: int) -> tuple[str, str, str]:
    """Its name, description and first key, which together take one cell less than `width`."""
    key_width = _KEY_WIDTH if width >= _KEYS_FROM_WIDTH else 0
    description = fit(command.help, width - 1 - _NAME_WIDTH - key_width - (1 if key_width else 0))
    shown = (
        fit(f" {key_label(keys.partition(',')[0])}" if keys else "", key_width + 1)
        if key_width
        else ""
    )
    return fit(name, _NAME_WIDTH), description, shown
