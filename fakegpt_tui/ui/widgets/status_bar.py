"""Status bar widget: service, login state, activity, tokens and notices."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.timer import Timer
from textual.widget import Widget

from fakegpt_tui.domain import (
    Expired,
    KeyNeeded,
    LoginFailed,
    LoginState,
    NoLogin,
    Offline,
    SignedIn,
    SignedOut,
    SigningIn,
    now,
)
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.widgets.drawing import RenderCache

_FAILURES = {LoginFailed: "refused", Offline: "offline", KeyNeeded: "needs a key"}
_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_NEAR = _DAY
"""An expiry that is further away is not shown."""
_SOON = 5 * _MINUTE
_NOTICE_SECONDS = 8.0
_GAP = "  ·  "
MAX_NOTICE = 2_000


class Tone(StrEnum):
    """The component style of a label; the words alone say as much."""

    PLAIN = ""
    GOOD = "status--good"
    BUSY = "status--busy"
    BAD = "status--bad"


def login_label(state: LoginState, now: datetime) -> tuple[str, Tone]:
    """The label of a login state at the time `now`, and its tone."""
    match state:
        case SignedOut():
            words = "signed out", Tone.PLAIN
        case SigningIn(step, of, what):
            words = f"signing in {step}/{of}: {what}", Tone.BUSY
        case SignedIn(expires_at):
            words = _signed_in_label(expires_at, now)
        case Expired():
            words = "token expired", Tone.BAD
        case NoLogin():
            words = "no login needed", Tone.PLAIN
        case LoginFailed(reason) | Offline(reason) | KeyNeeded(reason):
            words = ": ".join(filter(None, (_FAILURES[type(state)], reason))), Tone.BAD
    return words


def _signed_in_label(expires_at: datetime | None, now: datetime) -> tuple[str, Tone]:
    if expires_at is None:
        return "signed in", Tone.GOOD
    seconds = (expires_at - now).total_seconds()
    if seconds <= 0:
        return "token expired", Tone.BAD
    if seconds < _SOON:
        return f"token expires in {format_clock(seconds)}", Tone.BAD
    return f"signed in, token valid for {format_duration(seconds)}", Tone.GOOD


def bar_label(state: LoginState, now: datetime) -> tuple[str, Tone]:
    """The label without what goes without saying: no login, and an expiry that is far away."""
    match state:
        case NoLogin():
            return "", Tone.PLAIN
        case SignedIn(datetime() as expires_at) if (expires_at - now).total_seconds() >= _NEAR:
            return "signed in", Tone.GOOD
        case _:
            return login_label(state, now)


def without_told(state: LoginState, told: Iterable[str]) -> LoginState:
    """A login state without its reason where that is told already."""
    match state:
        case LoginFailed(reason) | Offline(reason) | KeyNeeded(reason):
            is_told = any(reason in sentence for sentence in told)
            return replace(state, reason="") if is_told else state
        case _:
            return state


def place_label(first: int, last: int, count: int) -> str:
    """Which messages are in view, counted from 1; empty where there are none."""
    if not count:
        return ""
    if (first, last) == (1, count):
        return f"{count} {'message' if count == 1 else 'messages'}"
    return f"message {first} of {count}" if first == last else f"messages {first}–{last} of {count}"


def format_duration(seconds: float) -> str:
    """A length of time in its largest sensible unit: `11 d`, `5 h`, `42 min`."""
    if seconds >= 2 * _DAY:
        return f"{int(seconds // _DAY)} d"
    if seconds >= 2 * _HOUR:
        return f"{int(seconds // _HOUR)} h"
    return f"{int(seconds // _MINUTE)} min"


def format_clock(seconds: float) -> str:
    """Minutes and seconds, as `4:59`."""
    minutes, rest = divmod(int(seconds), _MINUTE)
    return f"{minutes}:{rest:02}"


class StatusBar(RenderCache, Widget):
    """One line of facts; what does not fit is left out from the right.

    A notice takes a second line if it has to: that of the keys, which `notice_changed` takes away
    for so long, so that nothing above moves. One that is longer still is to be shown elsewhere.
    All texts may be foreign: they are made safe here and never parsed as markup.
    """

    DEFAULT_CSS = """
    StatusBar {
        height: auto;
        width: 1fr;
    }
    """

    COMPONENT_CLASSES = {*filter(None, Tone), "status--notice"}

    service: reactive[str] = reactive("", layout=False)
    """The service and model of the open conversation, while no header names them."""
    temporary: reactive[bool] = reactive(False, layout=False)
    """Does the open conversation leave nothing on disk, while no header says so?"""
    login: reactive[LoginState] = reactive[LoginState](SignedOut())
    activity: reactive[str] = reactive("")
    """What the turn of the open conversation does."""
    others: reactive[str] = reactive("")
    """How many other turns run, and how many replies are unread."""
    tokens: reactive[str] = reactive("")
    """How many tokens are sent with the next prompt of the open conversation."""
    place: reactive[str] = reactive("", layout=False)
    """Which messages of the open conversation are in view."""
    notice: reactive[str] = reactive("", layout=True)
    mode: reactive[str] = reactive("", layout=True)
    """What keys mean for the moment; it stands in the place of a notice, and of the keys."""
    most_rows: reactive[int] = reactive(2, layout=True)
    """How many lines a notice may take."""

    def __init__(self) -> None:
        super().__init__()
        self._login_label = ""
        self._notice_timer: Timer | None = None
        self._is_true: Callable[[], bool] = lambda: True
        self.notice_changed: Callable[[], object] = bool
        """Called when there is another notice, or other room for it, before it is drawn."""

    def on_mount(self) -> None:
        self.set_interval(1.0, self._look_again)

    def show_notice(self, text: str, is_true: Callable[[], bool] = lambda: True) -> None:
        """Show a sentence for some seconds, but no longer than it `is_true`."""
        self._is_true = is_true
        self.notice = text
        if self._notice_timer is not None:
            self._notice_timer.stop()
        self._notice_timer = self.set_timer(_NOTICE_SECONDS, self.clear_notice)

    def keep_notice(self) -> None:
        """Show the notice for as long as it is true."""
        if self._notice_timer is not None:
            self._notice_timer.stop()

    def watch_notice(self) -> None:
        self.notice_changed()

    def watch_mode(self) -> None:
        self.notice_changed()

    def on_resize(self) -> None:
        self.notice_changed()

    @property
    def is_too_long(self) -> bool:
        """Does the notice need more lines than there are?"""
        width = self.content_size.width
        return width > 0 and len(self._notice_lines(width)) > self.most_rows

    @property
    def has_second_row(self) -> bool:
        width = self.content_size.width
        return self.most_rows > 1 and width > 0 and len(self._lines(width)) > 1

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual's
        return len(self._lines(width))

    def render(self) -> Content:
        return Content("\n").join(self._lines(self.size.width))

    def _lines(self, width: int) -> list[Content]:
        """The notice, and behind it as many facts as there is room for."""
        rows = self._notice_lines(width)
        if len(rows) > self.most_rows:
            rows = []
        # The keys in the line above have another meaning, or none, in a mode.
        above = rows if self.mode and len(rows) < self.most_rows else rows[:-1]
        words, tone = self._bar_label()
        self._login_label = words
        parts = [
            Content(" ").join(rows[len(above) :]),
            self._styled("TEMPORARY" if self.temporary else "", "status--notice"),
            self._styled(self.service),
            self._styled(words, tone),
            self._styled(self.activity, "status--busy"),
            self._styled(self.others),
            self._styled(self.tokens),
            self._styled(self.place),
        ]
        last = Content(_GAP).join(part for part in parts if part.plain)
        return [*above, last.truncate(width, ellipsis=True)]

    def _bar_label(self) -> tuple[str, Tone]:
        return bar_label(without_told(self.login, (self.notice,)), now())

    def _notice_lines(self, width: int) -> list[Content]:
        if not self.mode:
            return list(self._styled(self.notice, "status--notice").wrap(max(1, width)))
        rows = list(self._styled(self.mode, "status--busy").wrap(max(1, width)))
        return rows[: self.most_rows]

    def _styled(self, text: str, style: str = "") -> Content:
        content = Content(safe_line(text, MAX_NOTICE))
        return content.stylize(self.get_visual_style(style)) if style else content

    def clear_notice(self) -> None:
        self.notice = ""

    def check_notice(self) -> None:
        """Take the notice away where what it says is true no longer."""
        if self.notice and not self._is_true():
            self.clear_notice()

    def _look_again(self) -> None:
        self.check_notice()
        if self._bar_label()[0] != self._login_label:
            self.refresh()
