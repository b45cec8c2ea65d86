"""Which file to import."""

from dataclasses import dataclass
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Checkbox, Input, Static

_QUOTES = "'\""
_WHAT = (
    "Conversations that were saved here, as Markdown or JSON lines; the export of ChatGPT: the ZIP "
    "file, conversations.json, or the folder with its parts. What is there already stays as it is."
)


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What to import, and whether only to tell what would be done."""

    path: Path
    dry_run: bool


class ImportScreen(ModalScreen[ImportRequest | None]):
    """A field for a path; dismissed with what it says, or with nothing."""

    CSS_PATH = "import_files.tcss"
    BINDINGS = [Binding("escape", "dismiss", "Close")]

    def compose(self) -> ComposeResult:
        with Vertical(id="import"):
            yield Input(placeholder="File or folder", compact=True)
            yield Checkbox(Content("only tell what would be done"), compact=True)
            yield Static(Content(_WHAT), id="what")

    def on_mount(self) -> None:
        box = self.query_one("#import")
        box.border_title = Content("Import — enter begins, esc closes")

    @on(Input.Submitted)
    def begin(self, event: Input.Submitted) -> None:
        if path := _path(event.value):
            self.dismiss(ImportRequest(path, self.query_one(Checkbox).value))


def _path(typed: str) -> Path | None:
    """The path that was typed, or dropped onto the terminal in quotes."""
    typed = typed.strip()
    if len(typed) > 1 and typed[0] in _QUOTES and typed[-1] == typed[0]:
        typed = typed[1:-1]
    try:
        return Path(typed).expanduser() if typed else None
    except RuntimeError:
        return Path(typed)
