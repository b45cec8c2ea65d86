"""Text box: Textual's text area, whose keys go by graphemes and undo word by word."""

from types import ModuleType
from typing import Any, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widgets import TextArea

from fakegpt_tui.ui.terminal.key_serializer import EditsInTurn

Location = tuple[int, int]
"""A row and a column of the text."""
_UNDO_STEPS = 1000
"""Words, pastes and deletions that can be taken back."""


class TextBox(EditsInTurn, TextArea):
    """A text area in which arrows, clicks and deletions take whole characters, as a reader does."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("alt+left", "cursor_word_left", show=False),
        Binding("alt+right", "cursor_word_right", show=False),
        Binding("alt+d,ctrl+delete", "delete_word_right", show=False),
    ]

    def __init__(self, text: str = "", **options: Any) -> None:
        super().__init__(text, soft_wrap=True, max_checkpoints=_UNDO_STEPS, **options)

    async def on_key(self, event: events.Key) -> None:
        if event.character == " ":
            self.history.checkpoint()
        await self.run_edit(event)

    def get_cursor_left_location(self) -> Location:
        row, column = self.cursor_location
        if column:
            return row, _graphemes().previous_boundary(self.document[row], column)
        return super().get_cursor_left_location()

    def get_cursor_right_location(self) -> Location:
        row, column = self.cursor_location
        line = self.document[row]
        if column < len(line):
            return row, _graphemes().next_boundary(line, column)
        return super().get_cursor_right_location()

    def get_cursor_up_location(self) -> Location:
        return self._on_boundary(super().get_cursor_up_location())

    def get_cursor_down_location(self) -> Location:
        return self._on_boundary(super().get_cursor_down_location())

    def get_target_document_location(self, event: events.MouseEvent) -> Location:
        return self._on_boundary(super().get_target_document_location(event))

    def action_delete_left(self) -> None:
        row, column = self.cursor_location
        if self.read_only or not self.selection.is_empty or not column:
            super().action_delete_left()
        else:
            start = _graphemes().backspace_boundary(self.document[row], column)
            self.delete((row, start), (row, column), maintain_selection_offset=False)

    def _on_boundary(self, location: Location) -> Location:
        row, column = location
        return row, _graphemes().nearest_boundary(self.document[row], column)


def _graphemes() -> ModuleType:
    from fakegpt_tui.ui import graphemes  # noqa: PLC0415 - no key goes by them before the first frame

    return graphemes
