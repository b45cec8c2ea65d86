import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.segment import Segment
from rich.style import Style

from fakegpt_tui.ui.markdown.lines import cell_width
from fakegpt_tui.ui.markdown.wrapping import chop, padded, wrap

BOLD = Style(bold=True)
TEXT = st.text(st.sampled_from("abc  \n漢。é👩\u200d\ufe0f\u0301-“"), max_size=60)
SEGMENTS = st.lists(st.builds(Segment, TEXT, st.sampled_from([None, BOLD])), max_size=5)


def plain(rows: list[list[Segment]]) -> list[str]:
    return ["".join(segment.text for segment in row) for row in rows]


def seen(text: str) -> str:
    return text.replace("\u200d", "").replace("\ufe0f", "")


def test_words_stay_whole_where_they_fit() -> None:
    assert plain(wrap([Segment("one two three")], 8)) == ["one two", "three"]


def test_a_word_in_two_styles_is_one_word() -> None:
    rows = wrap([Segment("see "), Segment("bo", BOLD), Segment("ld.")], 6)
    assert rows == [[Segment("see")], [Segment("bo", BOLD), Segment("ld.")]]


def test_a_word_too_long_for_a_line_is_cut_by_cells() -> None:
    assert plain(wrap([Segment("a abcdefgh b")], 4)) == ["a", "abcd", "efgh", "b"]
    assert plain(wrap([Segment("a 👩👩👩 b")], 5)) == ["a", "👩👩", "👩 b"]


def test_ideographs_fill_lines_and_keep_closing_marks() -> None:
    assert plain(wrap([Segment("漢字漢字。漢")], 8)) == ["漢字漢", "字。漢"]


def test_a_line_feed_breaks_and_there_is_always_a_line() -> None:
    assert plain(wrap([Segment("a\n\nb")], 4)) == ["a", "", "b"]
    assert plain(wrap([], 4)) == [""]
    assert plain(chop([], 4)) == [""]


def test_an_emoji_sequence_is_never_taken_apart() -> None:
    family = "👩\u200d👩\u200d👧"
    assert plain(chop([Segment(family * 3)], 4)) == [family * 2, family]


def test_padding_goes_where_it_is_asked_for() -> None:
    assert plain([padded([Segment("漢")], 5, None, "center")]) == [" 漢  "]
    assert plain([padded([Segment("漢")], 5, None, "right")]) == ["   漢"]


@settings(deadline=None)
@given(SEGMENTS, st.integers(2, 12))
def test_no_line_is_wider_than_the_width(segments: list[Segment], width: int) -> None:
    unbroken = [Segment(text.replace("\n", ""), style) for text, style, _ in segments]
    assert all(cell_width(row) <= width for row in wrap(segments, width))
    assert all(cell_width(row) <= width for row in chop(unbroken, width))


@settings(deadline=None)
@given(SEGMENTS, st.integers(2, 12))
def test_nothing_but_spaces_and_joiners_is_dropped(segments: list[Segment], width: int) -> None:
    text = seen("".join(segment.text for segment in segments))
    assert "".join(seen("".join(plain(wrap(segments, width)))).split()) == "".join(text.split())
    unbroken = [Segment(text.replace("\n", ""), style) for text, style, _ in segments]
    assert seen("".join(plain(chop(unbroken, width)))) == text.replace("\n", "")


@settings(deadline=None)
@given(SEGMENTS, st.integers(2, 12))
def test_styles_stay_with_their_characters(segments: list[Segment], width: int) -> None:
    def bold(parts: list[Segment]) -> str:
        return "".join(seen("".join(part.text for part in parts if part.style == BOLD)).split())

    assert bold([part for row in wrap(segments, width) for part in row]) == bold(segments)


def test_a_mark_without_a_letter_is_not_lost() -> None:
    assert "".join(plain(wrap([Segment("\u0301漢。")], 2))) == "\u0301漢。"


@pytest.mark.parametrize("width", range(10, 34))
def test_no_line_begins_or_ends_with_a_mark_that_must_not(width: int) -> None:
    text = (
        "彼は「今日は（とても）暑い」と言った。ちょっと待って…“什么？”他说：‘没有’《书》【注】きっと"
        "そして『本』を買った、きっと。English（括号）words「と」日本語"
    )
    lines = plain(wrap([Segment(text)], width))
    assert "".join(lines) == text
    assert not [line for line in lines if line[0] in "。，、！？）」』】》ー…”’っゃゅょ"]
    assert not [line for line in lines if line[-1] in "（「『【《“‘"]
