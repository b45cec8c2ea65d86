"""Text fields: inputs of one line, which know graphemes, and of a path, which tab completes."""

from typing import ClassVar

from rich.cells import cell_len
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Region
from textual.widgets import Input, Static

from fakegpt_tui.attachments.path_listing import PathCompletion, complete_path
from fakegpt_tui.text import safe_line
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

    def on_resize(self) -> None:
        # Textual leaves what is typed where it was, which may be out of sight now.
        self.call_after_refresh(self._show_cursor)

    def _show_cursor(self) -> None:
        cells = cell_len(self.value[: self.cursor_position])
        self.scroll_to_region(Region(cells, 0, 1, 1), force=True, animate=False)

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


_MOST_SHOWN = 400


class PathInput(TextField):
    """The line that is typed; where nothing can be completed, tab goes on to the next field."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("tab", "complete", "Complete", show=False)]

    completes = True
    """Is it a path that is typed? Else tab only goes on."""

    def action_complete(self) -> None:
        if not self.completes:
            self.app.action_focus_next()
            return
        found = complete_path(self.value)
        if isinstance(self.parent, PathField):
            self.parent.show_names(found)
        if found.text != self.value:
            self.value = found.text
            self.cursor_position = len(found.text)
        elif len(found.names) < 2 or not found.text:  # noqa: PLR2004 - nothing to choose from
            self.app.action_focus_next()


class PathField(Vertical):
    """An input of a path, and below it the names that it may go on with."""

    DEFAULT_CSS = """
    PathField {
        height: auto;
    }

    PathField > Static {
        height: auto;
        max-height: 4;
        color: $text-muted;
    }
    """

    def __init__(
        self,
        value: str = "",
        *,
        placeholder: str = "",
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(id=id)
        self._value = value
        self._placeholder = placeholder
        self._completed = value

    def compose(self) -> ComposeResult:
        yield PathInput(
            self._value, placeholder=self._placeholder, compact=True, select_on_focus=False
        )
        names = Static(markup=False)
        names.display = False
        yield names

    def show_names(self, found: PathCompletion) -> None:
        """Show the names to choose from, where there are several."""
        self._completed = found.text
        names = found.names
        words = safe_line(" · ".join(names), _MOST_SHOWN) if len(names) > 1 else ""
        shown = self.query_one(Static)
        shown.display = bool(words)
        shown.update(Content(words))

    @on(TextField.Changed)
    def hide_names(self, event: TextField.Changed) -> None:
        """What was to choose from is not what fits another text."""
        if event.value != self._completed:
            self.query_one(Static).display = False
