from collections.abc import Iterator
from datetime import timedelta

from fakegpt_tui.chat.reply_text import Stopwatch


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
