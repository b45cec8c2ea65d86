"""Overlap of a continued reply with the text before it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.backends.api.completion_text import OverlapFilter

BEFORE = "It was a dark and stormy night, and the rain fell in"


def continued(before: str, pieces: list[str]) -> str:
    continuation = OverlapFilter(before)
    return "".join(continuation.add(piece) for piece in pieces) + continuation.flush()


@pytest.mark.parametrize(
    ("said", "new"),
    [
        (" torrents.", " torrents."),
        (f"{BEFORE} torrents.", " torrents."),
        ("the rain fell in torrents.", " torrents."),
        ("It was a mistake.", "It was a mistake."),
        ("It was", "It was"),
        (BEFORE, ""),
        ("in", "in"),
    ],
)
def test_only_what_was_not_said_before_is_new(said: str, new: str) -> None:
    for size in (1, 3, 1000):
        pieces = [said[start : start + size] for start in range(0, len(said), size)]
        assert continued(BEFORE, pieces) == new


@given(st.text(), st.lists(st.text(max_size=5)))
def test_nothing_is_lost_that_does_not_repeat_the_end(before: str, pieces: list[str]) -> None:
    new = continued(before, pieces)
    said = "".join(pieces)
    assert said.endswith(new)
    assert before.endswith(said[: len(said) - len(new)])


def test_what_cannot_be_a_repetition_is_shown_at_once() -> None:
    assert OverlapFilter(BEFORE).add("xyz") == "xyz"
    assert OverlapFilter("").add("xyz") == "xyz"
