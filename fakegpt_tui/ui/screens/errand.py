"""How far something long has come, and what came of it."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import ProgressBar, Static

from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.errands import Errand

_LOOK_SECONDS = 0.1
_MOST_DETAILS = 200
_LONGEST = 400


class ErrandScreen(ModalScreen[Errand | None]):
    """Shows an errand, which goes on without it; dismissed with the next one, or with nothing."""

    CSS_PATH = "errand.tcss"
    BINDINGS = [
        Binding("escape", "dismiss", "Close"),
        Binding("s,ctrl+c", "stop", "Stop"),
        Binding("enter", "next", "Next"),
    ]

    def __init__(self, errand: Errand) -> None:
        super().__init__()
        self._errand = errand

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="errand"):
            yield ProgressBar(show_eta=False)
            yield Static(id="said")

    def on_mount(self) -> None:
        self.query_one("#errand").border_title = Content(safe_line(self._errand.title))
        self._timer = self.set_interval(_LOOK_SECONDS, self._look)
        self._look()

    def action_stop(self) -> None:
        self._errand.headway.stopped = True

    def action_next(self) -> None:
        if self._errand.account is not None and self._errand.then is not None:
            self.dismiss(self._errand.then[1])

    def _look(self) -> None:
        headway, account = self._errand.headway, self._errand.account
        bar = self.query_one(ProgressBar)
        bar.update(total=headway.total or None, progress=headway.done)
        box = self.query_one("#errand")
        if account is None:
            ending = "It is being stopped …" if headway.stopped else "s stops it"
            box.border_subtitle = Content(f"{ending}, esc closes this and lets it go on")
            return
        self._timer.stop()
        bar.display = False
        then = "" if self._errand.then is None else f"enter: {self._errand.then[0]}, "
        box.border_subtitle = Content(f"{then}esc closes")
        details = [safe_line(each, _LONGEST) for each in account.details[:_MOST_DETAILS]]
        if more := len(account.details) - len(details):
            details.append(f"And {more} more.")
        lines = [Content(safe_line(account.summary, _LONGEST)), *map(Content, details)]
        self.query_one("#said", Static).update(Content("\n").join(lines))
