import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment

from fakegpt_tui.ui.markdown.document import Document
from fakegpt_tui.ui.markdown.layout import Layout
from fakegpt_tui.ui.markdown.lines import Line, PlacedLines
from fakegpt_tui.ui.markdown.palette import Palette
from tests.ui.markdown.documents import DOCUMENTS, LONG_DOCUMENTS
from tests.ui.markdown.samples import EVERYTHING
from tests.ui.markdown.test_document import CHUNK_SIZES, QUICK, WIDTH

LONG = "\n\n".join(f"Paragraph {number} with {'words ' * (number % 30)}" for number in range(900))


def document(text: str, chunk_size: int = 8_192) -> Document:
    drawn = Document(Palette.colourless(), chunk_size=chunk_size)
    drawn.update(text, complete=True)
    return drawn


def shown(layout: Layout, first: int, last: int) -> list[str]:
    return [line.plain for line in layout[max(0, first) : last]]


@QUICK
@given(DOCUMENTS | LONG_DOCUMENTS, WIDTH, CHUNK_SIZES, st.floats(0, 1), st.integers(-40, 40))
def test_what_is_revealed_is_what_stands_there(
    text: str, width: int, chunk_size: int, at: float, count: int
) -> None:
    whole = [line.plain for line in document(text).lines(width)]
    layout = document(text, chunk_size).layout(width)
    number = layout.reveal(int(at * len(layout)), count)
    first, last = (number, number + count) if count > 0 else (number + count + 1, number + 1)
    height = len(layout)
    seen = shown(layout, first, last)
    assert len(layout) == height
    assert any(whole[start : start + len(seen)] == seen for start in range(len(whole) + 1))
    layout.measure()
    assert shown(layout, 0, len(layout)) == whole


@pytest.mark.parametrize("count", [1, 6, -1, -6])
def test_a_line_that_two_fragments_share_is_revealed_with_both(count: int) -> None:
    text = "a line of *text*\nand [more](http://x.y)\n" * 90 + "a **sentence** with `code`. " * 300
    for start in range(0, len(document(text, 40).layout(40)), 13):
        layout = document(text, 40).layout(40)
        number = layout.reveal(start, count)
        first = number if count > 0 else number + count + 1
        height = len(layout)
        shown(layout, first, first + abs(count))
        assert len(layout) == height


@QUICK
@given(DOCUMENTS | LONG_DOCUMENTS, WIDTH, CHUNK_SIZES)
def test_an_anchor_finds_the_line_that_it_was_made_from(
    text: str, width: int, chunk_size: int
) -> None:
    drawn = document(text, chunk_size)
    drawn.lines(width)
    layout = drawn.layout(width)
    for number in range(0, len(layout), 7):
        assert layout.find_anchor(layout.anchor_at(number)) == number


def test_an_anchor_finds_the_same_words_at_another_width() -> None:
    drawn = document("Some words before it.\n\n" + "words " * 90 + "HERE and " + "more " * 90)
    narrow = drawn.layout(30)
    narrow.measure()
    (number,) = [at for at, line in enumerate(narrow) if "HERE" in line.plain]
    anchor = narrow.anchor_at(number)
    wide = drawn.layout(77)
    assert "HERE" in "".join(shown(wide, wide.find_anchor(anchor), wide.find_anchor(anchor) + 2))


def test_going_up_through_unseen_lines_shows_each_once() -> None:
    layout = document(LONG).layout(40)
    whole = [line.plain for line in document(LONG).lines(40)]
    number = layout.reveal(len(layout) - 1, 0)
    seen: list[str] = []
    while number > 0:
        number = layout.reveal(number, -20)
        seen[:0] = shown(layout, number - 19, number + 1)
        number -= 20
    assert [line for line in seen if line] == [line for line in whole if line]


def test_lines_that_were_forgotten_are_drawn_again_as_they_were() -> None:
    rows = document(LONG).lines(20)
    first = rows[0]
    assert [line.plain for line in rows][-1] == rows[-1].plain
    again = rows[0]
    assert again is not first
    assert again == first


def test_other_styles_move_nothing() -> None:
    drawn = document(EVERYTHING)
    layout = drawn.layout(40)
    number = layout.reveal(len(layout) // 2, 20)
    before = (len(layout), [line.plain for line in layout[number : number + 20]])
    drawn.restyle(Palette.from_theme({}, dark=True))
    assert (len(layout), [line.plain for line in layout[number : number + 20]]) == before
    assert all(line.segments[0].style for line in layout if line.segments)


def test_one_block_that_is_very_long_is_read_in_steps_to_the_same_end() -> None:
    text = "- item **one**\n" * 9_999 + "- the last"
    drawn = document(text)
    layout = drawn.layout(40)
    number = layout.reveal(len(layout) - 1, -5)
    assert shown(layout, number - 4, number + 1) == ["• item one"] * 4 + ["• the last"]
    assert drawn.layout(40).find_anchor(layout.anchor_at(number)) == number


@QUICK
@given(DOCUMENTS | LONG_DOCUMENTS, WIDTH, CHUNK_SIZES, st.floats(0, 1), st.floats(0, 1))
def test_an_id_is_of_the_same_line_while_heights_are_corrected(
    text: str, width: int, chunk_size: int, at: float, other: float
) -> None:
    layout = document(text, chunk_size).layout(width)
    if not layout:
        return
    line_id = layout.line_id(int(at * (len(layout) - 1)))
    before = layout[layout.line_number(line_id)].plain
    later = layout.line_id(int(other * (len(layout) - 1)))
    layout.reveal(int(other * len(layout)), -20)
    assert layout[layout.line_number(line_id)].plain == before
    assert (line_id < later) is (layout.line_number(line_id) < layout.line_number(later))
    layout.measure()
    assert layout[layout.line_number(line_id)].plain == before
    assert layout.line_id(layout.line_number(line_id)) == line_id


@QUICK
@given(DOCUMENTS | LONG_DOCUMENTS, WIDTH, CHUNK_SIZES, st.floats(0, 1))
def test_spans_are_all_lines_once(text: str, width: int, chunk_size: int, at: float) -> None:
    layout = document(text, chunk_size).layout(width)
    whole = [line.plain for line in document(text).lines(width)]
    span = layout.span_at(int(at * len(text)))
    assert span.start <= int(at * len(text)) <= max(span.end, 0)
    offset, lines = 0, []
    while offset < len(text):
        span = layout.span_at(offset)
        lines += [line.plain for line in span.lines]
        assert span.end > offset
        offset = span.end
    assert lines == whole


@QUICK
@given(
    DOCUMENTS | LONG_DOCUMENTS,
    WIDTH,
    CHUNK_SIZES,
    st.lists(st.floats(0, 1), max_size=4),
    st.floats(0, 1),
)
def test_other_lines_stand_between_blocks_and_change_nothing_else(
    text: str, width: int, chunk_size: int, places: list[float], half: float
) -> None:
    plain = [line.plain for line in document(text).lines(width)]
    offsets = sorted({1 + int(place * len(text)) for place in places})
    placed = [PlacedLines(at, (Line((Segment(f"\0{at}"),)),)) for at in offsets]
    drawn = document(text, chunk_size)
    drawn.place(placed)
    lines = [line.plain for line in drawn.lines(width)]
    assert [line for line in lines if not line.startswith("\0")] == plain
    if plain:
        assert [line for line in lines if line.startswith("\0")] == [f"\0{at}" for at in offsets]
    grown = Document(Palette.colourless(), chunk_size=chunk_size)
    grown.place(placed)
    grown.update(text[: int(half * len(text))], complete=False)
    grown.lines(width)
    grown.update(text, complete=True)
    assert [line.plain for line in grown.lines(width)] == lines
