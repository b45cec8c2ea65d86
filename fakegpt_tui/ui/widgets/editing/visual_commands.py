"""Visual commands: what keys of vim do with what is selected, besides motions."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from fakegpt_tui.ui.widgets.editing.operators import (
    CASES,
    EditState,
    clear,
    delete,
    join,
    put,
    taken,
    with_whole_marks,
)
from fakegpt_tui.ui.widgets.editing.places import (
    after,
    line_end,
)
from fakegpt_tui.ui.widgets.editing.registers import CLIPBOARD
from fakegpt_tui.ui.widgets.editing.text_objects import TextRange
from fakegpt_tui.ui.widgets.editing.vim_commands import VimCommand, select_by
from fakegpt_tui.ui.widgets.editing.vim_keys import VimMode
from fakegpt_tui.ui.widgets.editing.vim_state import VimState


def _other_end(_vim: VimState, state: EditState, _count: int) -> EditState:
    return state if state.anchor is None else EditState(state.text, state.anchor, state.cursor)


def on_selection(operator: str, *, lines: bool = False) -> VimCommand:
    """Let an operator act on the selection, or on all of its lines."""

    def command(vim: VimState, state: EditState, count: int) -> EditState:
        if lines:
            vim.mode = VimMode.VISUAL_LINES
        found = vim.selected(state)
        state = replace(vim.leave_visual(state), cursor=found.start)
        return vim.operate(operator, state, found, count)

    return command


def _put_over(*, keeps: bool) -> VimCommand:
    """Put what was copied in place of the selection; one of them is kept."""

    def command(vim: VimState, state: EditState, count: int) -> EditState:
        name, register = vim.register, vim.registers.get(vim.register)
        found = with_whole_marks(state.text, vim.selected(state), vim.marks)
        state = vim.leave_visual(state)
        if name not in CLIPBOARD and register is None:
            return state
        vim.is_change = True
        if not keeps:
            vim.registers.keep("", taken(state.text, found), is_copy=False)
        if name in CLIPBOARD or register is None:
            vim.ask_for_clipboard(count, behind=False)
            return clear(state, found)
        if not register.is_lines:
            return put(clear(state, found), register, count, behind=False)
        if not found.is_lines:
            register = replace(register, text=f"\n{register.text}\n", is_lines=False)
            return put(clear(state, found), register, count, behind=False)
        is_last = found.end == len(state.text)
        if is_last and not found.start:
            return EditState("\n".join([register.text] * count), 0)
        return put(delete(state, found), register, count, behind=is_last)

    return command


def _join_selected(vim: VimState, state: EditState, _count: int) -> EditState:
    found = vim.selected(state)
    vim.is_change = True
    left_state = replace(vim.leave_visual(state), cursor=found.start)
    return join(left_state, state.text[found.start : found.end].count("\n") + 1)


VISUAL_COMMANDS: Final[Mapping[str, VimCommand]] = {
    "other_end": _other_end,
    "delete_lines": on_selection("delete", lines=True),
    "change_lines": on_selection("change", lines=True),
    "yank_lines": on_selection("yank", lines=True),
    "put": _put_over(keeps=False),
    "put_before": _put_over(keeps=True),
    "join": _join_selected,
    "visual": select_by(VimMode.VISUAL),
    "visual_lines": select_by(VimMode.VISUAL_LINES),
    **{name: on_selection(name) for name in ("delete", "change", "yank", "indent", "outdent")},
    **{name: on_selection(name) for name in CASES},
}


def replace_characters(vim: VimState, state: EditState, count: int, new: str) -> EditState:
    """Write one character over as many as the count says, or over all that are selected."""
    text, is_selection = state.text, state.anchor is not None
    found = vim.selected(state) if is_selection else _next_characters(state, count)
    state = vim.leave_visual(state) if is_selection else state
    if found is None or _has_mark(text, found, vim):
        return state
    written, at = [], found.start
    while at < found.end:
        written.append("\n" if text[at] == "\n" else new)
        at = after(text, at)
    vim.is_change = True
    cursor = found.start if is_selection else found.start + len(new) * (count - 1)
    return EditState(text[: found.start] + "".join(written) + text[found.end :], cursor)


def _next_characters(state: EditState, count: int) -> TextRange | None:
    """As many characters of the line; nothing where there are not as many."""
    end = state.cursor
    for _ in range(count):
        if end == line_end(state.text, end):
            return None
        end = after(state.text, end)
    return TextRange(state.cursor, end)


def _has_mark(text: str, found: TextRange, vim: VimState) -> bool:
    marked = with_whole_marks(text, found, vim.marks)
    return marked != found or any(mark in text[found.start : found.end] for mark in vim.marks)
