"""What a terminal with wide ambiguous characters shows takes the cells that it was laid out in."""

import unicodedata
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len, chop_cells, set_cell_size
from rich.segment import Segment
from rich.text import Text
from textual.color import Color
from textual.content import Content
from textual.strip import Strip

from fakegpt_tui.ui.markdown.document import Document
from fakegpt_tui.ui.markdown.palette import Palette
from fakegpt_tui.ui.markdown.wrapping import chop, padded, wrap
from fakegpt_tui.ui.terminal.cell_widths import (
    WideTerminalFilter,
    WidthProfile,
    ascii_lookalike,
    use_profile,
    width_profile,
)
from tests.ui.markdown.documents import FRAGMENTS
from tests.wide_terminal import is_wide

WIDTHS = st.integers(4, 60)
ODD = "é§“”…—①●▶★·»×→αЖ\ue000\U000f0000🄐\u0301\u0308e漢字👩 ab─│╭╯┼╌▌█▁▔░╱\n"
TEXTS = st.text(
    st.sampled_from(ODD) | st.characters(max_codepoint=0x2FFFF, exclude_categories=["C"]),
    max_size=60,
)
DOCUMENTS = st.lists(FRAGMENTS | st.sampled_from(["§ é ", "— α", "│ Ж", "…", "①"]), max_size=30)
EVERY = [chr(code) for code in range(0xA0, 0x30000) if unicodedata.category(chr(code)) != "Cs"]
NARROW: dict[str, int] = {}


@pytest.fixture(autouse=True, scope="module")
def wide() -> Iterator[None]:
    NARROW.update((character, cell_len(character)) for character in EVERY)
    use_profile(WidthProfile(wide_ambiguous=True))
    yield
    use_profile(WidthProfile())


def on_the_screen(text: str) -> int:
    """The cells that a wide terminal takes for what is written in the place of `text`."""
    (segment,) = WideTerminalFilter().apply([Segment(text)], Color(0, 0, 0))
    cells = (2 if is_wide(each) else NARROW.get(each, 1) for each in segment.text)
    return sum(cells)


def written(line: list[Segment] | tuple[Segment, ...]) -> int:
    return on_the_screen("".join(segment.text for segment in line))


def test_each_character_takes_what_it_is_measured_to_take() -> None:
    wrong = {each for each in EVERY if on_the_screen(each) != cell_len(each)}
    assert wrong == set()


def test_what_stands_for_others_is_narrow_and_one_character() -> None:
    kept = [each for each in EVERY if is_wide(each) and cell_len(each) == 1]
    assert {"─", "│", "╮", "█", "…"} <= set(kept)
    assert {len(ascii_lookalike(each)) for each in kept} == {1}
    assert ascii_lookalike("╭─┬═╮│┃╱╲╳█▌…") == "+-+=+||/\\X#|⋯"


@pytest.mark.parametrize("emoji", ["☎️", "❤️", "©️", "1️⃣", "👩\u200d💻"])
def test_an_emoji_takes_two(emoji: str) -> None:
    assert cell_len(emoji) == 2


@given(TEXTS, WIDTHS)
@settings(deadline=None)
def test_lines_are_as_wide_as_they_are_meant_to_be(text: str, width: int) -> None:
    segments = [Segment(text)]
    for line in [*wrap(segments, width), *chop([Segment(text.replace("\n", ""))], width)]:
        assert written(padded(line, width)) == width


@given(DOCUMENTS.map("".join), WIDTHS)
@settings(deadline=None)
def test_a_message_is_no_wider_than_it_may_be(text: str, width: int) -> None:
    if "\u200d" in text:
        return  # what is joined is measured together
    document = Document(Palette.colourless())
    document.update(text, complete=True)
    assert all(written(line.segments) <= width for line in document.lines(width))


@given(TEXTS, TEXTS, st.integers(0, 40), st.integers(0, 40))
@settings(deadline=None)
def test_what_textual_cuts_is_as_wide_as_it_believes(
    left: str, right: str, start: int, length: int
) -> None:
    strip = Strip([Segment(left.replace("\n", "")), Segment(right.replace("\n", ""))])
    for part in (strip, strip.crop(start, start + length), strip.adjust_cell_length(length)):
        assert written(tuple(part)) == part.cell_length
    cut = Content(left.replace("\n", "")).truncate(length, ellipsis=True)
    assert on_the_screen(cut.plain) == cut.cell_length <= max(length, cell_len(left))


def test_all_ways_of_measuring_agree() -> None:
    """They go around Rich's table, or remember: where this fails, `counting` must be told."""
    text = "é§α—①"
    content = Content(text)
    for wide, cells in ((False, 5), (True, 10)) * 2:
        use_profile(WidthProfile(wide_ambiguous=wide))
        assert width_profile().wide_ambiguous is wide
        assert cell_len(text) == Text(text).cell_len == Strip([Segment(text)]).cell_length == cells
        assert content.cell_length == content.get_minimal_width({}) == cells
        assert content.get_optimal_width({}, 80) == cells
        assert content.get_height({}, 4) == (3 if wide else 2)
        assert len(set_cell_size(text, cells - 2).rstrip()) == (4 if wide else 3)
        assert chop_cells(text, 4) == (["é§", "α—", "①"] if wide else ["é§α—", "①"])
        before, _ = Segment(text).split_cells(4)
        assert before.text == ("é§" if wide else "é§α—")
        assert len(content.wrap(4)) == (3 if wide else 2)


def test_only_what_is_news_is_told() -> None:
    assert [
        use_profile(WidthProfile(wide_ambiguous=wide)) for wide in (True, False, False, True, True)
    ] == [
        False,
        True,
        False,
        True,
        False,
    ]


def test_marks_with_a_width_of_their_own_take_a_cell_where_they_do() -> None:
    texts = ("हिन्दी", "தமிழ்", "বাংলা", "e\u0301", "한글", "〮")
    assert [cell_len(text) for text in texts] == [3, 3, 2, 1, 4, 0]
    use_profile(WidthProfile(wide_marks=True))
    assert [cell_len(text) for text in texts] == [5, 4, 5, 1, 4, 2]
    use_profile(WidthProfile(wide_ambiguous=True, wide_marks=True))
    assert [cell_len(text) for text in ("§हिन्दी", "é")] == [7, 2]
    use_profile(WidthProfile(wide_ambiguous=True))


def test_what_unicode_16_made_wide_is_narrow_in_an_old_terminal() -> None:
    assert [cell_len(text) for text in "☰䷀漢👩é"] == [2, 2, 2, 2, 2]
    use_profile(WidthProfile(before_unicode_16=True))
    assert [cell_len(text) for text in "☰䷀漢👩é"] == [1, 2, 2, 2, 1]
    use_profile(WidthProfile(wide_ambiguous=True))
