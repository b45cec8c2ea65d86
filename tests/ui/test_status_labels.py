"""The labels of logins and turns in the status bar."""

from datetime import UTC, datetime, timedelta

import pytest

from fakegpt_tui.chat.reply_text import TurnProgress
from fakegpt_tui.domain import (
    Expired,
    LoginFailed,
    LoginState,
    MessageStatus,
    NoLogin,
    Offline,
    RetryScheduled,
    SignedIn,
    SignedOut,
    SigningIn,
)
from fakegpt_tui.ui.status_labels import activity_label
from fakegpt_tui.ui.widgets.status_bar import Tone, bar_label, login_label

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def left(**parts: float) -> SignedIn:
    return SignedIn(NOW + timedelta(**parts))


@pytest.mark.parametrize(
    ("state", "words", "tone"),
    [
        (SignedOut(), "signed out", Tone.PLAIN),
        (SigningIn(2, 3, "choosing an account"), "signing in 2/3: choosing an account", Tone.BUSY),
        (SignedIn(None), "signed in", Tone.GOOD),
        (left(days=11, hours=3), "signed in, token valid for 11 d", Tone.GOOD),
        (left(hours=5, minutes=59), "signed in, token valid for 5 h", Tone.GOOD),
        (left(minutes=42), "signed in, token valid for 42 min", Tone.GOOD),
        (left(minutes=4, seconds=59), "token expires in 4:59", Tone.BAD),
        (left(seconds=7), "token expires in 0:07", Tone.BAD),
        (left(seconds=0), "token expired", Tone.BAD),
        (left(days=-3), "token expired", Tone.BAD),
        (Expired(), "token expired", Tone.BAD),
        (LoginFailed("no account"), "refused: no account", Tone.BAD),
        (Offline("no route"), "offline: no route", Tone.BAD),
        (Offline(""), "offline", Tone.BAD),
        (NoLogin(), "no login needed", Tone.PLAIN),
    ],
)
def test_a_login_in_words(state: LoginState, words: str, tone: Tone) -> None:
    assert login_label(state, NOW) == (words, tone)


def test_the_status_bar_says_nothing_of_what_goes_without_saying() -> None:
    assert bar_label(NoLogin(), NOW)[0] == ""
    assert bar_label(left(days=11), NOW)[0] == "signed in"
    assert bar_label(left(hours=5), NOW)[0] == "signed in, token valid for 5 h"
    assert bar_label(left(days=-1), NOW)[0] == "token expired"


def progress(**changes: object) -> TurnProgress:
    values = {
        "waited": 1.25,
        "streamed": 0.0,
        "thought": 0.0,
        "length": 0,
        "queue_position": 0,
        "retry": None,
        "retry_in": 0.0,
    }
    return TurnProgress(**{**values, **changes})


@pytest.mark.parametrize(
    ("status", "given", "words"),
    [
        (MessageStatus.WAITING, progress(), "waiting 1.2 s"),
        (MessageStatus.WAITING, progress(thought=4.4), "thinking 4 s"),
        (MessageStatus.WAITING, progress(tool="web_search"), "searching the web 1 s"),
        (MessageStatus.STREAMING, progress(tool="tick\x1b[tock"), "using tick␛[tock 1 s"),
        (MessageStatus.QUEUED, progress(queue_position=3), "waiting for a place (3 in line)"),
        (MessageStatus.STREAMING, progress(streamed=10, length=3360), "streaming ~84 tok/s"),
        (
            MessageStatus.WAITING,
            progress(retry=RetryScheduled(attempt=2, of=4, delay=3, reason="Busy."), retry_in=2.6),
            "retry in 3 s (2/4), esc gives up",
        ),
        (
            MessageStatus.WAITING,
            progress(
                retry=RetryScheduled(attempt=9, of=0, delay=2, reason="It loads."), retry_in=2
            ),
            "retry in 2 s, esc gives up",
        ),
    ],
)
def test_a_turn_in_words(status: MessageStatus, given: TurnProgress, words: str) -> None:
    assert activity_label(status, given, "esc") == words
