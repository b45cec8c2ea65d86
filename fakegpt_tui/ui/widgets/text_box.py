"""Text box widget: an area whose keys take whole characters, and which undoes word by word."""

from collections.abc import Callable, Collection
from os.path import commonprefix
from types import ModuleType
from typing import Any, ClassVar

from rich.cells import cell_len
from textual import events, on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import TextArea
from textual.widgets.text_area import Edit, EditResult, Selection

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

    repeated = frozenset({"cursor_left", "cursor_right", "delete_left", "delete_right"})

    def __init__(self, text: str = "", **options: Any) -> None:
        super().__init__(text, soft_wrap=True, max_checkpoints=_UNDO_STEPS, **options)
        self.marks: Collection[str] = ()
        """The marks in the text that stand for something attached; a deletion takes them whole."""
        self._invitations: tuple[str, ...] = ()

    def invite(self, *texts: str) -> None:
        """Show, while nothing is typed, the first of the texts that fits a line, else the last."""
        self._invitations = texts
        self.show_invitation()

    @on(events.Resize)
    def show_invitation(self) -> None:
        width = self.content_size.width
        fitting = (text for text in self._invitations if not width or cell_len(text) <= width)
        if self._invitations:
            self.placeholder = Content(next(fitting, self._invitations[-1]))

    def edit(self, edit: Edit) -> EditResult:
        if not edit.text.isascii():
            _break_between_ideographs()
            edit.text = edit.text.replace("\u2028", "\n").replace("\u2029", "\n")
        return super().edit(edit)

    def load_text(self, text: str) -> None:
        if not text.isascii():
            _break_between_ideographs()
        super().load_text(text)

    def undo(self) -> None:
        if self.history.undo_stack:
            self._leave_long_text()
        super().undo()

    def redo(self) -> None:
        if self.history.redo_stack:
            self._leave_long_text()
            for edit in self.history.redo_stack[-1]:
                edit.maintain_selection_offset = False  # It would be that of the start.
        super().redo()

    def _leave_long_text(self) -> None:
        """Put the cursor where there is text always.

        Textual fails if it is behind a text that has become short enough to need no scroll bar,
        which Textual looks at before it moves the cursor.
        """
        self.selection = Selection.cursor((0, 0))

    def on_resize(self) -> None:
        # Textual leaves what is typed where it was, which may be out of sight now.
        self.call_after_refresh(self.scroll_cursor_visible)

    async def on_key(self, event: events.Key) -> None:
        if event.character == " ":
            self.history.checkpoint()
        await self.run_edit(event)

    async def repeat_edit(self, action: str, count: int) -> None:
        """Do an edit `count` times; those that held keys do, as one change of the text."""
        if count == 1 or action not in self.repeated or self.read_only or self.marks:
            await super().repeat_edit(action, count)
            return
        if not self.selection.is_empty:
            await super().repeat_edit(action, 1)
            count -= 1
        start = end = self.cursor_location
        for _ in range(count):
            end = self._step(action, end)
        if action.startswith("delete"):
            self.delete(start, end, maintain_selection_offset=False)
        else:
            self.move_cursor(end)

    def _step(self, action: str, location: Location) -> Location:
        if action.endswith("right"):
            return self._right_of(location)
        graphemes = _graphemes()
        deletes = action == "delete_left"
        return self._left_of(
            location, graphemes.backspace_boundary if deletes else graphemes.previous_boundary
        )

    def _left_of(self, location: Location, boundary: Callable[[str, int], int]) -> Location:
        row, column = location
        if column:
            return row, boundary(self.document[row], column)
        return (row - 1, len(self.document[row - 1])) if row else location

    def _right_of(self, location: Location) -> Location:
        row, column = location
        line = self.document[row]
        if column < len(line):
            return row, _graphemes().next_boundary(line, column)
        return (row + 1, 0) if row + 1 < self.document.line_count else location

    def get_cursor_left_location(self) -> Location:
        return self._left_of(self.cursor_location, _graphemes().previous_boundary)

    def get_cursor_right_location(self) -> Location:
        return self._right_of(self.cursor_location)

    def get_cursor_up_location(self) -> Location:
        return self._on_boundary(super().get_cursor_up_location())

    def get_cursor_down_location(self) -> Location:
        return self._on_boundary(super().get_cursor_down_location())

    def get_target_document_location(self, event: events.MouseEvent) -> Location:
        return self._on_boundary(super().get_target_document_location(event))

    def action_delete_left(self) -> None:
        if self._delete_mark(before=True):
            return
        if self.read_only or not self.selection.is_empty:
            super().action_delete_left()
        else:
            end = self.cursor_location
            start = self._left_of(end, _graphemes().backspace_boundary)
            self.delete(start, end, maintain_selection_offset=False)

    def action_delete_right(self) -> None:
        if not self._delete_mark(before=False):
            super().action_delete_right()

    def _delete_mark(self, *, before: bool) -> bool:
        """Delete the mark that a deletion at the cursor would break; is there one?"""
        if not self.marks or not self.selection.is_empty:
            return False
        from fakegpt_tui.attachments.marks import mark_around  # noqa: PLC0415 - where there is one

        row, column = self.cursor_location
        start, end = mark_around(self.document[row], column, self.marks, before=before)
        if start != end:
            self.history.checkpoint()
            self.delete((row, start), (row, end), maintain_selection_offset=False)
        return start != end

    def remove_mark(self, mark: str) -> None:
        """Take a mark out of the text, with the blank behind it."""
        if not self.replace_first(f"{mark} ", ""):
            self.replace_first(mark, "")

    def insert_text(self, text: str) -> None:
        """Put a text in place of the selection, as one edit."""
        start, end = self.selection
        self.history.checkpoint()
        result = self.replace(text, start, end, maintain_selection_offset=False)
        self.move_cursor(result.end_location)

    def replace_first(self, old: str, new: str) -> bool:
        """Replace the first `old` in the text, as one edit; is there one?"""
        before, found, _ = self.text.partition(old)
        if found:
            self.history.checkpoint()
            self.replace(new, end_of(before), end_of(before + found))
        return bool(found)

    def go_behind(self, words: str) -> None:
        """Move the cursor behind the first of these words in the text."""
        before, found, _ = self.text.partition(words)
        if found:
            self.move_cursor(end_of(before + found))

    def clear_selection(self) -> None:
        self.move_cursor(self.cursor_location)

    def _on_boundary(self, location: Location) -> Location:
        row, column = location
        return row, _graphemes().nearest_boundary(self.document[row], column)


def _break_between_ideographs() -> None:
    from fakegpt_tui.ui.terminal.text_wrapping import break_between_ideographs  # noqa: PLC0415 - as below

    break_between_ideographs()


def _graphemes() -> ModuleType:
    from fakegpt_tui.ui import graphemes  # noqa: PLC0415 - no key goes by them before the first frame

    return graphemes


def end_of(text: str) -> Location:
    """The row and column where a text ends."""
    return text.count("\n"), len(text) - text.rfind("\n") - 1


def text_of(box: TextArea) -> str:
    """The text with `\\n` between its lines, whatever is between them where it came from."""
    return "\n".join(box.document[each] for each in range(box.document.line_count))


def index_of(box: TextArea, location: Location) -> int:
    """The index in that text of a row and a column."""
    row, column = location
    return sum(len(box.document[each]) + 1 for each in range(row)) + column


def selected_range(box: TextArea) -> tuple[int, int]:
    """Where the selection begins and ends, as indices; where there is none, twice the cursor."""
    start, end = sorted(index_of(box, location) for location in box.selection)
    return start, end


def location_of(text: str, index: int) -> Location:
    """The row and the column of an index."""
    return end_of(text[:index])


def write_text(box: TextArea, text: str) -> None:
    """Let the box have a text, as one step that can be undone; only what differs is replaced."""
    before = text_of(box)
    if before == text:
        return
    start = len(commonprefix((before, text)))  # noqa: RUF071 - no paths
    same = len(commonprefix((before[start:][::-1], text[start:][::-1])))  # noqa: RUF071 - no paths
    box.history.checkpoint()
    box.replace(
        text[start : len(text) - same],
        location_of(before, start),
        location_of(before, len(before) - same),
        maintain_selection_offset=False,
    )
