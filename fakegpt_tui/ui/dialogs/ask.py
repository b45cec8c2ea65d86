"""One line from a person, such as a title."""

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input

from fakegpt_tui.ui.terminal.output import repaint_now


class AskScreen(ModalScreen[str | None]):
    """A field with a text in it; dismissed with what it holds, or with nothing."""

    CSS_PATH = "ask.tcss"
    BINDINGS = [Binding("escape", "dismiss", "Close")]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title = title
        self._text = text

    def compose(self) -> ComposeResult:
        with Vertical(id="ask"):
            yield Input(self._text, select_on_focus=False)

    def on_idle(self) -> None:
        repaint_now(self)

    def on_mount(self) -> None:
        self.query_one("#ask").border_title = Content(f"{self._title} — enter keeps, esc leaves")

    @on(Input.Submitted)
    def keep(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)
