"""Vim motions: where keys lead that may have a count and an operator before them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from fakegpt_tui.keymap import Command
from fakegpt_tui.keymap.vim import Keys
from fakegpt_tui.ui.widgets.editing.motions import MOTIONS, Span, end_of_run, word
from fakegpt_tui.ui.widgets.editing.operators import CASES, EditState, fit, lines_around, lines_from
from fakegpt_tui.ui.widgets.editing.places import (
    BLANK,
    after,
    at_column,
    column_of,
    find_character,
    first_nonblank,
    kind_at,
    line_below,
    line_end,
    line_start,
)
from fakegpt_tui.ui.widgets.editing.text_objects import OBJECTS, TextRange, last_in
from fakegpt_tui.ui.widgets.editing.vim_state import Request, VimMode, VimState, Wanted

FINDS: Final[Mapping[str, tuple[bool, bool]]] = {
    "find": (False, False),
    "find_back": (True, False),
    "till": (False, True),
    "till_back": (True, True),
}
"""By their actions: does it go back, and does it stay beside the character?"""
_STEPS: Final = {"down": 1, "up": -1}
_TO_WORD_END: Final = {"word_end", "big_word_end"}
"""An operator takes the last character, though they do not move there."""
MOST_DIGITS = 4
_MOST = 9999
"""Of a count."""
_END = 1 << 30
"""The column behind the end of every line, to which up and down keep after `$`."""


@dataclass(slots=True)
class Pending:
    """Keys of a command that is not complete yet."""

    shown: str = ""
    pressed: Keys = ()
    """What is to be pressed to repeat it: no counts, and no register."""
    keys: Keys = ()
    """Those that are no command yet."""
    digits: str = ""
    digits_before: str = ""
    """Of the count before the operator; the two multiply."""
    operator: Command | None = None
    operator_keys: Keys = ()
    argument: str = ""
    """The action that waits for a character."""

    @property
    def has_count(self) -> bool:
        return bool(self.digits or self.digits_before)

    @property
    def count(self) -> int:
        return min(int(self.digits or 1) * int(self.digits_before or 1), _MOST)


class VimMotions(VimState):
    """Goes to places, or lets the operator that waits act on all up to there."""

    def __init__(self) -> None:
        super().__init__()
        self.pending = Pending()
        self._wanted = ("", "find")
        """The character that was searched for, and how."""
        self._goal: int | None = None
        """The column that up and down keep to."""

    def move(self, action: str, state: EditState) -> EditState:
        """Go where a motion leads."""
        goal, self._goal = self._goal, None
        if action in _STEPS:
            return self._move_vertically(_STEPS[action], state, goal)
        if action.startswith("find_again"):
            return self._find_again(state, is_back=action.endswith("back"))
        if self.pending.operator is not None and action in ("word", "big_word"):
            return self._operate(self._words(state, big=action == "big_word"), state)
        if action == "last_line" and self.pending.has_count:
            action = "numbered_line"
        motion, span = MOTIONS[action]
        place = motion(state.text, state.cursor, self.pending.count)
        if action == "end_of_line":
            self._goal = _END
        if place is None and action in _TO_WORD_END:
            place = state.cursor if self.pending.operator is not None else None
        return self._go(place, span, state)

    def _go(self, place: int | None, span: Span, state: EditState) -> EditState:
        if place is None:
            return state
        if self.pending.operator is None:
            return fit(replace(state, cursor=place))
        found = _range(state, place, span)
        return self._operate(found, replace(state, cursor=min(state.cursor, place)))

    def _move_vertically(self, step: int, state: EditState, goal: int | None) -> EditState:
        """Go up or down in a column; where there are no more lines, to another prompt."""
        text, count = state.text, self.pending.count
        self._goal = column_of(text, state.cursor) if goal is None else goal
        start = line_below(text, state.cursor, step * count)
        if self.pending.operator is not None:
            place = None if start is None else at_column(text, start, self._goal)
            return self._go(place, Span.LINES, state)
        if start is None:
            start = line_start(text, len(text) if step > 0 else 0)
            if start == line_start(text, state.cursor):
                self._recall(step)
                return state
        return replace(state, cursor=at_column(text, start, self._goal))

    def _recall(self, step: int) -> None:
        if self.mode is VimMode.NORMAL and not self.pending.has_count:
            self.requests.append(Request(Wanted.LATER if step > 0 else Wanted.EARLIER))

    def search(self, action: str, wanted: str, state: EditState) -> EditState:
        """Go to a character of the line that was typed behind the key of a search."""
        self._wanted = (wanted, action)
        is_back, is_till = FINDS[action]
        return self._find(state, is_back=is_back, is_till=is_till, again=False)

    def _find_again(self, state: EditState, *, is_back: bool) -> EditState:
        before, is_till = FINDS[self._wanted[1]]
        return self._find(state, is_back=before != is_back, is_till=is_till, again=True)

    def _find(self, state: EditState, *, is_back: bool, is_till: bool, again: bool) -> EditState:
        wanted = self._wanted[0]
        if not wanted:
            return state
        options = {"back": is_back, "till": is_till, "again": again}
        count = self.pending.count
        place = find_character(state.text, state.cursor, count, wanted, **options)
        return self._go(place, Span.EXCLUSIVE if is_back else Span.INCLUSIVE, state)

    def _words(self, state: EditState, *, big: bool) -> TextRange:
        """What an operator takes of words: no line feed behind them, and a change no blanks."""
        text, at, count = state.text, state.cursor, self.pending.count
        place = at
        if count > 1:
            place = word(text, at, count - 1, big=big) or at
        is_change = self.pending.operator is not None and self.pending.operator.action == "change"
        if is_change and kind_at(text, at) != BLANK:
            return TextRange(at, after(text, end_of_run(text, place, big=big)))
        end = word(text, place, 1, big=big) or place
        return TextRange(at, min(end, max(line_end(text, place), at)))

    def _operate(self, found: TextRange, state: EditState) -> EditState:
        """Let the operator act that waits."""
        operator = self.pending.operator
        is_nothing = found.start == found.end and not found.is_lines
        if operator is None or (is_nothing and operator.action != "change"):
            return state
        return self.operate(operator.action, state, found)

    def operate_on_lines(self, state: EditState) -> EditState:
        """Let the operator act on the line of the cursor, and on those below that are counted."""
        found = lines_from(state.text, state.cursor, self.pending.count)
        operator = self.pending.operator
        if operator is not None and operator.action in CASES:
            cursor = min(state.cursor, first_nonblank(state.text, state.cursor))
            state = replace(state, cursor=cursor)
        return self._operate(found, state)

    def take_object(self, action: str, state: EditState) -> EditState:
        """Select a text object, or let the operator act on it."""
        kind, _, name = action.partition("_")
        at = state.cursor
        if state.anchor is not None and state.anchor != at:
            at = min(after(state.text, at), len(state.text))
        found = OBJECTS[name](state.text, at, self.pending.count, kind == "around")
        if found is None:
            return state
        if self.pending.operator is not None:
            return self._operate(found, replace(state, cursor=found.start))
        self.mode = VimMode.VISUAL_LINES if found.is_lines else VimMode.VISUAL
        anchor = found.start if state.anchor is None else min(state.anchor, found.start)
        return replace(state, anchor=anchor, cursor=last_in(state.text, found))


def _range(state: EditState, place: int, span: Span) -> TextRange:
    """What an operator takes of the text between the cursor and a place.

    Where that would end before the first letter of a line, it ends with the line before, and is of
    whole lines if nothing but blanks is before its start.
    """
    text = state.text
    start, end = sorted((state.cursor, place))
    if span is Span.LINES:
        return lines_around(text, start, end)
    if span is Span.INCLUSIVE:
        return TextRange(start, after(text, end))
    if "\n" in text[start:end] and line_start(text, end) == end:
        end -= 1
        if not text[line_start(text, start) : start].strip():
            return lines_around(text, start, end)
    return TextRange(start, end)
