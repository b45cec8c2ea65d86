"""Request dialog: the exact request that would be sent, and the last answer of its service."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from fakegpt_tui.domain.exact_request import ExactRequest, LastAnswer
from fakegpt_tui.text import safe_text
from fakegpt_tui.ui.dialogs import DialogFrame
from fakegpt_tui.ui.messages import CopyText
from fakegpt_tui.ui.widgets.text_box import TextBox


class RequestScreen(ModalScreen[None]):
    """Shows a request, from which c makes a command for curl; tab shows the last answer.

    Copying either closes it.
    """

    CSS_PATH = ["dialog.tcss", "exact_request.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "copy_curl", "Copy as curl", priority=True),
        Binding("y", "copy", "Copy", priority=True),
        Binding("tab", "show_other", "Answer", priority=True),
        Binding("escape,q", "dismiss", "Close", priority=True),
    ]

    def __init__(self, request: ExactRequest, answer: LastAnswer | None, *, service: str) -> None:
        super().__init__()
        self._exact = request
        self._answer = answer
        self._service = service
        self._shows_answer = False

    def compose(self) -> ComposeResult:
        with DialogFrame("request"):
            yield TextBox(read_only=True, id="text")

    def on_mount(self) -> None:
        self._show()

    @property
    def _text(self) -> str:
        if not self._shows_answer:
            return self._exact.to_text()
        if self._answer is None:
            return "The service has not answered yet, in this run of the program."
        return self._answer.to_text()

    def _show(self) -> None:
        about = "last answer of" if self._shows_answer else "request to"
        other = "the request" if self._shows_answer else "the last answer"
        keys = f"c copy it for curl · y copy · tab {other} · esc close"
        self.query_one(DialogFrame).set_frame(f"The {about} {self._service}", keys)
        shown = self.query_one("#text", TextBox)
        shown.load_text(safe_text(self._text))
        shown.focus()

    def action_show_other(self) -> None:
        self._shows_answer = not self._shows_answer
        self._show()

    def action_copy(self) -> None:
        self.app.post_message(CopyText(self._text, "text"))
        self.dismiss()

    def action_copy_curl(self) -> None:
        """Copy a command that sends the same; it names a variable in place of the key."""
        self.app.post_message(CopyText(self._exact.to_curl(), "command"))
        self.dismiss()
