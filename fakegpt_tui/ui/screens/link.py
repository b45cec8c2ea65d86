"""Where a link really goes, before anything opens."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.links import LinkTarget


class LinkScreen(ModalScreen[str | None]):
    """Shows a link's target in full; dismissed with `open`, `copy` or nothing."""

    CSS_PATH = "link.tcss"
    BINDINGS = [
        Binding("o", "choose('open')", "Open"),
        Binding("c,y", "choose('copy')", "Copy"),
        Binding("escape,q", "dismiss", "Close"),
    ]

    def __init__(self, target: LinkTarget) -> None:
        super().__init__()
        self._target = target

    def compose(self) -> ComposeResult:
        target = self._target
        with Vertical(id="link"):
            yield Static(Content(safe_line(target.href, 2000)), id="target")
            if target.host:
                yield Static(Content.assemble("Host  ", (safe_line(target.host), "bold")))
            if target.refusal:
                yield Static(Content(target.refusal), id="refusal")
            doors = "c copies · esc closes" if target.refusal else "o opens · c copies · esc closes"
            yield Static(Content(doors), id="doors")

    def on_mount(self) -> None:
        self.query_one("#link").border_title = Content("This link goes to")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A link that must not be opened has no key that opens it."""
        return not (action == "choose" and parameters == ("open",) and self._target.refusal)

    def action_choose(self, choice: str) -> None:
        self.dismiss(choice)
