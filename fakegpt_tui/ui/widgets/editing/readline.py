"""Readline: what keys of shells do to a text and a cursor, and the ring of what they killed."""

from collections.abc import Callable, Collection, Mapping
from typing import Final

from fakegpt_tui.ui.widgets.editing.operators import CASES, EditState, change_case, with_whole_marks
from fakegpt_tui.ui.widgets.editing.places import (
    BLANK,
    after,
    before,
    is_word,
    kind_at,
    line_end,
    line_start,
)
from fakegpt_tui.ui.widgets.editing.text_objects import TextRange

_MOST_KILLED = 60
"""Texts in the ring; the oldest go."""


def word_end(text: str, at: int) -> int:
    """Where the word at `at` ends, or the next one."""
    while at < len(text) and not is_word(text, at):
        at = after(text, at)
    kind = kind_at(text, at)
    while at < len(text) and kind_at(text, at) == kind:
        at = after(text, at)
    return at


def word_start(text: str, at: int) -> int:
    """Where the word before `at` begins."""
    while at and not is_word(text, before(text, at)):
        at = before(text, at)
    kind = kind_at(text, before(text, at))
    while at and kind_at(text, before(text, at)) == kind:
        at = before(text, at)
    return at


def blank_before(text: str, at: int) -> int:
    """Where begins what is between blanks before `at`."""
    while at and kind_at(text, before(text, at)) == BLANK:
        at = before(text, at)
    while at and kind_at(text, before(text, at)) != BLANK:
        at = before(text, at)
    return at


def _to_end(text: str, at: int) -> int:
    end = line_end(text, at)
    return end if end > at else after(text, at)


def _to_start(text: str, at: int) -> int:
    start = line_start(text, at)
    return start if start < at else before(text, at)


KILLS: Final[Mapping[str, Callable[[str, int], int]]] = {
    "kill_to_end": _to_end,
    "kill_to_start": _to_start,
    "kill_word_left": word_start,
    "kill_big_word_left": blank_before,
    "kill_word_right": word_end,
}
"""By their names, up to where they delete."""


class KillRing:
    """Killed texts, the last one first; kills in a row make one text."""

    def __init__(self) -> None:
        self._killed: list[str] = []
        self._place = 0

    def add(self, text: str, *, goes_on: bool, is_before: bool) -> None:
        """Keep a text, at the end or the start of the last one where the kills go on."""
        if not text:
            return
        if goes_on and self._killed:
            last = self._killed.pop(0)
            text = text + last if is_before else last + text
        self._killed.insert(0, text)
        del self._killed[_MOST_KILLED:]
        self._place = 0

    @property
    def current(self) -> str:
        """What is yanked next; empty where nothing was killed."""
        return self._killed[self._place] if self._killed else ""

    def turn(self) -> None:
        """Go to what was killed before, and from the oldest to the last one."""
        self._place = (self._place + 1) % max(1, len(self._killed))


def kill_range(
    name: str, state: EditState, marks: Collection[str], selected: TextRange | None
) -> TextRange:
    """What a kill takes: the selection, or else up to where it goes, with whole marks."""
    text, at = state.text, state.cursor
    if selected is not None:
        return with_whole_marks(text, selected, marks)
    if name == "kill_line":
        end = line_end(text, at)
        return with_whole_marks(text, TextRange(line_start(text, at), after(text, end)), marks)
    start, end = sorted((at, KILLS[name](text, at)))
    return with_whole_marks(text, TextRange(start, end), marks)


def transpose(state: EditState, marks: Collection[str]) -> EditState:
    """Exchange the characters beside the cursor, at the end of a line the last two."""
    text, at = state.text, state.cursor
    if at == line_end(text, at) and at > line_start(text, at):
        at = before(text, at)
    if at == line_start(text, at) or at == line_end(text, at):
        return state
    return _exchange(state, (before(text, at), at), (at, after(text, at)), marks)


def transpose_words(state: EditState, marks: Collection[str]) -> EditState:
    """Exchange the word at the cursor with the one before; at the end, the last two."""
    text = state.text
    end = word_end(text, state.cursor)
    if not is_word(text, before(text, end)):
        end = word_end(text, word_start(text, end))
    start = word_start(text, end)
    first = word_start(text, start)
    first_end = word_end(text, first)
    if first_end > start:
        return state
    return _exchange(state, (first, first_end), (start, end), marks)


def _exchange(
    state: EditState, one: tuple[int, int], other: tuple[int, int], marks: Collection[str]
) -> EditState:
    """Exchange two parts of a text; the cursor goes behind them. A mark stays as it is."""
    text, touched = state.text, TextRange(one[0], other[1])
    if with_whole_marks(text, touched, marks) != touched:
        return state
    between = text[one[1] : other[0]]
    exchanged = text[slice(*other)] + between + text[slice(*one)]
    return EditState(text[: one[0]] + exchanged + text[other[1] :], other[1])


def change_word(name: str, state: EditState, marks: Collection[str]) -> EditState:
    """Make the rest of the word capitals or small letters; the cursor goes behind it."""
    end = word_end(state.text, state.cursor)
    start = state.cursor
    if name != "capitalize":
        changed = change_case(state, TextRange(start, end), CASES[name], marks)
        return EditState(changed.text, end)
    while start < end and not is_word(state.text, start):
        start = after(state.text, start)
    first = min(after(state.text, start), end)
    capital = change_case(state, TextRange(start, first), str.upper, marks)
    rest = change_case(capital, TextRange(first, end), str.lower, marks)
    return EditState(rest.text, end)
