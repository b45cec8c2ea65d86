"""Readline input: a text box in which keys of readline kill, yank, exchange and change words."""

from collections.abc import Collection

from fakegpt_tui.ui.widgets.editing.operators import EditState, clear, insert
from fakegpt_tui.ui.widgets.editing.readline import (
    KILLS,
    KillRing,
    change_word,
    kill_range,
    transpose,
    transpose_words,
)
from fakegpt_tui.ui.widgets.editing.text_objects import TextRange
from fakegpt_tui.ui.widgets.text_box import (
    TextBox,
    index_of,
    location_of,
    selected_range,
    text_of,
    write_text,
)

_KILLS = {*KILLS, "kill_line"}


class ReadlineInput:
    """Runs the edits that Textual's text area has not, each as one step of its history."""

    def __init__(self, box: TextBox) -> None:
        self._box = box
        self._ring = KillRing()
        self._killed_at: EditState | None = None
        """What the last kill left, if nothing was done since."""
        self._yanked_at: EditState | None = None

    def run(self, name: str, marks: Collection[str]) -> None:
        """Do an edit, as the table of keys names it."""
        box = self._box
        state = EditState(text_of(box), index_of(box, box.cursor_location))
        killed_at, yanked_at = self._killed_at, self._yanked_at
        self._killed_at = self._yanked_at = None
        if name in _KILLS:
            self._kill(name, state, marks, goes_on=state == killed_at)
        elif name == "yank":
            self._yank(state, self._selected)
        elif name == "yank_before":
            if state == yanked_at:
                start = state.cursor - len(self._ring.current)
                self._ring.turn()
                self._yank(state, TextRange(start, state.cursor))
        elif name.startswith("transpose"):
            exchange = transpose if name == "transpose" else transpose_words
            self._show(exchange(state, marks))
        else:
            self._show(change_word(name, state, marks))

    @property
    def _selected(self) -> TextRange | None:
        start, end = selected_range(self._box)
        return TextRange(start, end) if start < end else None

    def _kill(self, name: str, state: EditState, marks: Collection[str], *, goes_on: bool) -> None:
        found = kill_range(name, state, marks, self._selected)
        text = state.text[found.start : found.end]
        self._ring.add(text, goes_on=goes_on, is_before=found.start < state.cursor)
        self._killed_at = clear(state, found)
        self._show(self._killed_at)

    def _yank(self, state: EditState, replaced: TextRange | None) -> None:
        cleared = state if replaced is None else clear(state, replaced)
        self._yanked_at = insert(cleared, self._ring.current)
        self._show(self._yanked_at)

    def _show(self, state: EditState) -> None:
        write_text(self._box, state.text)
        self._box.move_cursor(location_of(state.text, state.cursor))
