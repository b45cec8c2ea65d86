import pytest

from fakegpt_tui.ui.markdown.blocks import DEFAULT_LIMITS
from fakegpt_tui.ui.markdown.document import Document
from fakegpt_tui.ui.markdown.palette import Palette
from fakegpt_tui.ui.markdown.paragraph_splits import flow_end
from tests.ui.markdown.samples import shown
from tests.ui.markdown.test_block_splits import whole
from tests.ui.markdown.test_document import drawn, grown

FLOW = DEFAULT_LIMITS.flow

PARAGRAPHS = {
    "one line": "some words and **more** of `them` " * 4_000,
    "lines": "some words\nand [more](http://x.example) of them\n" * 3_000,
    "lines of windows": "some words\r\nand more of *them*\r\n" * 3_000,
    "one word": "x" * 150_000,
    "ideographs": "漢字。" * 40_000,
    "a line below": "words " * 9_000 + "\n===\n\nand below",
    "a rule below": "words and words\n" * 4_000 + "---\n\nand below",
    "bars below": "words | words " * 4_000 + "\n---|---\nmore | words",
    "a table below": "words and words\n" * 4_000 + "| a | b |\n|---|---|\n| 1 | 2 |\n",
    "a list below": "words and words\n" * 2_048 + "- item\n- item",
    "a heading below": "words and words\n" * 2_048 + "# heading",
    "HTML": "<div>\n" + "  some *words*\n" * 6_000 + "</div>\n\nand below",
    "HTML of windows": "<ul>\r\n" + "<li>some words</li>\r\n" * 4_000 + "</ul>\r\n",
    "HTML in one line": "<div>\n" + "some words " * 9_000 + "\nand more\n</div>",
    "HTML in a quote": "> <div>\n" + "> some *words*\nand more\n" * 3_000 + "> </div>\n",
    "HTML above a list": "<!-- words\n" + "some words\n" * 6_000 + "- item\n- item",
    "a long tag": "<" + "x" * 14_000 + ">\nsome words\n" + "and more\n" * 1_300,
}


def test_a_flow_ends_with_the_first_line_that_is_long_enough() -> None:
    text = "x" * (FLOW + 5) + "\nand more\nand more"
    assert flow_end(text, 0, len(text)) == FLOW + 6
    assert flow_end("x" * (FLOW + 5) + "\n  \n", 0, FLOW + 9) is None
    assert flow_end("x" * FLOW, 0, FLOW) is None


def test_a_flow_without_lines_ends_at_a_space_or_anywhere() -> None:
    most = FLOW + DEFAULT_LIMITS.header
    spaced = "x" * 500 + ("y" * 99 + " ") * 900
    end = flow_end(spaced, 500, len(spaced)) or 0
    assert spaced[end - 1] == " "
    assert " " not in spaced[500 + most : end - 1]
    assert flow_end("x" * 99_999, 0, 99_999) == most + 1_024
    assert flow_end("x" * most, 0, most) is None


def test_more_text_moves_no_end() -> None:
    text = "some words and\nmore of them " * 3_000
    ends = {flow_end(text, 7, end) for end in range(0, len(text), 1_001)}
    assert ends == {None, flow_end(text, 7, len(text))}


@pytest.mark.parametrize("name", PARAGRAPHS)
@pytest.mark.parametrize("chapter", [300, 8_192])
def test_long_paragraphs_are_shown_alike_however_they_are_read(name: str, chapter: int) -> None:
    text = PARAGRAPHS[name]
    expected = drawn(whole(text), 80)
    parted = Document(Palette.colourless(), chapter=chapter)
    parted.update(text, complete=True)
    assert drawn(parted, 80) == expected
    growing = grown(text, [0.5, 0.99, 0.9999], 80, chapter)
    growing.update(text, complete=True)
    assert drawn(growing, 80) == expected


@pytest.mark.parametrize("name", ["one line", "lines", "one word"])
def test_the_end_of_a_long_paragraph_is_seen_without_drawing_all_of_it(name: str) -> None:
    text = PARAGRAPHS[name] * 7
    document = Document(Palette.colourless())
    document.update(text, complete=True)
    layout = document.layout(80)
    guess = len(layout)
    number = layout.reveal(guess - 1, -20)
    end = "".join(line.plain for line in layout[number - 18 : number + 1])
    assert len(end) > 800
    assert "".join(end.split()) in "".join("".join(shown(text[-9_000:])).split())
    assert abs(len(layout) - guess) < guess / 20


def test_a_new_line_loses_nothing() -> None:
    text = PARAGRAPHS["one word"]
    assert "".join(shown(text)) == text


def test_html_keeps_its_lines_where_a_new_line_begins_too() -> None:
    rows = ["<div>", *["some words"] * 6_000, "</div>"]
    assert shown("\n".join(rows)) == rows
    quoted = [f"▌ {row}" for row in rows]
    assert shown("> " + "\n> ".join(rows)) == quoted
    assert shown("> " + "\n".join(rows)) == quoted


def test_a_tag_in_the_midst_of_a_long_paragraph_keeps_no_lines() -> None:
    text = "x" * 1_100 + "\n" + "<b>more</b>\nand some more words\n" * 99
    assert shown(text, 500) == shown(text.replace("\n", " "), 500)


def test_what_is_too_long_for_a_head_is_text() -> None:
    assert shown("x " * 99 + "\n===")[-1] != "==="
    assert shown("x " * (DEFAULT_LIMITS.header // 2) + "\n===")[-1].endswith("===")
    long = "x " * (DEFAULT_LIMITS.header // 2)
    assert shown(f"{long}|b\n---|---\n1|2")[-1].endswith("---|--- 1|2")
