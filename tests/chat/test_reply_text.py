"""A growing text against the obvious way to keep one, how long it took, and how it ended."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.chat.reply_text import Stopwatch, TextBuffer, add_notices, reply_outcome
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
    found, sentence = reply_outcome(error, finish, is_stopped=is_stopped)
    assert found is status
    assert (sentence is None) == (status in {MessageStatus.COMPLETE, MessageStatus.STOPPED})


@pytest.mark.parametrize(
    ("error", "finish", "is_stopped", "told"),
    [
        (None, FinishReason.LENGTH, False, "Flagged. The reply stops here"),
        (None, FinishReason.STOP, False, "Flagged."),
        (BadReply("No."), None, False, "No. Flagged."),
        (ReplyCut("Cut."), None, False, "Cut. Flagged."),
        (asyncio.CancelledError(), None, True, "Flagged."),
    ],
)
def test_notices_are_stored_with_a_reply_however_it_ends(
    error: BaseException | None, finish: FinishReason | None, is_stopped: bool, told: str
) -> None:
    status, ending = reply_outcome(error, finish, is_stopped=is_stopped)
    assert (add_notices(ending, ["Flagged."], status) or "").startswith(told)


def ticking(*seconds: float) -> Iterator[float]:
    yield from seconds


def test_a_reply_that_waited_for_a_place_counts_from_when_it_was_sent() -> None:
    times = ticking(0, 100, 101.5, 104, 106, 106)
    watch = Stopwatch(lambda: next(times))
    watch.restart()
    watch.note_reasoning()
    assert watch.note_text()
    assert watch.timing() == {
        "first_word_after": timedelta(seconds=4),
        "ended_after": timedelta(seconds=6),
        "thought_for": timedelta(seconds=2.5),
    }


def test_reasoning_beside_the_text_does_not_count_as_thinking() -> None:
    times = ticking(0, 2, 5)
    watch = Stopwatch(lambda: next(times))
    watch.note_text()
    watch.note_reasoning()
    assert watch.thought is None
    assert not watch.note_text()
