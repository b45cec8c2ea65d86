"""What is said of a reply that failed: the keys that help beside it, its reason only there."""

from dataclasses import replace

from fakegpt_tui.domain import (
    KeyNeeded,
    MessageStatus,
    NoLogin,
    NotSignedIn,
    Offline,
    PromptTooLong,
)
from fakegpt_tui.ui.status_labels import background_label, failure_hint
from fakegpt_tui.ui.widgets.status_bar import without_told
from fakegpt_tui.ui.widgets.transcript.appearance import ending_text
from tests.ui.test_conversation_rows import conversation, reply


def test_what_is_too_long_is_to_be_made_shorter() -> None:
    error = f"The service cannot take so long a prompt. {PromptTooLong.advice}"
    failed = replace(reply(MessageStatus.FAILED), error=error)
    before = [reply(MessageStatus.COMPLETE)] * 3
    assert failure_hint([*before, failed], {}).startswith("/compact sums up")
    assert "/compact" not in failure_hint([before[0], failed], {})
    other = replace(failed, error="The service is down.")
    assert "/compact" not in failure_hint([*before, other], {})


def test_how_to_give_another_key_is_told_once() -> None:
    error = f"The service at here does not accept the key. {NotSignedIn.advice}"
    failed = replace(reply(MessageStatus.FAILED), error=error)
    hint = failure_hint([failed], {"chat.model": "f12"})
    assert hint.startswith("F12 F2 another key")
    assert ending_text(failed, hint) == "Failed: The service at here does not accept the key."
    assert ending_text(failed) == f"Failed: {error}"


def test_the_bar_does_not_say_again_why_a_reply_of_the_conversation_failed() -> None:
    told = ["", "Failed: No route."]
    assert without_told(Offline("No route."), told) == Offline("")
    assert without_told(Offline("No route."), ["", "No road."]).reason
    assert without_told(KeyNeeded("No key."), told) == KeyNeeded("No key.")
    assert without_told(NoLogin(), told) == NoLogin()


def test_what_is_archived_does_not_count_as_unread() -> None:
    unread = [conversation(name, unread=True) for name in ("a", "b")]
    assert background_label([], unread, None) == "2 unread"
    assert background_label([], [unread[0], replace(unread[1], archived=True)], None) == "1 unread"
