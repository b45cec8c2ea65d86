"""Vim commands: what keys of normal mode do besides motions and operators."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from fakegpt_tui.ui.widgets.editing.motions import left, right
from fakegpt_tui.ui.widgets.editing.operators import (
    CASES,
    EditState,
    change_case,
    insert,
    join,
    lines_from,
    put,
)
from fakegpt_tui.ui.widgets.editing.places import (
    after,
    is_empty_line,
    line_end,
    line_start,
)
from fakegpt_tui.ui.widgets.editing.registers import CLIPBOARD
from fakegpt_tui.ui.widgets.editing.text_objects import TextRange
from fakegpt_tui.ui.widgets.editing.vim_keys import VimMode
from fakegpt_tui.ui.widgets.editing.vim_state import Request, VimState, Wanted

VimCommand = Callable[[VimState, EditState, int], EditState]
"""From what commands share, a text with its cursor, and a count."""


def _insert(vim: VimState, state: EditState, count: int) -> EditState:
    return vim.begin_insert(state, count)


def _insert_at_start(vim: VimState, state: EditState, count: int) -> EditState:
    line = state.text[line_start(state.text, state.cursor) : line_end(state.text, state.cursor)]
    place = line_end(state.text, state.cursor) - len(line.lstrip())
    return vim.begin_insert(replace(state, cursor=place), count)


def _append(vim: VimState, state: EditState, count: int) -> EditState:
    is_empty = is_empty_line(state.text, state.cursor)
    place = state.cursor if is_empty else after(state.text, state.cursor)
    return vim.begin_insert(replace(state, cursor=place), count)


def _append_at_end(vim: VimState, state: EditState, count: int) -> EditState:
    return vim.begin_insert(replace(state, cursor=line_end(state.text, state.cursor)), count)


def _open_below(vim: VimState, state: EditState, count: int) -> EditState:
    end = line_end(state.text, state.cursor)
    return vim.begin_insert(insert(replace(state, cursor=end), "\n"), count, "\n")


def _open_above(vim: VimState, state: EditState, count: int) -> EditState:
    start = line_start(state.text, state.cursor)
    opened = insert(replace(state, cursor=start), "\n")
    return vim.begin_insert(replace(opened, cursor=start), count, "\n")


def _on_characters(operator: str) -> VimCommand:
    def command(vim: VimState, state: EditState, count: int) -> EditState:
        end = right(state.text, state.cursor, count) or state.cursor
        return vim.operate(operator, state, TextRange(state.cursor, end))

    return command


def _delete_before(vim: VimState, state: EditState, count: int) -> EditState:
    start = left(state.text, state.cursor, count)
    return state if start is None else vim.operate("delete", state, TextRange(start, state.cursor))


def _on_lines(operator: str) -> VimCommand:
    def command(vim: VimState, state: EditState, count: int) -> EditState:
        return vim.operate(operator, state, lines_from(state.text, state.cursor, count))

    return command


def _on_rest(operator: str) -> VimCommand:
    """Act on the rest of the line, and on the lines below that the count says."""

    def command(vim: VimState, state: EditState, count: int) -> EditState:
        end = lines_from(state.text, state.cursor, count).end
        return vim.operate(operator, state, TextRange(state.cursor, end))

    return command


def _put(*, behind: bool) -> VimCommand:
    def command(vim: VimState, state: EditState, count: int) -> EditState:
        if vim.register in CLIPBOARD:
            vim.ask_for_clipboard(count, behind=behind)
            return state
        register = vim.registers.get(vim.register)
        if register is None:
            return state
        vim.is_change = True
        return put(state, register, count, behind=behind)

    return command


def _toggle_character(vim: VimState, state: EditState, count: int) -> EditState:
    vim.is_change = True
    end = right(state.text, state.cursor, count) or state.cursor
    found = TextRange(state.cursor, end)
    return replace(change_case(state, found, CASES["toggle"], vim.marks), cursor=end)


def _join(vim: VimState, state: EditState, count: int) -> EditState:
    vim.is_change = True
    return join(state, count)


def _ask(wanted: Wanted) -> VimCommand:
    def command(vim: VimState, state: EditState, count: int) -> EditState:
        vim.requests.append(Request(wanted, count=count))
        return state

    return command


def select_by(mode: VimMode) -> VimCommand:
    """Begin to select, or select by the other; what is selected so already is left."""

    def command(vim: VimState, state: EditState, _count: int) -> EditState:
        if vim.mode is mode:
            return vim.leave_visual(state)
        vim.mode = mode
        return state if state.anchor is not None else replace(state, anchor=state.cursor)

    return command


def _reselect(vim: VimState, state: EditState, _count: int) -> EditState:
    if vim.last_selection is None:
        return state
    vim.mode, anchor, cursor = vim.last_selection
    return replace(state, anchor=min(anchor, len(state.text)), cursor=cursor)


NORMAL_COMMANDS: Final[Mapping[str, VimCommand]] = {
    "insert": _insert,
    "insert_at_start": _insert_at_start,
    "append": _append,
    "append_at_end": _append_at_end,
    "open_below": _open_below,
    "open_above": _open_above,
    "delete_character": _on_characters("delete"),
    "delete_before": _delete_before,
    "substitute": _on_characters("change"),
    "substitute_line": _on_lines("change"),
    "delete_to_end": _on_rest("delete"),
    "change_to_end": _on_rest("change"),
    "yank_line": _on_lines("yank"),
    "put": _put(behind=True),
    "put_before": _put(behind=False),
    "toggle_character": _toggle_character,
    "join": _join,
    "undo": _ask(Wanted.UNDO),
    "redo": _ask(Wanted.REDO),
    "visual": select_by(VimMode.VISUAL),
    "visual_lines": select_by(VimMode.VISUAL_LINES),
    "reselect": _reselect,
    "slash": _ask(Wanted.SLASH),
}
"""All but those that wait for a character, and the repetition."""
