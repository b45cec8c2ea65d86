"""Folder dialogs: choose a folder or name a new one, edit tags, and write a system prompt."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Static

from fakegpt_tui.domain.folders import Folder, clean_folder
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.dialogs import Choice, DialogFrame
from fakegpt_tui.ui.dialogs.pick import AskScreen, PickScreen
from fakegpt_tui.ui.widgets.text_box import TextBox
from fakegpt_tui.ui.widgets.text_field import TextField

_TOP = Choice("/", "No folder", "at the top of the list")
_SEPARATOR = ", "


class FolderPickScreen(PickScreen):
    """The folders, and the one whose path is typed; dismissed with a path, or `/` for the top."""

    def __init__(
        self, title: str, folders: Sequence[Folder], *, current: str = "", has_top: bool = True
    ) -> None:
        top = [_TOP] if has_top else []
        self._existing = [*top, *(Choice(each.path, each.path) for each in folders)]
        super().__init__(title, self._existing, current=current or "/")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one(TextField).placeholder = "Name of a folder, or of a new one as in Work/2026"

    def _show(self, query: str) -> None:
        path = clean_folder(query)
        is_known = path.casefold() in {each.id.casefold() for each in self._existing}
        new = [] if is_known or not path else [Choice(path, f"New folder: {query}")]
        self._choices = [*self._existing, *new]
        super()._show(query)


class _TagSuggester(Suggester):
    """Completes the last of several tags."""

    def __init__(self, tags: Sequence[str]) -> None:
        super().__init__(case_sensitive=True)
        self._tags = tags

    async def get_suggestion(self, value: str) -> str | None:
        before, comma, typed = value.rpartition(",")
        wanted = typed.strip().casefold()
        used = {tag.strip().casefold() for tag in before.split(",")}
        fitting = (tag for tag in self._tags if tag.casefold().startswith(wanted))
        found = next((tag for tag in fitting if wanted and tag.casefold() not in used), None)
        if found is None:
            return None
        kept = typed[: len(typed) - len(typed.lstrip())]
        return f"{before}{comma}{kept}{typed.strip()}{found[len(typed.strip()) :]}"


class TagScreen(AskScreen):
    """A field with tags between commas; below it, tags that other conversations have."""

    CSS_PATH = ["dialog.tcss", "folders.tcss"]

    def __init__(self, tags: Sequence[str], known: Sequence[str], *, count: int) -> None:
        title = "Tags" if count == 1 else f"Tags of all {count}"
        # One more can be typed at once.
        super().__init__(title, "".join(f"{tag}{_SEPARATOR}" for tag in tags))
        self._known = known

    def compose_field(self, text: str) -> ComposeResult:
        yield TextField(
            text,
            select_on_focus=False,
            placeholder="Tags, with commas between them",
            suggester=_TagSuggester(self._known),
        )
        if self._known:
            yield Static(Content(safe_line(_SEPARATOR.join(self._known), 1_000)), id="known")


class PromptTextScreen(ModalScreen[str | None]):
    """A box for a text of several lines; dismissed with what it holds, or with nothing."""

    CSS_PATH = ["dialog.tcss", "folders.tcss"]
    BINDINGS = [Binding("ctrl+s", "keep", "Save"), Binding("escape", "dismiss", "Close")]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title = title
        self._text = text

    def compose(self) -> ComposeResult:
        with DialogFrame("text"):
            yield TextBox(self._text, compact=True)

    def on_mount(self) -> None:
        self.query_one(DialogFrame).set_frame(self._title, "ctrl+s save · esc close")
        box = self.query_one(TextBox)
        box.move_cursor(box.document.end)

    def action_keep(self) -> None:
        self.dismiss(self.query_one(TextBox).text)
