"""Attachments dialog: what is attached to the prompt, to be opened, edited, inserted or removed."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from fakegpt_tui.domain.parts import Attachment
from fakegpt_tui.text import safe_line, safe_text
from fakegpt_tui.ui.dialogs import DialogFrame
from fakegpt_tui.ui.dialogs.pick import ListScreen
from fakegpt_tui.ui.widgets.text_box import TextBox

_KEYS = "enter open · e edit · t text · d remove · esc close"


class AttachmentAction(StrEnum):
    """What can be done with an attachment of the prompt."""

    OPEN = "open"
    EDIT = "edit"
    INSERT = "insert"
    REMOVE = "remove"


class AttachmentsScreen(ListScreen[tuple[AttachmentAction, Attachment] | None]):
    """A line for each attachment; dismissed with one of them and what to do with it."""

    CSS_PATH = ["dialog.tcss", "attachments.tcss"]
    BINDINGS = [
        Binding("e", "choose('edit')", "Edit"),
        Binding("t,i", "choose('insert')", "Back to text"),
        Binding("d,delete,backspace", "choose('remove')", "Remove"),
        Binding("o", "choose('open')", "Open"),
        Binding("j", "move(1)", "Next", show=False),
        Binding("k", "move(-1)", "Previous", show=False),
        Binding("q", "dismiss", "Close", show=False),
    ]

    def __init__(self, attachments: Sequence[Attachment], lines: Mapping[str, str]) -> None:
        """`lines` describe them, by their marks, in the same order."""
        super().__init__()
        self._attachments = attachments
        self._lines = lines

    def compose(self) -> ComposeResult:
        with DialogFrame("attached"):
            options = [Option(Content(safe_line(line))) for line in self._lines.values()]
            yield OptionList(*options, compact=True, markup=False)

    def on_mount(self) -> None:
        self.query_one(DialogFrame).set_frame("Attachments", _KEYS)
        self.options.highlighted = 0

    def on_option_list_option_selected(self) -> None:
        self.action_choose(AttachmentAction.OPEN)

    def action_choose(self, action: str) -> None:
        if (index := self.options.highlighted) is not None:
            self.dismiss((AttachmentAction(action), self._attachments[index]))


class TextScreen(ModalScreen[None]):
    """A text to read, in a box that scrolls."""

    CSS_PATH = ["dialog.tcss", "command_output.tcss"]
    BINDINGS = [Binding("escape,q", "dismiss", "Close", priority=True)]

    def __init__(self, title: str, text: str) -> None:
        super().__init__(classes="text")
        self._title = title
        self._text = text

    def compose(self) -> ComposeResult:
        with DialogFrame("command"):
            yield TextBox(safe_text(self._text), read_only=True, id="output")

    def on_mount(self) -> None:
        self.query_one(DialogFrame).set_frame(self._title, "esc close")
