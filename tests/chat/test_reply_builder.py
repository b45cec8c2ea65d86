"""A growing text against the obvious way to keep one."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.chat.reply_text import TextBuffer, reply_outcome
from fakegpt_tui.domain import BadReply, FinishReason, MessageStatus, ReplyCut

_edits = st.lists(st.tuples(st.none() | st.integers(0, 20), st.text(max_size=8)), max_size=30)


@given(_edits)
def test_any_edits_leave_the_same_text_as_slicing(edits: list[tuple[int | None, str]]) -> None:
    grown, plain = TextBuffer(), ""
    for keep, text in edits:
        if keep is None:
            grown.append(text)
            plain += text
        else:
            grown.replace(keep, text)
            plain = plain[:keep] + text
        assert len(grown) == len(plain)
    assert str(grown) == plain


@pytest.mark.parametrize(
    ("error", "finish", "is_stopped", "status"),
    [
        (None, FinishReason.STOP, False, MessageStatus.COMPLETE),
        (asyncio.CancelledError(), FinishReason.STOP, True, MessageStatus.COMPLETE),
        (asyncio.CancelledError(), None, True, MessageStatus.STOPPED),
        (asyncio.CancelledError(), None, False, MessageStatus.INTERRUPTED),
        (None, None, False, MessageStatus.INTERRUPTED),
        (ReplyCut("Cut."), None, False, MessageStatus.INTERRUPTED),
        (BadReply("No."), None, False, MessageStatus.FAILED),
        (ZeroDivisionError(), None, False, MessageStatus.FAILED),
    ],
)
def test_a_reply_ends_as_its_end_marker_or_its_error_says(
    error: BaseException | None,
    finish: FinishReason | None,
    is_stopped: bool,
    status: MessageStatus,
) -> None:
    found, sentence = reply_outcome(error, finish, (), is_stopped=is_stopped)
    assert found is status
    assert (sentence is None) == (status in {MessageStatus.COMPLETE, MessageStatus.STOPPED})


def test_the_notices_of_a_complete_reply_are_shown_with_it() -> None:
    _, sentence = reply_outcome(None, FinishReason.LENGTH, ["Flagged."], is_stopped=False)
    assert sentence is not None
    assert sentence.startswith("Flagged. The reply stops here")
