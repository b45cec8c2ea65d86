"""Where one character ends, as a reader counts them, and the next begins."""

import pytest

from fakegpt_tui.ui.graphemes import (
    backspace_boundary,
    nearest_boundary,
    next_boundary,
    previous_boundary,
)


@pytest.mark.parametrize(
    "grapheme",
    [
        *(
            "a",
            "e\u0301",
            "字",
            "〽\ufe0f",
            "1\ufe0f\u20e3",
            "👍🏽",
            "👩\u200d💻",
            "👨\u200d👩\u200d👧\u200d👦",
        ),
        *(
            "🇦🇺",
            "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
            "각",
            "\u1100\u1161\u11a8",
        ),
        *("กำ", "कि", "ی\u200c", "❤\ufe0f\u200d🔥"),
    ],
)
def test_a_grapheme_is_one_step_in_each_direction(grapheme: str) -> None:
    for before, after in (("", ""), ("a", "b"), ("字", "字"), ("🇩🇪", "🇩🇪")):
        text, start = before + grapheme + after, len(before)
        end = start + len(grapheme)
        assert next_boundary(text, start) == end
        assert previous_boundary(text, end) == start
        assert {nearest_boundary(text, inside) for inside in range(start, end)} == {start}


def test_backspace_takes_single_marks_off_indic_and_thai_letters() -> None:
    assert backspace_boundary("कि", 2) == 1
    assert backspace_boundary("ที่", 3) == 2
    assert backspace_boundary("e\u0301", 2) == 0


def test_the_ends_of_a_text_are_boundaries() -> None:
    assert (next_boundary("", 0), previous_boundary("", 0)) == (0, 0)
    assert (next_boundary("\u0301", 0), previous_boundary("\u0301", 1)) == (1, 0)
