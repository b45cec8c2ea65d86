"""The last line of the screen: who answers, whether we are signed in, and what goes on."""

from collections.abc import Callable
from datetime import datetime

from textual.content import Content
from textual.reactive import reactive
from textual.timer import Timer
from textual.widget import Widget

from fakegpt_tui.domain import LoginState, SignedOut, now
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.widgets.kept_lines import KeptLines
from fakegpt_tui.ui.widgets.login_words import Tone, login_words

_NOTICE_SECONDS = 8.0
_GAP = "  ·  "


class StatusBar(KeptLines, Widget):
    """One line of facts; what does not fit is left out from the right.

    All of its texts may be foreign. They are cleaned here and never parsed as markup.
    """

    DEFAULT_CSS = """
    StatusBar {
        height: 1;
        width: 1fr;
    }
    """

    COMPONENT_CLASSES = {"status--good", "status--busy", "status--bad", "status--notice"}

    service: reactive[str] = reactive("", layout=False)
    """The service and model that answer in the open conversation."""

    login: reactive[LoginState] = reactive[LoginState](SignedOut())

    activity: reactive[str] = reactive("")
    """What the turn of the open conversation does."""

    others: reactive[str] = reactive("")
    """How many other turns run, and how many replies are unread."""

    tokens: reactive[str] = reactive("")
    """How many tokens go along with the next prompt of the open conversation."""

    notice: reactive[str] = reactive("")

    def __init__(self, *, clock: Callable[[], datetime] = now) -> None:
        super().__init__()
        self._clock = clock
        self._login_words = ""
        self._notice_timer: Timer | None = None

    def on_mount(self) -> None:
        self.set_interval(1.0, self._count_down)

    def show_notice(self, text: str) -> None:
        """Show a sentence for some seconds."""
        self.notice = text
        if self._notice_timer is not None:
            self._notice_timer.stop()
        self._notice_timer = self.set_timer(_NOTICE_SECONDS, self._drop_notice)

    def render(self) -> Content:
        words, tone = login_words(self.login, self._clock())
        self._login_words = words
        parts = [
            (self.notice, "status--notice"),
            (self.service, ""),
            (words, _TONES[tone]),
            (self.activity, "status--busy"),
            (self.others, ""),
            (self.tokens, ""),
        ]
        shown = [
            Content(safe_line(text)).stylize(self.get_visual_style(style) if style else "")
            for text, style in parts
            if text
        ]
        return Content(_GAP).join(shown).truncate(self.size.width, ellipsis=True)

    def _drop_notice(self) -> None:
        self.notice = ""

    def _count_down(self) -> None:
        if login_words(self.login, self._clock())[0] != self._login_words:
            self.refresh()


_TONES = {
    Tone.PLAIN: "",
    Tone.GOOD: "status--good",
    Tone.BUSY: "status--busy",
    Tone.BAD: "status--bad",
}
