"""Help and key editor: every command with its keys, to be looked up, run or given others."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from fakegpt_tui.domain import FakeGPTError
from fakegpt_tui.keymap import COMMANDS, VIM_PREFIX, Command, KeyScope
from fakegpt_tui.keymap.readline import EDITING_COMMANDS
from fakegpt_tui.keymap.vim import ALL_COMMANDS, begins_keys, key_sequences
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.bindings import key_label, key_labels, validate_keys
from fakegpt_tui.ui.dialogs import DialogFrame
from fakegpt_tui.ui.dialogs.pick import ListScreen
from fakegpt_tui.ui.slash_commands import screen_action
from fakegpt_tui.ui.widgets.drawing import fit
from fakegpt_tui.ui.widgets.prompt_input import PromptInput
from fakegpt_tui.ui.widgets.text_field import TextField

T = TypeVar("T")

_KEYS_WIDTH = 22
_LABEL_WIDTH = 20
_NARROW, _NARROW_KEYS_WIDTH = 80, 16
"""A screen with less room than that, and how wide keys are there."""
_EDIT_KEYS = "app.keys"

ChangeKeys = Callable[[str, str | None], Awaitable[str | None]]
"""Writes the keys of a command, or leaves them to the keymap; returns what was written before."""


class CommandListScreen(ListScreen[T]):
    """The commands by the part of the screen in which their keys work, and a field to search."""

    CSS_PATH = ["dialog.tcss", "keys.tcss"]

    def __init__(self, shown: Mapping[str, str], words: str = "") -> None:
        """`shown` are the keys that are not as in the keymap, by the ids of their commands.

        `words` are searched for at first.
        """
        super().__init__()
        self._words = words
        self._shown = shown
        self._commands: Sequence[Command] = ALL_COMMANDS
        self._scopes: Iterable[KeyScope] = KeyScope
        self._own: dict[str, str] = {}
        self._is_narrow = self.app.size.width < _NARROW

    def compose(self) -> ComposeResult:
        with DialogFrame("keys"):
            yield TextField(self._words, placeholder="Type to search", compact=True)
            yield OptionList(compact=True, markup=False)
            yield Static(id="said", markup=False)

    def on_resize(self) -> None:
        if self._is_narrow != (is_narrow := self.app.size.width < _NARROW):
            self._is_narrow = is_narrow
            self._show()

    @on(Input.Changed)
    def _show(self) -> None:
        self.show_rows(list(self._rows(self.query_one(Input).value.casefold().split())))
        if self._marked is None:
            self._say("")

    def _rows(self, words: Sequence[str]) -> Iterator[Option]:
        for scope in self._scopes:
            rows = [
                Option(self._row(command, keys), id=command.id)
                for command in self._commands
                if command.scope is scope
                for keys in [self._shown.get(command.id, command.keys)]
                if _has(command, keys, words)
            ]
            if rows:
                heading = scope.value.capitalize()
                yield Option(Content.styled(heading, "bold $primary"), disabled=True)
                yield from rows

    def _row(self, command: Command, keys: str) -> Content:
        labels = key_labels(keys) if keys else "—"
        is_narrow = self._is_narrow
        # Its description says what the label says, too.
        label = " " if is_narrow else f" {fit(command.label, _LABEL_WIDTH)} "
        return Content.assemble(
            "✎ " if command.id in self._own else "  ",
            (fit(labels, _NARROW_KEYS_WIDTH if is_narrow else _KEYS_WIDTH), "bold"),
            label,
            (command.help, "$text-muted"),
        )

    def _say(self, sentence: str) -> None:
        self.query_one("#said", Static).update(Content(safe_line(sentence, 400)))

    @property
    def _marked(self) -> Command | None:
        option = self.options.highlighted_option
        found = (each for each in self._commands if option is not None and each.id == option.id)
        return next(found, None)


class HelpScreen(CommandListScreen[str | None]):
    """All keys, those first that work where the focus is; dismissed with a command to run."""

    BINDINGS = [
        Binding("f1", "dismiss", "Close", show=False),
        Binding("f2", "edit_keys", "Edit", show=False),
    ]

    def __init__(
        self, keys: Mapping[str, str], where: KeyScope, words: str, *, has_vim: bool
    ) -> None:
        super().__init__(keys, words)
        self._scopes = sorted(KeyScope, key=lambda each: each is not where)
        self._commands = ALL_COMMANDS if has_vim else (*COMMANDS, *EDITING_COMMANDS)

    def on_mount(self) -> None:
        self.query_one(DialogFrame).set_frame("Help", "enter run · F2 edit keys · esc close")
        self._show()

    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def run_command(self) -> None:
        if (command := self._marked) is not None:
            if command.slash:
                self.dismiss(screen_action(command))
            else:
                self._say("It has no name; its key does it, where that works.")

    def action_edit_keys(self) -> None:
        """Go to the dialog that changes keys."""
        editor = next(each for each in COMMANDS if each.id == _EDIT_KEYS)
        self.dismiss(screen_action(editor))

    @on(OptionList.OptionHighlighted)
    def describe(self) -> None:
        """Say all about the marked command, with its names and its id for the configuration."""
        if (command := self._marked) is not None:
            names = " ".join((command.usage, *command.names[1:]))
            ends = filter(None, (names, command.id))
            self._say(f"{command.help} · {' · '.join(ends)}")


def open_help(screen: Screen[None], keys: Mapping[str, str], where: KeyScope, words: str) -> None:
    """Show all keys, and run the command that is chosen there on the main screen."""

    async def run(action: str | None) -> None:
        if action is not None:
            await screen.run_action(action)

    has_vim = screen.query_one(PromptInput).editing == "vim"
    screen.app.push_screen(HelpScreen(keys, where, words, has_vim=has_vim), run)


class KeysScreen(CommandListScreen[None]):
    """Lets the user give other keys to the marked command."""

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
        super().__init__(use(own))
        self._own = dict(own)
        self._change = change
        self._use = use
        self._changes: list[tuple[str, str | None]] = []
        self._writing = asyncio.Lock()

    def on_mount(self) -> None:
        keys = "enter set · F4 add · F9 reset · ctrl+z undo · esc close"
        self.query_one(DialogFrame).set_frame("Keys", keys)
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

        def is_begun(keys: str) -> bool:
            is_vim, pressed = command.id.startswith(VIM_PREFIX), key_sequences(keys)[0]
            return is_vim and begins_keys(pressed, command.scope, self._shown)

        self.app.push_screen(PressKeyScreen(command.label, is_begun), take)

    def action_default(self) -> None:
        if (command := self._marked) is not None:
            self._write(command.id, None)

    def action_undo(self) -> None:
        if self._changes:
            self._write(*self._changes.pop(), undoes=True)
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
            self._changes.append((command_id, before))
        self._own.pop(command_id, None)
        if keys is not None:
            self._own[command_id] = keys
        self._shown = self._use(self._own)
        self._show()


def _has(command: Command, keys: str, words: Sequence[str]) -> bool:
    names = " ".join(command.names)
    text = f"{key_labels(keys)} {command.label} {command.help} {command.id} {names}".casefold()
    return all(word in text for word in words)


class PressKeyScreen(ModalScreen[str | None]):
    """Waits for a key, or for keys one after the other; dismissed with them, or with nothing."""

    CSS_PATH = ["dialog.tcss", "keys.tcss"]

    def __init__(self, label: str, is_begun: Callable[[str], bool]) -> None:
        """`is_begun` says of keys whether others are to follow."""
        super().__init__()
        self._label = label
        self._is_begun = is_begun
        self._pressed: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        with DialogFrame("press"):
            yield Static(Content(f"Press the key for “{self._label}”."), markup=False)

    def on_mount(self) -> None:
        self.query_one(DialogFrame).set_frame("Key", f"{key_label('escape')} close")

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        if event.key == "escape":
            self.dismiss(None)
            return
        self._pressed += (event.key,)
        keys = " ".join(self._pressed)
        if self._is_begun(keys):
            begun = f"Press the key behind {key_label(keys)} for “{self._label}”."
            self.query_one(Static).update(Content(begun))
        else:
            self.dismiss(keys)
