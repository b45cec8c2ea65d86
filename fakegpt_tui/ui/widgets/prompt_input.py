"""Where a person types."""

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widgets import TextArea

from fakegpt_tui.text import copyable
from fakegpt_tui.ui.keymap import Where, bindings


class PromptInput(TextArea):
    """A text area in which Enter sends; it grows to a third of the screen."""

    DEFAULT_CSS = """
    PromptInput {
        height: auto;
        min-height: 3;
        max-height: 33vh;
    }
    """

    # xterm's modifyOtherKeys form of shift+enter reaches Textual under an odd name.
    BINDINGS = [*bindings(Where.PROMPT), ("shift+\r", "newline")]

    class Submitted(Message):
        """A person wants this text sent; it stays in the prompt until somebody clears it."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class CommandsRequested(Message):
        """A slash was typed into the empty prompt."""

    class QuitRequested(Message):
        """ctrl+d was pressed in the empty prompt."""

    def __init__(self, *, cursor_blink: bool = True) -> None:
        super().__init__(
            soft_wrap=True,
            placeholder=Content("Ask anything — Enter sends, ctrl+j breaks the line"),
        )
        self.cursor_blink = cursor_blink

    def action_send(self) -> None:
        """Send, unless the line ends in a backslash, which asks for another line."""
        row, column = self.cursor_location
        if column and self.document[row][column - 1] == "\\":
            self.replace("\n", (row, column - 1), (row, column), maintain_selection_offset=False)
        elif self.text.strip():
            self.post_message(self.Submitted(self.text))

    def action_newline(self) -> None:
        self.insert("\n", maintain_selection_offset=False)

    def action_delete_or_quit(self) -> None:
        if self.text:
            self.action_delete_right()
        else:
            self.post_message(self.QuitRequested())

    def on_key(self, event: events.Key) -> None:
        if event.character == "/" and not self.text:
            event.stop()
            event.prevent_default()
            self.post_message(self.CommandsRequested())

    def on_paste(self, event: events.Paste) -> None:
        """Take a paste as one edit, without the characters that a terminal would act on."""
        event.stop()
        event.prevent_default()
        start, end = self.selection
        result = self.replace(copyable(event.text), start, end, maintain_selection_offset=False)
        self.move_cursor(result.end_location)
