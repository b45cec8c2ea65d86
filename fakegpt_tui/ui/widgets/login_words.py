"""The state of a login in a few words."""

from datetime import datetime
from enum import Enum, auto

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
)

_FAILURES = {LoginFailed: "refused", Offline: "offline", KeyNeeded: "needs a key"}
_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_SOON = 5 * _MINUTE


class Tone(Enum):
    """What a colour may underline; the words alone say as much."""

    PLAIN = auto()
    GOOD = auto()
    BUSY = auto()
    BAD = auto()


def login_label(state: LoginState, now: datetime) -> tuple[str, Tone]:
    """How to say `state` at the time `now`, and in which tone."""
    match state:
        case SignedOut():
            words = "signed out", Tone.PLAIN
        case SigningIn(step, of, what):
            words = f"signing in {step}/{of}: {what}", Tone.BUSY
        case SignedIn(expires_at):
            words = _signed_in_label(expires_at, now)
        case Expired():
            words = "expired", Tone.BAD
        case NoLogin():
            words = "no login needed", Tone.PLAIN
        case LoginFailed(reason) | Offline(reason) | KeyNeeded(reason):
            words = f"{_FAILURES[type(state)]}: {reason}", Tone.BAD
    return words


def _signed_in_label(expires_at: datetime | None, now: datetime) -> tuple[str, Tone]:
    if expires_at is None:
        return "signed in", Tone.GOOD
    seconds = (expires_at - now).total_seconds()
    if seconds <= 0:
        return "expired", Tone.BAD
    if seconds < _SOON:
        return f"expires in {format_clock(seconds)}", Tone.BAD
    return f"signed in · {format_duration(seconds)}", Tone.GOOD


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
