"""Command palette and help: every command of the keymap, with its keys."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import islice

from rich.table import Column, Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.containers import VerticalScroll
from textual.content import Content
from textual.fuzzy import Matcher
from textual.screen import ModalScreen
from textual.widgets import Static

from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.bindings import command_action
from fakegpt_tui.ui.keymap import COMMANDS, OPEN_NTH_PREFIX, Command, KeyScope, key_labels
from fakegpt_tui.ui.state import ChatState

_WORDS_FOUND = 1.0
_LETTERS_FOUND = 0.5
_MAX_CONVERSATIONS = 20
"""Drawing a hit costs far more than finding it."""


class ChatCommands(Provider):
    """Finds commands and conversations. Titles are foreign text, so hits are made of `Content`."""

    async def discover(self) -> Hits:
        for command in _commands():
            yield DiscoveryHit(self._display(command), self._run(command), text=command.help)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for command in _commands():
            if score := _score(command, query, matcher):
                yield Hit(score, self._display(command), self._run(command), text=command.help)
        for conversation_id, title in islice(self._titled(query), _MAX_CONVERSATIONS):
            display = Content.assemble("Open  ", title)
            yield Hit(_WORDS_FOUND, display, self._open(conversation_id), text=title)

    def _titled(self, query: str) -> Iterable[tuple[str, str]]:
        wanted, state = query.casefold(), self._state
        for row in state.rows if state else ():
            title = safe_line(row.title)
            if wanted in title.casefold():
                yield row.id, title

    @property
    def _state(self) -> ChatState | None:
        """The state of the main screen; `None` in a dialog."""
        state = getattr(self.screen, "state", None)
        return state if isinstance(state, ChatState) else None

    def _display(self, command: Command) -> Content:
        keys = (
            (self._state.keys if self._state else {})
            .get(command.id, command.keys)
            .replace(",", ", ")
        )
        hints = "  ".join(part for part in (command.slash, keys) if part)
        return Content.assemble(command.help, ("  " + hints, "dim"))

    def _run(self, command: Command) -> Callable[[], object]:
        return partial(self.screen.run_action, command_action(command))

    def _open(self, conversation_id: str) -> Callable[[], object]:
        action = f"run_command('conversations', 'open', {conversation_id!r})"
        return partial(self.screen.run_action, action)


def _commands() -> Iterable[Command]:
    return (command for command in COMMANDS if command.slash)


def _score(command: Command, query: str, matcher: Matcher) -> float:
    """How well a command fits. Letters in order are looked for in its names alone: any few letters
    are somewhere in a sentence."""
    described = f"{command.slash} {command.label} {command.help}".casefold()
    if all(word in described for word in query.casefold().split()):
        return _WORDS_FOUND
    named = max(matcher.match(command.label), matcher.match(command.slash))
    return min(named, 1.0) * _LETTERS_FOUND


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
    for keys, text, names in _rows(where, changed):
        table.add_row(Text(key_labels(keys), style="bold"), Text.assemble(text, (names, "dim")))
    return table


def _rows(where: KeyScope, changed: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    for command in COMMANDS:
        if command.scope is where and not command.id.startswith(OPEN_NTH_PREFIX):
            keys = changed.get(command.id, command.keys)
            names = (command.slash, command.id) if command.keys else (command.slash,)
            yield keys, command.help, "".join(f"  {name}" for name in names if name)
    if where is KeyScope.ANY:
        yield "alt+1,…,alt+9", "Open a conversation by its place in the list", ""
