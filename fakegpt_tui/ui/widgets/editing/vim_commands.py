"""Vim commands: what keys do besides motions, in normal mode and with what is selected."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from fakegpt_tui.ui.widgets.editing.motions import left, right
from fakegpt_tui.ui.widgets.editing.operators import (
    CASES,
    CLIPBOARD,
    EditState,
    change_case,
    clear,
    delete,
    insert,
    join,
    lines_from,
    put,
    taken,
    with_whole_marks,
)
from fakegpt_tui.ui.widgets.editing.places import after, is_empty_line, line_end, line_start
from fakegpt_tui.ui.widgets.editing.text_objects import TextRange
from fakegpt_tui.ui.widgets.editing.vim_state import Request, VimMode, VimState, Wanted

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
