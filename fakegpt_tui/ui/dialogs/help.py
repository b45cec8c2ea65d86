"""All keys, on one page."""

from collections.abc import Iterator, Mapping

from rich.table import Column, Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from fakegpt_tui.ui.keymap import COMMANDS, OPEN_NTH_PREFIX, KeyScope, key_labels

_KEYS_WIDTH = 24


class HelpScreen(ModalScreen[None]):
    """Shows the table that the bindings are made from, so it cannot be wrong."""

    CSS_PATH = "help.tcss"
    BINDINGS = [Binding("escape,f1,q,question_mark", "dismiss", "Close")]

    def __init__(self, keys: Mapping[str, str]) -> None:
        """`keys` are those that are not as in the table, by the ids of their commands."""
        super().__init__()
        self._keys = keys

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help"):
            for where in KeyScope:
                yield Static(Content(where.value.capitalize()), classes="where")
                yield Static(command_table(where, self._keys))

    def on_mount(self) -> None:
        frame = self.query_one("#help")
        frame.border_title = Content("Keys — esc closes")
        frame.border_subtitle = Content("[keys] in config.toml gives other keys, by the grey names")


def command_table(where: KeyScope, changed: Mapping[str, str]) -> Table:
    """The commands of one part of the screen, with their keys, slash commands and ids."""
    table = Table.grid(Column(width=_KEYS_WIDTH), Column(), padding=(0, 2), pad_edge=True)
    for keys, words, names in _rows(where, changed):
        table.add_row(Text(key_labels(keys), style="bold"), Text.assemble(words, (names, "dim")))
    return table


def _rows(where: KeyScope, changed: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    for command in COMMANDS:
        if command.scope is where and not command.id.startswith(OPEN_NTH_PREFIX):
            keys = changed.get(command.id, command.keys)
            names = (command.slash, command.id) if command.keys else (command.slash,)
            yield keys, command.help, "".join(f"  {name}" for name in names if name)
    if where is KeyScope.ANY:
        yield "alt+1,…,alt+9", "Open a conversation by its place in the list", ""
