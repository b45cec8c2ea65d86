"""Vim engine: what each key does to a text, a cursor and a selection in vim's modes."""

from collections.abc import Mapping
from dataclasses import replace

from fakegpt_tui.keymap import Command, KeyScope
from fakegpt_tui.ui.widgets.editing.operators import EditState, Registers, fit
from fakegpt_tui.ui.widgets.editing.vim_commands import (
    NORMAL_COMMANDS,
    VISUAL_COMMANDS,
    VimCommand,
    replace_characters,
)
from fakegpt_tui.ui.widgets.editing.vim_motions import FINDS, MOST_DIGITS, Pending, VimMotions
from fakegpt_tui.ui.widgets.editing.vim_state import Change, VimKeys, VimMode


class Vim(VimMotions):
    """Takes keys one by one, each as the character that it types, or else as its name."""

    def __init__(self, changed: Mapping[str, str]) -> None:
        """`changed` are the keys that are not as in the table, by the ids of their commands."""
        super().__init__()
        self.keys = VimKeys(changed)
        self._is_waiting = False

    @property
    def shown(self) -> str:
        """The mode, and the keys of a command that is not complete."""
        return f"{self.mode.value} {self.pending.shown}".rstrip()

    def takes(self, key: str) -> bool:
        """Does a key mean something now? A letter that means nothing is not typed, either."""
        pending = self.pending
        if self.keys.leaves(key):
            return self.mode is not VimMode.NORMAL or bool(pending.shown)
        if self.mode is VimMode.INSERT or pending.argument:
            return self.mode is not VimMode.INSERT and len(key) == 1
        keys, is_operand = (*pending.keys, key), pending.operator is not None
        return len(key) == 1 or self.keys.is_begun(keys, self.mode, is_operand=is_operand)

    def begin(self) -> None:
        """Be in insert mode, as at the start."""
        self.drop()
        self.mode = VimMode.INSERT
        self._insertion = None

    def drop(self) -> None:
        """Forget the keys of a command that is not complete."""
        self.pending = Pending()
        self.register, self.shape, self.is_change = "", None, False

    def press(self, key: str, state: EditState) -> EditState:
        """Do what a key does, or wait for the next one."""
        if self.mode is VimMode.INSERT:
            return self.leave_insert(state) if self.keys.leaves(key) else state
        state, pending = fit(state), self.pending
        pending.shown += key if len(key) == 1 else ""
        if self.keys.leaves(key):
            return self._finish(state if self.mode is VimMode.NORMAL else self.leave_visual(state))
        if pending.argument:
            return self._finish(self._take_argument(key, state))
        if key in "123456789" or (key == "0" and pending.digits and not pending.keys):
            pending.digits = (pending.digits + key)[:MOST_DIGITS]
            return state
        pending.keys += (key,)
        return self._finish(self._read(state))

    def _read(self, state: EditState) -> EditState:
        """Run the command that the keys mean, if they mean one yet."""
        pending = self.pending
        keys, is_operand = pending.keys, pending.operator is not None
        if is_operand and keys in (pending.operator_keys, pending.operator_keys[-1:]):
            pending.pressed += keys
            return self.operate_on_lines(state)
        command = self.keys.find(keys, self.mode, is_operand=is_operand)
        if command is None:
            self._is_waiting = self.keys.is_begun(keys, self.mode, is_operand=is_operand)
            return state
        pending.pressed += keys
        pending.keys = ()
        return self._run(command, keys, state)

    def _finish(self, state: EditState) -> EditState:
        """End a command, unless it waits for more keys, and remember what it changed."""
        if self._is_waiting:
            self._is_waiting = False
            return state
        pending = self.pending
        if self.is_change:
            count = pending.count if pending.has_count else 0
            self.change = Change(pending.pressed, count, self.register, self.shape)
        self.drop()
        return state if self.mode is VimMode.INSERT else fit(state)

    def _run(self, command: Command, keys: tuple[str, ...], state: EditState) -> EditState:
        action, pending = command.action, self.pending
        if action in ("register", "replace") or action in FINDS:
            pending.argument, self._is_waiting = action, True
            return state
        match command.scope, self.mode:
            case KeyScope.VIM_MOTION, _:
                return self.move(action, state)
            case KeyScope.VIM_OBJECT, _:
                return self.take_object(action, state)
            case KeyScope.VIM_OPERATOR, VimMode.NORMAL:
                pending.operator, pending.operator_keys = command, keys
                pending.digits_before, pending.digits = pending.digits, ""
                self._is_waiting = True
                return state
            case _:
                return self._commands[action](self, state, pending.count)

    @property
    def _commands(self) -> Mapping[str, VimCommand]:
        if self.mode is not VimMode.NORMAL:
            return VISUAL_COMMANDS
        return {**NORMAL_COMMANDS, "repeat": lambda _, state, _count: self._repeat(state)}

    def _take_argument(self, key: str, state: EditState) -> EditState:
        """Go on with a command that waited for a character."""
        pending = self.pending
        action, pending.argument = pending.argument, ""
        if len(key) != 1:
            return state
        if action == "register":
            self._is_waiting = Registers.knows(key)
            self.register, pending.pressed = key, ()
            return state
        pending.pressed += (key,)
        if action == "replace":
            return replace_characters(self, state, pending.count, key)
        return self.search(action, key, state)

    def _repeat(self, state: EditState) -> EditState:
        """Do the last change once more, as often as it was done or the new count says."""
        change, pending = self.change, self.pending
        if change is None:
            return state
        count = pending.count if pending.has_count else change.count
        self.pending = Pending(digits=str(count or ""))
        self.register = change.register
        if change.shape is not None:
            state = self.select_again(state, change.shape)
        for key in change.keys:
            state = self.press(key, state)
        if self.mode is VimMode.INSERT:
            state = self.leave_insert(_typed(state, *change.typed))
        self.change = replace(change, count=count)
        return state


def _typed(state: EditState, deleted: int, text: str) -> EditState:
    """What typing makes of a text, with the characters before the cursor that it deletes."""
    start = max(state.cursor - deleted, 0)
    return EditState(state.text[:start] + text + state.text[state.cursor :], start + len(text))
