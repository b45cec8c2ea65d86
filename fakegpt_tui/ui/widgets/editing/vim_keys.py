"""Keys of vim's modes: which command the keys mean that were pressed one after the other."""

from collections.abc import Mapping
from enum import Enum
from typing import Final

from fakegpt_tui.keymap import Command, KeyScope
from fakegpt_tui.keymap.vim import VIM_COMMANDS, Keys, key_sequences


class VimMode(Enum):
    """What keys mean; the value is shown at the prompt."""

    INSERT = "INSERT"
    NORMAL = "NORMAL"
    VISUAL = "VISUAL"
    VISUAL_LINES = "VISUAL LINE"


_VISUAL: Final = (KeyScope.VIM_VISUAL, KeyScope.VIM_OPERATOR, KeyScope.VIM_OBJECT)
_SCOPES: Final[Mapping[VimMode, tuple[KeyScope, ...]]] = {
    VimMode.INSERT: (),
    VimMode.NORMAL: (KeyScope.VIM_NORMAL, KeyScope.VIM_OPERATOR, KeyScope.VIM_MOTION),
    VimMode.VISUAL: (*_VISUAL, KeyScope.VIM_MOTION),
    VimMode.VISUAL_LINES: (*_VISUAL, KeyScope.VIM_MOTION),
}
_OPERAND: Final = (KeyScope.VIM_OBJECT, KeyScope.VIM_MOTION)


class VimKeys:
    """The table of keys, as a user has changed it."""

    def __init__(self, changed: Mapping[str, str]) -> None:
        """`changed` are the keys that are not as in the table, by the ids of their commands."""
        self._table: dict[KeyScope, dict[Keys, Command]] = {scope: {} for scope in KeyScope}
        for command in VIM_COMMANDS:
            for keys in key_sequences(changed.get(command.id, command.keys)):
                self._table[command.scope].setdefault(keys, command)

    def leaves(self, key: str) -> bool:
        """Does a key go to normal mode?"""
        return (key,) in self._table[KeyScope.VIM_INSERT]

    def find(self, keys: Keys, mode: VimMode, *, is_operand: bool) -> Command | None:
        """The command of these keys, in a mode or behind an operator."""
        scopes = _OPERAND if is_operand else _SCOPES[mode]
        return next((found for each in scopes if (found := self._table[each].get(keys))), None)

    def is_begun(self, keys: Keys, mode: VimMode, *, is_operand: bool) -> bool:
        """May these keys be followed by others?"""
        scopes = _OPERAND if is_operand else _SCOPES[mode]
        return any(known[: len(keys)] == keys for each in scopes for known in self._table[each])
