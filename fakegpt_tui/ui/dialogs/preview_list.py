"""Preview list: a dialog with rows to filter, and beside them what the marked one stands for."""

from typing import ClassVar, Final

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Input, OptionList, Static

from fakegpt_tui.ui.dialogs import DialogFrame
from fakegpt_tui.ui.dialogs.pick import ListScreen
from fakegpt_tui.ui.widgets.text_field import TextField

_WIDE: Final = 90
"""From this width on there is room for the preview beside the rows."""


class PreviewListScreen(ListScreen[str | None]):
    """Dismissed with the id of the chosen row. Each dialog of the kind fills rows and preview."""

    FRAME: ClassVar[str]
    """The name of the dialog in the style sheet."""

    def compose(self) -> ComposeResult:
        with DialogFrame(self.FRAME):
            yield TextField(placeholder="Type to filter", compact=True)
            with Horizontal():
                yield OptionList(compact=True, markup=False)
                with VerticalScroll(id="preview", can_focus=False):
                    yield Static(markup=False)

    @property
    def preview(self) -> Static:
        return self.query_one("#preview Static", Static)

    @property
    def words(self) -> list[str]:
        """What the rows are filtered by, in lower case."""
        return self.query_one(Input).value.casefold().split()

    def show_fitting(self) -> None:
        """Show the rows that have all of the words."""
        raise NotImplementedError

    def show_marked(self, row_id: str | None) -> None:
        """Show what the marked row stands for in the preview."""
        raise NotImplementedError

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width < _WIDE, "-narrow")
        # Rows may go by the width of the list, which this changes.
        self.call_after_refresh(self.show_fitting)

    @on(Input.Changed)
    def filter(self) -> None:
        self.show_fitting()

    @on(Input.Submitted)
    def choose_highlighted(self) -> None:
        if (option := self.options.highlighted_option) is not None:
            self.dismiss(option.id)

    @on(OptionList.OptionSelected)
    def choose(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)

    @on(OptionList.OptionHighlighted)
    def follow_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        self.show_marked(event.option_id)
