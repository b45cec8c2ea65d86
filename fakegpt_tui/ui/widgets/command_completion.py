"""Command completion widget: the commands that fit a slash, above the prompt."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from textwrap import wrap

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.reactive import reactive

from fakegpt_tui.keymap import Command, key_label
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.argument_completion import ArgumentMatch
from fakegpt_tui.ui.slash_commands import MatchRank
from fakegpt_tui.ui.slash_completion import CommandLineMatch
from fakegpt_tui.ui.widgets.completion_list import CompletionList
from fakegpt_tui.ui.widgets.drawing import fit

_NAME_WIDTH = 18
_MAX_VALUE = 1_000
_LEAST_WIDTH = 10
_KEY_WIDTH = 8
_KEYS_FROM_WIDTH = 50


class CommandCompletion(CompletionList[CommandLineMatch | str]):
    """Rows of name, description and keys, of the values of arguments, and of what is to be said."""

    COMPONENT_CLASSES = {"command-completion--marked", "command-completion--remark"}

    keys: reactive[Mapping[str, str]] = reactive({})
    """The keys that are not as in the keymap, by the ids of their commands."""

    def row_style(self, match: CommandLineMatch | str) -> Style:
        """What is said has a colour of its own."""
        remark = self.get_component_rich_style("command-completion--remark", partial=True)
        return self.rich_style + Style(color=remark.color if isinstance(match, str) else None)

    def row_segments(
        self, match: CommandLineMatch | str, width: int, style: Style
    ) -> list[Segment]:
        """The name in bold, and what the command does and its key behind it.

        Of a command that is typed to its end, what may stand behind it comes first.
        """
        if isinstance(match, str):
            return [Segment(fit(f" {match}", width), style)]
        if isinstance(match, ArgumentMatch):
            return _value_segments(match, width, style)
        keys = self.keys.get(match.command.id, match.command.keys)
        command = match.command
        if match.rank is MatchRank.EXACT and command.argument:
            command = replace(command, help=f"{command.argument} · {command.help}")
        name, description, shown_keys = command_columns(command, match.name, keys, width)
        return [
            Segment(f" {name}", style + Style(bold=True)),
            Segment(f"{description}{shown_keys}", style),
        ]


def wrapped(rows: Sequence[CommandLineMatch | str], width: int) -> list[CommandLineMatch | str]:
    """The rows with what is said in as many as it takes."""
    found: list[CommandLineMatch | str] = []
    for row in rows:
        found += wrap(row, max(_LEAST_WIDTH, width - 1)) if isinstance(row, str) else (row,)
    return found


def _value_segments(match: ArgumentMatch, width: int, style: Style) -> list[Segment]:
    """The value in bold, and what is known of it behind it."""
    value = safe_line(match.value.text, _MAX_VALUE)
    about = safe_line(match.value.description, width)
    room = max(_NAME_WIDTH, cell_len(value)) if about else width - 1
    return [
        Segment(f" {fit(value, room)}", style + Style(bold=True)),
        Segment(fit(f" {about}", width - room - 1), style),
    ]


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
