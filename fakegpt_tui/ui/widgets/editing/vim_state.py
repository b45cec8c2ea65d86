"""Vim state: the mode, pressed keys, registers and last change that vim's commands share."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from os.path import commonprefix
from typing import Final

from fakegpt_tui.keymap import Command, KeyScope
from fakegpt_tui.keymap.vim import VIM_COMMANDS, Keys, key_sequences
from fakegpt_tui.ui.widgets.editing.operators import (
    CASES,
    CLIPBOARD,
    EditState,
    Register,
    Registers,
    change_case,
    clear,
    delete,
    fit,
    insert,
    lines_around,
    shift,
    taken,
    with_whole_marks,
)
from fakegpt_tui.ui.widgets.editing.places import (
    after,
    before,
    line_below,
    line_start,
)
from fakegpt_tui.ui.widgets.editing.text_objects import TextRange


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


class Wanted(Enum):
    """What a command leaves to others, who have the history of the text and the clipboard."""

    UNDO = auto()
    REDO = auto()
    EARLIER = auto()
    LATER = auto()
    COPY = auto()
    PUT = auto()
    PUT_BEFORE = auto()
    SLASH = auto()


@dataclass(frozen=True, slots=True)
class Request:
    """What is wanted, and how often. The text is what is copied, or was copied last."""

    wanted: Wanted
    text: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True)
class Insertion:
    """The text in which insert mode began, and how often what is typed is to stand there.

    `lead` goes before it where it is repeated.
    """

    began: EditState
    count: int
    lead: str

    def typed(self, state: EditState) -> tuple[int, str]:
        """How many characters before the cursor were deleted, and what was typed in their place.

        It is nothing where the text behind the cursor was changed, too.
        """
        text, at = self.began.text, self.began.cursor
        head, tail = text[:at], text[at:]
        if not state.text.endswith(tail):
            return 0, ""
        now = state.text[: len(state.text) - len(tail)]
        kept = len(commonprefix((head, now)))  # noqa: RUF071 - no paths
        return len(head) - kept, now[kept:]


@dataclass(frozen=True, slots=True)
class Shape:
    """How much was selected, by characters or lines, so that as much can be taken elsewhere."""

    mode: VimMode
    size: int


@dataclass(frozen=True, slots=True)
class Change:
    """A command that changed the text: its keys, and what was typed behind it."""

    keys: Keys
    count: int
    register: str
    shape: Shape | None
    typed: tuple[int, str] = (0, "")


class VimState:
    """Begins and leaves modes, keeps what is deleted, and lets operators act on ranges."""

    def __init__(self) -> None:
        self.mode = VimMode.INSERT
        self.registers = Registers()
        self.marks: Collection[str] = ()
        """Parts of the text that are deleted whole, and changed by nothing else."""
        self.requests: list[Request] = []
        self.register = ""
        """The register that was named for the command under way."""
        self.shape: Shape | None = None
        self.is_change = False
        """Has the command under way changed the text, so that it can be repeated?"""
        self.change: Change | None = None
        self.last_selection: tuple[VimMode, int, int] | None = None
        self._insertion: Insertion | None = None

    def begin_insert(self, state: EditState, count: int = 1, lead: str = "") -> EditState:
        self.mode = VimMode.INSERT
        self.is_change = True
        self._insertion = Insertion(state, count, lead)
        return replace(state, anchor=None)

    def leave_insert(self, state: EditState) -> EditState:
        """Go to normal mode, with what was typed as often as it was asked for."""
        insertion, self._insertion = self._insertion, None
        self.mode = VimMode.NORMAL
        if insertion is not None:
            typed = insertion.typed(state)
            state = insert(state, (insertion.lead + typed[1]) * (insertion.count - 1))
            if self.change is not None:
                self.change = replace(self.change, typed=typed)
        cursor = state.cursor
        if cursor > line_start(state.text, cursor):
            cursor = before(state.text, cursor)
        return fit(EditState(state.text, cursor))

    def keep(self, register: Register, *, is_copy: bool) -> None:
        """Keep what is copied or deleted in the register that was named."""
        if not register.text and not register.is_lines:
            return
        if self.register in CLIPBOARD:
            self.requests.append(Request(Wanted.COPY, register.whole))
        self.registers.keep(self.register, register, is_copy=is_copy)

    def ask_for_clipboard(self, count: int, *, behind: bool) -> None:
        """Have the text of the clipboard put; if that is not read, the one copied last."""
        kept = self.registers.get(self.register)
        wanted = Wanted.PUT if behind else Wanted.PUT_BEFORE
        self.requests.append(Request(wanted, "" if kept is None else kept.whole, count))

    def operate(
        self, operator: str, state: EditState, found: TextRange, times: int = 1
    ) -> EditState:
        """Do to a range what an operator does; of lines, the cursor is where it may stay."""
        if operator in ("delete", "change"):
            found = with_whole_marks(state.text, found, self.marks)
        if operator in ("delete", "change", "yank"):
            self.keep(taken(state.text, found), is_copy=operator == "yank")
        self.is_change = operator != "yank"
        match operator:
            case "delete":
                return delete(state, found)
            case "change":
                return self.begin_insert(clear(state, found))
            case "yank":
                return state if found.is_lines else replace(state, cursor=found.start)
            case "indent" | "outdent":
                return shift(state, found, times, left=operator == "outdent")
            case _:
                return change_case(state, found, CASES[operator], self.marks)

    def selected(self, state: EditState) -> TextRange:
        """What is selected in visual mode."""
        anchor = state.cursor if state.anchor is None else state.anchor
        start, end = sorted((anchor, state.cursor))
        if self.mode is VimMode.VISUAL_LINES:
            return lines_around(state.text, start, end)
        return TextRange(start, after(state.text, end))

    def leave_visual(self, state: EditState) -> EditState:
        """Go to normal mode; the selection can be had again, and its size taken elsewhere."""
        if state.anchor is not None:
            self.last_selection = (self.mode, state.anchor, state.cursor)
        found = self.selected(state)
        covered = state.text[found.start : found.end]
        size = covered.count("\n") + 1 if found.is_lines else _count(covered)
        self.shape = Shape(self.mode, size)
        self.mode = VimMode.NORMAL
        return replace(state, anchor=None)

    def select_again(self, state: EditState, shape: Shape) -> EditState:
        """Select as much as was selected elsewhere, from the cursor on."""
        self.mode = shape.mode
        end = state.cursor
        if shape.mode is VimMode.VISUAL_LINES:
            below = [line_below(state.text, end, count) for count in range(shape.size)]
            end = [place for place in below if place is not None][-1]
        else:
            for _ in range(shape.size - 1):
                end = after(state.text, end)
        return fit(replace(state, anchor=state.cursor, cursor=end))


def _count(text: str) -> int:
    """How many characters there are, as a reader counts them."""
    place = count = 0
    while place < len(text):
        place = after(text, place)
        count += 1
    return count
