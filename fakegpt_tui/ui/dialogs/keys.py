"""Key editor: every command with its keys, to be given others by pressing them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from fakegpt_tui.domain import FakeGPTError
from fakegpt_tui.keymap import COMMANDS, Command, KeyScope, key_label, key_labels
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.bindings import validate_keys
from fakegpt_tui.ui.dialogs import set_frame
from fakegpt_tui.ui.dialogs.pick import ListScreen
from fakegpt_tui.ui.widgets.drawing import fit
from fakegpt_tui.ui.widgets.text_field import TextField

_KEYS_WIDTH = 22
_LABEL_WIDTH = 20

ChangeKeys = Callable[[str, str | None], Awaitable[str | None]]
"""Writes the keys of a command, or leaves them to the keymap; returns what was written before."""


class KeysScreen(ListScreen[None]):
    """The commands by the part of the screen in which their keys work."""

    CSS_PATH = ["dialog.tcss", "keys.tcss"]
    BINDINGS = [
        Binding("f4", "press(True)", "Add", show=False),
        Binding("f9", "default", "Remove", show=False),
        Binding("ctrl+z", "undo", "Undo", show=False),
    ]

    def __init__(
        self,
        own: Mapping[str, str],
        change: ChangeKeys,
        use: Callable[[Mapping[str, str]], Mapping[str, str]],
    ) -> None:
        """`own` are the keys of the configuration, by the ids of their commands.

        `use` lets others hold from now on, and returns all that differ from the keymap.
        """
        super().__init__()
        self._own = dict(own)
        self._change = change
        self._use = use
        self._shown = use(own)
        self._undone: list[tuple[str, str | None]] = []
        self._writing = asyncio.Lock()

    def compose(self) -> ComposeResult:
        with Vertical(id="keys", classes="dialog"):
            yield TextField(placeholder="Type to search", compact=True)
            yield OptionList(compact=True, markup=False)
            yield Static(id="said", markup=False)

    def on_mount(self) -> None:
        keys = "enter another key · F4 one more · F9 default · ctrl+z undoes · esc closes"
        set_frame(self.query_one("#keys"), "Keys", keys)
        self._show()

    @on(Input.Changed)
    def search(self) -> None:
        self._show()

    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def choose(self) -> None:
        self.action_press(more=False)

    @on(OptionList.OptionHighlighted)
    def describe(self) -> None:
        if (command := self._marked) is not None:
            self._say(command.help)

    def action_press(self, more: bool) -> None:
        """Let the user press a key for the marked command, in place of its keys or beside them."""
        if (command := self._marked) is None:
            return

        def take(key: str | None) -> None:
            if key is not None:
                before = self._shown.get(command.id, command.keys) if more else ""
                self._set(command, f"{before},{key}" if before else key)

        self.app.push_screen(PressKeyScreen(command.label), take)

    def action_default(self) -> None:
        if (command := self._marked) is not None:
            self._write(command.id, None)

    def action_undo(self) -> None:
        if self._undone:
            self._write(*self._undone.pop(), undoes=True)
        else:
            self._say("There is nothing to undo.")

    def _set(self, command: Command, keys: str) -> None:
        changed = {**self._own, command.id: keys}
        problems = [each for each in validate_keys(changed) if each not in validate_keys(self._own)]
        if problems:
            self._say(problems[0])
        else:
            self._write(command.id, keys)

    @work(group="keys")
    async def _write(self, command_id: str, keys: str | None, *, undoes: bool = False) -> None:
        try:
            async with self._writing:
                before = await self._change(command_id, keys)
        except FakeGPTError as error:
            self._say(str(error))
            return
        if not undoes:
            self._undone.append((command_id, before))
        self._own.pop(command_id, None)
        if keys is not None:
            self._own[command_id] = keys
        self._shown = self._use(self._own)
        self._show()

    def _show(self) -> None:
        words = self.query_one(Input).value.casefold().split()
        self.show_rows(list(_rows(self._shown, self._own, words)))

    def _say(self, sentence: str) -> None:
        self.query_one("#said", Static).update(Content(safe_line(sentence, 400)))

    @property
    def _marked(self) -> Command | None:
        option = self.options.highlighted_option
        found = (each for each in COMMANDS if option is not None and each.id == option.id)
        return next(found, None)


def _rows(
    shown: Mapping[str, str], own: Mapping[str, str], words: Sequence[str]
) -> Iterator[Option]:
    for scope in KeyScope:
        rows = [
            Option(_row(command, keys, is_own=command.id in own), id=command.id)
            for command in COMMANDS
            if command.scope is scope
            for keys in [shown.get(command.id, command.keys)]
            if _has(command, keys, words)
        ]
        if rows:
            heading = scope.value.capitalize()
            yield Option(Content.styled(heading, "bold $primary"), disabled=True)
            yield from rows


def _has(command: Command, keys: str, words: Sequence[str]) -> bool:
    names = " ".join(command.names)
    text = f"{key_labels(keys)} {command.label} {command.help} {command.id} {names}".casefold()
    return all(word in text for word in words)


def _row(command: Command, keys: str, *, is_own: bool) -> Content:
    mark = "✎ " if is_own else "  "
    labels = key_labels(keys) if keys else "—"
    return Content.assemble(
        mark,
        (fit(labels, _KEYS_WIDTH), "bold"),
        f" {fit(command.label, _LABEL_WIDTH)} ",
        (command.help, "dim"),
    )


class PressKeyScreen(ModalScreen[str | None]):
    """Waits for a key; dismissed with its name, or with nothing."""

    CSS_PATH = ["dialog.tcss", "keys.tcss"]

    def __init__(self, label: str) -> None:
        super().__init__()
        self._label = label

    def compose(self) -> ComposeResult:
        with Vertical(id="press", classes="dialog"):
            yield Static(Content(f"Press the key for “{self._label}”."), markup=False)

    def on_mount(self) -> None:
        set_frame(self.query_one("#press"), "Key", f"{key_label('escape')} leaves it")

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        self.dismiss(None if event.key == "escape" else event.key)
