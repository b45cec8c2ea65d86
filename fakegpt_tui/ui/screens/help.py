"""All keys, on one page."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from fakegpt_tui.ui.keymap import COMMANDS, Where

_KEY_NAMES = {
    "escape": "esc",
    "question_mark": "?",
    "pageup": "pgup",
    "pagedown": "pgdn",
}


class HelpScreen(ModalScreen[None]):
    """Shows the table that the bindings are made from, so it cannot be wrong."""

    CSS_PATH = "help.tcss"
    BINDINGS = [Binding("escape,f1,q,question_mark", "dismiss", "Close")]

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help"):
            yield Static(help_text())

    def on_mount(self) -> None:
        self.query_one("#help").border_title = Content("Keys — esc closes")


def help_text() -> Content:
    """The commands of every part of the screen, with their keys and slash commands."""
    lines = []
    for where in Where:
        lines.append(Content.styled(where.value.capitalize(), "bold $primary"))
        for command in COMMANDS:
            if command.where is where and not command.id.startswith("chat.open-"):
                keys = key_words(command.keys)
                slash = f"  {command.slash}" if command.slash else ""
                lines.append(
                    Content.assemble((f"  {keys:<22}", "$accent"), command.help, (slash, "dim"))
                )
        if where is Where.ANY:
            lines.append(
                Content.assemble(
                    (f"  {'alt+1 … alt+9':<22}", "$accent"), "Open a conversation by its place"
                )
            )
        lines.append(Content(""))
    return Content("\n").join(lines)


def key_words(keys: str) -> str:
    """The keys of a binding as people write them."""
    return ", ".join(_KEY_NAMES.get(key, key) for key in keys.split(","))
