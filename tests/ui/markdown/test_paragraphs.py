"""A long paragraph is drawn in fragments, and shows what it would if it were drawn whole."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.ui.markdown.document import Document
from fakegpt_tui.ui.markdown.palette import Palette
from fakegpt_tui.ui.markdown.parser import is_plain, parse_blocks, parse_inline
from tests.ui.markdown.samples import shown
from tests.ui.markdown.test_chunks import whole
from tests.ui.markdown.test_document import drawn, grown

PARAGRAPHS = {
    "one line": "some words and **more** of `them` " * 2_000,
    "lines": "some words\nand [more](http://x.example) of them\n" * 1_500,
    "lines of windows": "some words\r\nand more of *them*\r\n" * 1_500,
    "one word": "x" * 75_000,
    "ideographs": "漢字。" * 20_000,
    "a line below": "words " * 4_500 + "\n===\n\nand below",
    "a rule below": "words and words\n" * 2_000 + "---\n\nand below",
    "bars below": "words | words " * 2_000 + "\n---|---\nmore | words",
    "a table below": "words and words\n" * 2_000 + "| a | b |\n|---|---|\n| 1 | 2 |\n",
    "a list below": "words and words\n" * 1_024 + "- item\n- item",
    "a heading below": "words and words\n" * 1_024 + "# heading",
    "HTML": "<div>\n" + "  some *words*\n" * 3_000 + "</div>\n\nand below",
    "HTML of windows": "<ul>\r\n" + "<li>some words</li>\r\n" * 2_000 + "</ul>\r\n",
    "HTML in one line": "<div>\n" + "some words " * 4_500 + "\nand more\n</div>",
    "HTML in a quote": "> <div>\n" + "> some *words*\nand more\n" * 1_500 + "> </div>\n",
    "HTML above a list": "<!-- words\n" + "some words\n" * 3_000 + "- item\n- item",
    "a long tag": "<" + "x" * 7_000 + ">\nsome words\n" + "and more\n" * 650,
}


@pytest.mark.parametrize("name", PARAGRAPHS)
@pytest.mark.parametrize("chunk_size", [300, pytest.param(8_192, marks=pytest.mark.long)])
def test_long_paragraphs_are_shown_alike_however_they_are_read(name: str, chunk_size: int) -> None:
    text = PARAGRAPHS[name]
    expected = drawn(whole(text), 80)
    chunked = Document(Palette.colourless(), chunk_size=chunk_size)
    chunked.update(text, complete=True)
    assert drawn(chunked, 80) == expected
    growing = grown(text, [0.5, 0.99, 0.9999], 80, chunk_size)
    growing.update(text, complete=True)
    assert drawn(growing, 80) == expected


def test_html_keeps_its_lines_where_a_new_line_begins_too() -> None:
    rows = ["<div>", *["some words"] * 2_400, "</div>"]
    assert shown("\n".join(rows)) == rows
    quoted = [f"▌ {row}" for row in rows]
    assert shown("> " + "\n> ".join(rows)) == quoted
    assert shown("> " + "\n".join(rows)) == quoted


def test_a_tag_in_the_midst_of_a_long_paragraph_keeps_no_lines() -> None:
    text = "x" * 1_100 + "\n" + "<b>more</b>\nand some more words\n" * 99
    assert shown(text, 500) == shown(text.replace("\n", " "), 500)


@given(st.from_regex(r"[^\W\d_](?:[^\W\d_]|[ ,.;!?'\"()])*", fullmatch=True))
def test_a_line_of_plain_words_is_what_the_parser_makes_of_it(words: str) -> None:
    assert is_plain(words)
    [node] = parse_blocks(words, [0, len(words)], {})
    ends = [0, len(words) + 1, len(words) + 2, len(words) + 5]
    parsed, _ = parse_blocks(f"{words}\n\n---", ends, {})
    assert replace(parsed, source=node.source) == node
    [token] = parse_inline(node.content, {})
    assert (token.type, token.content) == ("text", node.content)
