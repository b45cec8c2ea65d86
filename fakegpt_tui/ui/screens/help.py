"""All keys, on one page."""

import re
from collections.abc import Iterator

from rich.table import Column, Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from fakegpt_tui.ui.keymap import COMMANDS, OPEN_NTH, Where

_KEYS_WIDTH = 24
_FUNCTION_KEY = re.compile(r"f\d+")
_KEY_NAMES = {
    "escape": "esc",
    "question_mark": "?",
    "pageup": "pgup",
    "pagedown": "pgdn",
}


class HelpScreen(ModalScreen[None]):
    """Shows the table that the bindings are made from, so it cannot be wrong."""

    CSS_PATH = "help.tcss"
    BINDINGS = [Binding("escape,f1,q,question_mark", "dismiss", "Close")]

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help"):
            for where in Where:
                yield Static(Content(where.value.capitalize()), classes="where")
                yield Static(command_table(where))

    def on_mount(self) -> None:
        self.query_one("#help").border_title = Content("Keys — esc closes")


def command_table(where: Where) -> Table:
    """The commands of one part of the screen, with their keys and slash commands."""
    table = Table.grid(Column(width=_KEYS_WIDTH), Column(), padding=(0, 2), pad_edge=True)
    for keys, words, slash in _rows(where):
        table.add_row(Text(key_words(keys), style="bold"), Text.assemble(words, (slash, "dim")))
    return table


def _rows(where: Where) -> Iterator[tuple[str, str, str]]:
    for command in COMMANDS:
        if command.where is where and not command.id.startswith(OPEN_NTH):
            yield command.keys, command.help, f"  {command.slash}" if command.slash else ""
    if where is Where.ANY:
        yield "alt+1,…,alt+9", "Open a conversation by its place in the list", ""


def key_words(keys: str) -> str:
    """The keys of a binding as people write them."""
    return ", ".join(map(_key_word, keys.split(",")))


def _key_word(key: str) -> str:
    return _KEY_NAMES.get(key, key.upper() if _FUNCTION_KEY.fullmatch(key) else key)
