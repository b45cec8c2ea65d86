"""Text field: Textual's input of one line, whose keys go by graphemes."""

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widgets import Input

from fakegpt_tui.ui.graphemes import backspace_boundary, next_boundary, previous_boundary
from fakegpt_tui.ui.terminal.key_serializer import EditsInTurn


class TextField(EditsInTurn, Input):
    """An input in which arrows and deletions take whole characters, as a reader counts them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("alt+left", "cursor_left_word", show=False),
        Binding("alt+right", "cursor_right_word", show=False),
        Binding("alt+d,ctrl+delete", "delete_right_word", show=False),
    ]

    async def on_key(self, event: events.Key) -> None:
        await self.run_edit(event)

    def action_cursor_left(self, select: bool = False) -> None:
        start, end = self.selection
        target = previous_boundary(self.value, end)
        if select:
            self.selection = type(self.selection)(start, target)
        else:
            self.cursor_position = target if start == end else min(start, end)

    def action_cursor_right(self, select: bool = False) -> None:
        start, end = self.selection
        target = next_boundary(self.value, end)
        if select:
            self.selection = type(self.selection)(start, target)
        elif start == end and not self.cursor_at_end:
            self.cursor_position = target
        else:
            super().action_cursor_right()

    def action_delete_left(self) -> None:
        if self.selection.is_empty:
            end = self.cursor_position
            self.delete(backspace_boundary(self.value, end), end)
        else:
            self.delete_selection()

    def action_delete_right(self) -> None:
        if self.selection.is_empty:
            start = self.cursor_position
            self.delete(start, next_boundary(self.value, start))
        else:
            self.delete_selection()
