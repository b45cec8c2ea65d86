import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.control import Control
from rich.segment import ControlType, Segment
from rich.style import Style
from textual.color import Color

from fakegpt_tui.ui.terminal.line_filters import (
    ISOLATE,
    POP_ISOLATE,
    BidiIsolateFilter,
    SafeLineFilter,
)
from tests.terminal import unauthored
from tests.ui.small import small_app

BLACK = Color(0, 0, 0)
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
CONTROLS = "".join(map(chr, [*range(0x20), *range(0x7F, 0xA0)]))

TEXTS = st.text(st.one_of(st.sampled_from(CONTROLS + BIDI + "\u2028\ud800"), st.characters()))
STYLES = st.sampled_from([None, Style(bold=True), Style(link="https://example.org")])
SEGMENTS = st.lists(st.builds(Segment, TEXTS, STYLES, st.none()), max_size=8)


def filtered(segments: list[Segment]) -> list[Segment]:
    return SafeLineFilter().apply(segments, BLACK)


@given(SEGMENTS)
@settings(deadline=None)
def test_no_character_that_a_terminal_obeys_is_left(segments: list[Segment]):
    text = "".join(segment.text for segment in filtered(segments))
    assert not set(text) & set(CONTROLS + BIDI)
    assert not any(unicodedata.category(character) == "Cs" for character in text)


@given(SEGMENTS)
@settings(deadline=None)
def test_every_other_character_stays_where_it_was(segments: list[Segment]):
    for before, after in zip(segments, filtered(segments), strict=True):
        assert after.style == before.style
        text = before.text.replace(ISOLATE, "").replace(POP_ISOLATE, "")
        assert len(after.text) == len(text)
        for old, new in zip(text, after.text, strict=True):
            assert new == old or old in CONTROLS + BIDI + "\u2028\u2029" or old >= "\ud800"


def test_a_picture_that_foreign_text_asks_for_is_a_sign():
    (segment,) = filtered([Segment("a\U0010eeee\u0305b")])
    assert segment.text == "a�\u0305b"


@given(SEGMENTS)
@settings(deadline=None)
def test_filtering_twice_changes_nothing_more(segments: list[Segment]):
    once = filtered(segments)
    assert filtered(once) == once


def test_what_was_isolated_before_is_isolated_once():
    def through_both(line: list[Segment]) -> list[Segment]:
        return BidiIsolateFilter().apply(filtered(line), BLACK)

    line = [Segment("│ "), Segment("שלום and "), Segment("עולם", Style(bold=True)), Segment("  x")]
    once = through_both(line)
    assert "".join(segment.text for segment in once) == f"│ {ISOLATE}שלום and עולם{POP_ISOLATE}  x"
    assert through_both(once) == once


def test_a_clean_line_is_passed_on_as_it_is():
    line = [Segment("naïve │ 日本 🎉 👩‍👩‍👧"), Segment("\u00a0", Style(link="https://example.org"))]
    assert filtered(line) is line


def test_controls_are_shown_by_their_signs():
    assert filtered([Segment("a\x1b]0;x\x07\x7f\x9b\u202eb")])[0].text == "a␛]0;x␇␡��b"


def test_control_segments_are_the_apps_own():
    move = Control((ControlType.CURSOR_MOVE_TO, 1, 1)).segment
    assert filtered([move, Segment("\x1b")]) == [move, Segment("␛")]


def test_a_link_cannot_end_its_own_sequence():
    (segment,) = filtered([Segment("x", Style(link="https://a\x1b\\\x1b]52;c;YQ==\x07"))])
    assert segment.style is not None
    assert segment.style.link == "https://a\\]52;c;YQ=="


def test_hostile_text_in_many_widgets_writes_no_control_sequence():
    with small_app("Sinks", size=(100, 60)) as terminal:
        terminal.wait_for("the end").wait_for(lambda terminal: terminal.text.count("cM") >= 14)
        assert unauthored(terminal.raw) == []


def test_the_filter_is_what_keeps_hostile_text_from_the_terminal():
    with small_app("Unfiltered", size=(100, 60)) as terminal:
        terminal.wait_for(lambda terminal: b"\x1b]52;c;aGVsbG8=" in terminal.raw)


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (7, 3)])
def test_hostile_text_in_a_tiny_terminal_does_no_harm(size: tuple[int, int]):
    with small_app("Keys", size=size) as terminal:
        terminal.wait_for(lambda terminal: b"\x1b[?1049h" in terminal.raw)
        terminal.press("x")
        terminal.resize(80, 24)
        terminal.wait_for("1: x")
        assert unauthored(terminal.raw) == []
