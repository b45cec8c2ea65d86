"""What is said of a reply that failed: the keys that help beside it, its reason only there."""

from dataclasses import replace

from fakegpt_tui.domain import KeyNeeded, MessageStatus, NoLogin, Offline, PromptTooLong
from fakegpt_tui.ui.status_labels import failure_hint
from fakegpt_tui.ui.view_model import without_told
from tests.ui.test_conversation_rows import reply


def test_what_is_too_long_is_to_be_made_shorter() -> None:
    error = f"The service cannot take so long a prompt. {PromptTooLong.advice}"
    failed = replace(reply(MessageStatus.FAILED), error=error)
    before = [reply(MessageStatus.COMPLETE)] * 3
    assert failure_hint([*before, failed], {}).startswith("/compact sums up")
    assert "/compact" not in failure_hint([before[0], failed], {})
    other = replace(failed, error="The service is down.")
    assert "/compact" not in failure_hint([*before, other], {})


def test_the_bar_does_not_say_again_why_a_reply_of_the_conversation_failed() -> None:
    failed = replace(reply(MessageStatus.FAILED), error="No route.")
    assert without_told(Offline("No route."), [failed]) == Offline("")
    assert without_told(Offline("No route."), [failed, reply(MessageStatus.COMPLETE)]) == Offline(
        ""
    )
    assert without_told(Offline("No route."), [reply(MessageStatus.COMPLETE)]).reason
    assert without_told(KeyNeeded("No key."), [failed]) == KeyNeeded("No key.")
    assert without_told(NoLogin(), [failed]) == NoLogin()
