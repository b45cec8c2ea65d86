"""Command palette and help: every command of the keymap, with its keys."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from rich.table import Column, Table
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from fakegpt_tui.keymap import COMMANDS, OPEN_NTH_PREFIX, KeyScope, key_labels
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.dialogs import set_frame
from fakegpt_tui.ui.dialogs.pick import ListScreen
from fakegpt_tui.ui.slash_commands import (
    CommandMatch,
    MatchRank,
    first_choice,
    matching_commands,
    screen_action,
)
from fakegpt_tui.ui.state import ChatState
from fakegpt_tui.ui.terminal.output import repaint_now
from fakegpt_tui.ui.widgets.command_completion import command_columns
from fakegpt_tui.ui.widgets.text_field import TextField

_MAX_CONVERSATIONS = 20
_FRAME_WIDTH = 6
"""Cells that the frame of the palette and its padding take."""


class PaletteScreen(ListScreen[str | None]):
    """The commands and conversations that fit; dismissed with the action of one.

    The list follows from what is typed at once, so that Enter cannot take what fitted before.
    """

    CSS_PATH = ["dialog.tcss", "palette.tcss"]

    def __init__(self, state: ChatState) -> None:
        super().__init__()
        self._state = state
        self._shown: str | None = None

    def compose(self) -> ComposeResult:
        with Vertical(id="palette", classes="dialog"):
            yield TextField(placeholder="Name of a command or conversation", compact=True)
            yield OptionList(compact=True, markup=False)

    def on_idle(self) -> None:
        repaint_now(self)

    def on_mount(self) -> None:
        set_frame(self.query_one("#palette"), "Commands", "enter runs · esc closes")
        # The rows need a width, and a pushed screen is not told of its first size.
        self.call_after_refresh(self.on_resize)

    @on(Input.Changed)
    def filter(self, event: Input.Changed) -> None:
        self._show(event.value)

    def on_resize(self) -> None:
        self._show(self.query_one(Input).value)

    @on(Input.Submitted)
    def run_highlighted(self, event: Input.Submitted) -> None:
        self._show(event.value, keep=True)
        if (option := self.options.highlighted_option) is not None:
            self.dismiss(option.id)

    @on(OptionList.OptionSelected)
    def run_chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)

    def _show(self, query: str, *, keep: bool = False) -> None:
        """Show what fits; `keep` leaves a list alone that is of this query already."""
        if keep and query == self._shown:
            return
        self._shown = query
        matches = matching_commands(query, described=True) if query.strip() else _all_commands()
        self.options.clear_options()
        self.options.add_options(
            [Option(self._row(each), id=screen_action(each.command)) for each in matches]
        )
        titled = list(islice(self._titled(query), _MAX_CONVERSATIONS))
        self.options.add_options(
            [Option(f"Open {title}", id=_opening(each)) for each, title in titled]
        )
        first = first_choice(matches)
        self.options.highlighted = 0 if first is None and titled and not matches else first

    def _titled(self, query: str) -> Iterable[tuple[str, str]]:
        wanted = query.casefold()
        for row in self._state.rows:
            title = safe_line(row.title)
            if wanted in title.casefold():
                yield row.id, title

    def _row(self, match: CommandMatch) -> Content:
        command = match.command
        keys = self._state.keys.get(command.id, command.keys)
        # An alias is shown where it is what was typed.
        width = self.query_one("#palette").size.width - _FRAME_WIDTH
        name, description, shown = command_columns(command, match.name, keys, width)
        return Content.assemble((name, "bold"), description, shown)


def open_palette(screen: Screen[None], state: ChatState) -> None:
    """Let the user choose a command, and run it on the main screen."""

    async def run(action: str | None) -> None:
        if action is not None:
            await screen.run_action(action)

    screen.app.push_screen(PaletteScreen(state), run)


def _all_commands() -> list[CommandMatch]:
    return [
        CommandMatch(command, command.slash, MatchRank.PREFIX)
        for command in COMMANDS
        if command.slash
    ]


def _opening(conversation_id: str) -> str:
    return f"run_command('conversations', 'open', {conversation_id!r})"


_KEYS_WIDTH = 24


class HelpScreen(ModalScreen[None]):
    """Shows the table that the bindings are made from, so it cannot be wrong."""

    CSS_PATH = ["dialog.tcss", "help.tcss"]
    BINDINGS = [Binding("escape,f1,q,question_mark", "dismiss", "Close")]

    def __init__(self, keys: Mapping[str, str]) -> None:
        """`keys` are those that are not as in the table, by the ids of their commands."""
        super().__init__()
        self._keys = keys

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help", classes="dialog"):
            for where in KeyScope:
                yield Static(Content(where.value.capitalize()), classes="where")
                yield Static(command_table(where, self._keys))

    def on_mount(self) -> None:
        keys = "[keys] in config.toml gives other keys, by the grey names · esc closes"
        set_frame(self.query_one("#help"), "Keys", keys)


def command_table(where: KeyScope, changed: Mapping[str, str]) -> Table:
    """The commands of one part of the screen, with their keys, slash commands and ids."""
    table = Table.grid(Column(width=_KEYS_WIDTH), Column(), padding=(0, 2), pad_edge=True)
    for keys, text, names in _rows(where, changed):
        table.add_row(Text(key_labels(keys), style="bold"), Text.assemble(text, (names, "dim")))
    return table


def _rows(where: KeyScope, changed: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    for command in COMMANDS:
        if command.scope is where and not command.id.startswith(OPEN_NTH_PREFIX):
            keys = changed.get(command.id, command.keys)
            names = (*command.names, command.id) if command.keys else command.names
            yield keys, command.help, "".join(f"  {name}" for name in names if name)
    if where is KeyScope.ANY:
        yield "alt+1,…,alt+9", "Open a conversation by its place in the list", ""
