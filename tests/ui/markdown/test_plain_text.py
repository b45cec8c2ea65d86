"""Prompts are drawn as they were typed; a long one is drawn in parts."""

from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.ui.markdown.lines import LineList
from fakegpt_tui.ui.markdown.plain_text import layout_plain_text, wrap_plain_text
from tests.ui.markdown.documents import DOCUMENTS, LONG_DOCUMENTS
from tests.ui.markdown.test_document import QUICK, WIDTH
from tests.ui.markdown.test_limits import scrolled

TEXTS = (DOCUMENTS | LONG_DOCUMENTS).filter(str.strip)


@QUICK
@given(TEXTS, WIDTH, st.sampled_from([1, 20, 300]), st.sampled_from([-3, 3]))
def test_what_is_typed_in_parts_shows_what_the_whole_does(
    text: str, width: int, size: int, step: int
) -> None:
    whole = wrap_plain_text(text, width)
    layout = layout_plain_text(text, width, size=size)
    assert scrolled(layout, step) == [line.plain for line in whole]
    assert [line.source for line in layout] == [line.source for line in whole]


@QUICK
@given(TEXTS, WIDTH, st.sampled_from([1, 20, 300]))
def test_a_line_of_a_long_prompt_is_remembered_as_one_of_a_short_prompt_is(
    text: str, width: int, size: int
) -> None:
    rows = LineList(wrap_plain_text(text, width))
    layout = layout_plain_text(text, width, size=size)
    layout.measure()
    for number in range(0, len(rows), 5):
        anchor = rows.anchor_at(number)
        assert layout.find_anchor(anchor) == rows.find_anchor(anchor)
        assert layout.find_anchor(layout.anchor_at(number)) == number


def test_of_a_long_prompt_only_what_is_looked_at_is_drawn() -> None:
    text = "some words that were pasted\n" * 40_000
    layout = layout_plain_text(text, 80)
    assert 40_000 <= len(layout) < 40_400
    number = layout.reveal(20_000, 40)
    line_id = layout.line_id(number)
    assert line_id.fragment_start > 500_000
    assert sum(chunk.source.fragments is not None for chunk in layout.chunks) < 9
