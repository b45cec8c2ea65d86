"""Command and text dialogs: a command before it runs and then its output, and a text to read."""

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from fakegpt_tui.attachments.commands import ShellCommand
from fakegpt_tui.text import safe_line, safe_text
from fakegpt_tui.ui.dialogs import DialogFrame
from fakegpt_tui.ui.messages import CopyText
from fakegpt_tui.ui.widgets.text_box import TextBox

_TITLE = "Command"
_LOOK_SECONDS = 0.1
_SHOWN_WHILE_RUNNING = 4_000
"""Characters of output that are drawn while the command runs; all are once it has ended."""


class CommandScreen(ModalScreen[str | None]):
    """Runs a command, at once or after a confirmation, as long as it is open.

    It is dismissed with the command and its output where the user wants them in the prompt.
    """

    CSS_PATH = ["dialog.tcss", "command_output.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go_on", "Go on", priority=True),
        Binding("y,c", "copy", "Copy", priority=True),
        Binding("escape,q", "dismiss", "Close", priority=True),
    ]

    def __init__(
        self, command: ShellCommand, *, confirms: str = "", attaches: bool = False
    ) -> None:
        """`confirms` is what to say before it runs; empty where it runs at once.

        `attaches` offers the output for the prompt.
        """
        super().__init__()
        self._command = command
        self._confirms = confirms
        self._attaches = attaches
        self._is_begun = False

    def compose(self) -> ComposeResult:
        with DialogFrame("command"):
            yield Static(id="line")
            yield TextBox(read_only=True, id="output")

    def on_mount(self) -> None:
        self._box = self.query_one(DialogFrame)
        self._output = self.query_one("#output", TextBox)
        self._tell("")
        if self._confirms:
            self._box.set_frame(_TITLE, "enter run · esc close")
            self._output.load_text(safe_text(self._confirms))
        else:
            self._begin()

    def _begin(self) -> None:
        self._is_begun = True
        self._box.set_frame(_TITLE, "esc stop")
        self._tell("running …")
        self._output.load_text("")
        self._timer = self.set_interval(_LOOK_SECONDS, self._show_growth)
        self._run()

    @work(exclusive=True)
    async def _run(self) -> None:
        await self._command.run()
        self._timer.stop()
        then = "enter insert · " if self._attaches else ""
        self._box.set_frame(_TITLE, f"{then}y copy · esc close")
        self._tell(self._command.ending)
        self._output.load_text(safe_text(self._command.output).rstrip("\n") or "(no output)")
        self._output.focus()

    def _tell(self, state: str) -> None:
        """Show the command, and how far it has come."""
        line = Content.assemble(
            (safe_text(f"$ {self._command.line}"), "bold $text-accent"),
            (f"\n{safe_line(state)}" if state else "", "$text-muted"),
        )
        self.query_one("#line", Static).update(line)

    def _show_growth(self) -> None:
        self._output.load_text(safe_text(self._command.output[-_SHOWN_WHILE_RUNNING:]))
        self._output.move_cursor(self._output.document.end)

    def action_go_on(self) -> None:
        """Run it, or take its output, or close."""
        if not self._is_begun:
            self._begin()
        elif self._command.ending:
            self.dismiss(self._command.transcript if self._attaches else None)

    def action_copy(self) -> None:
        if self._command.ending:
            self.app.post_message(CopyText(self._command.output, "output"))


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
