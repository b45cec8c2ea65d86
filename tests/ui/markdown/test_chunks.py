"""A long message is parsed in chunks, and shows what it would if it were parsed whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.ui.markdown.chunks import ChunkedText
from fakegpt_tui.ui.markdown.document import Document
from fakegpt_tui.ui.markdown.palette import Palette
from fakegpt_tui.ui.markdown.parser import find_references
from tests.ui.markdown.documents import BLOCKS, DOCUMENTS, LONG_DOCUMENTS
from tests.ui.markdown.samples import CORPUS
from tests.ui.markdown.test_document import QUICK, WIDTH, drawn, grown
from tests.ui.markdown.test_limits import scrolled

WHOLE = 1 << 40
TABLE = "| a | b |\n|---|--:|\n" + "| 1 | **2** |\n" * 60

LONG_BLOCKS = {
    "bullets": "- item with *some* words and `code`\n" * 30_000,
    "loose bullets": "* item with *some* words\n\n  and more\n\n" * 28_000,
    "numbers": "".join(f"{number}. item with some words\n" for number in range(1, 40_000)),
    "nested": "- item\n  - [x] done\n    1. deep\n\n       ```py\n       x = 1\n       ```\n"
    * 15_000,
    "indented too little": "".join(
        f"{number}. item\n   - one\n   - two\n\n   more\n\n" for number in range(1, 25_000)
    ),
    "item": "1. item\n\n"
    + "   words\n\n   - one\n\n     ```py\n     x = 1\n     ```\n\n   > - two\n\n" * 13_000,
    "quoted list": "> - item\n>   - sub with *some* words\n>\n>     more of them\n" * 15_000,
    "table": "| a | b |\n|---|:-:|\n" + "| some words | **more** of them |\n" * 30_000,
    "code": "```py\n" + "value = function('text')\n" * 40_000 + "```\n",
    "open code": "~~~\n" + "plain words\n" * 90_000,
    "indented code": "    value = function('text')\n\n\tvalue = 1\n" * 25_000,
    "quote": "> some words that are quoted\n>\n" * 32_000,
    "quoted paragraph": "> some words that are quoted\n" * 35_000,
    "quoted line": "> " + "some words and **more** of `them` " * 30_000,
    "lazy quote": "> some words\nthat are `quoted` and\n> more\nof them\n" * 25_000,
    "paragraph": "some words and **more** of `them` " * 30_000,
    "lines": "some words\n`and` more of them\n" * 35_000,
    "amid prose": "Words.\n\n" + "- item\n" * 60_000 + "\nWords.\n\n" + TABLE * 600,
}


def whole(text: str, *, complete: bool = True) -> Document:
    document = Document(Palette.colourless(), chunk_size=WHOLE)
    document.update(text, complete=complete)
    return document


@QUICK
@given(DOCUMENTS | LONG_DOCUMENTS | BLOCKS, WIDTH, st.sampled_from([2, 20, 300]), st.booleans())
def test_chunks_show_what_the_whole_does(
    text: str, width: int, chunk_size: int, complete: bool
) -> None:
    chunked = Document(Palette.colourless(), chunk_size=chunk_size)
    # A heading above, so that what defines references only is never all of the first chunk_size.
    text = f"# Top\n\n{text}"
    chunked.update(text, complete=complete)
    assert drawn(chunked, width) == drawn(whole(text, complete=complete), width)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("name", CORPUS)
def test_the_corpus_in_chunks_is_the_corpus(name: str, line_end: str) -> None:
    text = CORPUS[name].replace("\r\n", "\n").replace("\n", line_end)
    for chunk_size in (1, 10, 100):
        chunked = Document(Palette.colourless(), chunk_size=chunk_size)
        chunked.update(text, complete=True)
        assert drawn(chunked, 40) == drawn(whole(text), 40)


@pytest.mark.parametrize("name", LONG_BLOCKS)
def test_one_long_block_in_chunks_shows_what_the_whole_does(name: str) -> None:
    text = LONG_BLOCKS[name][:20_000]
    chunked = Document(Palette.colourless(), chunk_size=1_500)
    chunked.update(text, complete=True)
    assert drawn(chunked, 60) == drawn(whole(text), 60)


@pytest.mark.parametrize("name", ["bullets", "loose bullets", "numbers", "nested", "table"])
@pytest.mark.parametrize("above", ["", "Words.\n\n"])
def test_a_long_list_or_table_is_parsed_where_it_is_looked_at(name: str, above: str) -> None:
    text = ChunkedText(keep_breaks=False)
    text.update(above + LONG_BLOCKS[name][:200_000], complete=True, references={})
    assert len(text.chunks) > 20
    assert sum(chunk.fragments is not None for chunk in text.chunks) < 4


@pytest.mark.parametrize(
    "text",
    [
        "text\n\n- a\n\n" + "        code\n" * 1_200 + "\n  t",
        "- a\n\n" + "  text of it\n\n" * 1_200 + "  \n  A",
        "1. a\n\n" + "   text of it\n\n" * 1_000 + "   A",
    ],
    ids=["code", "text", "numbered"],
)
@pytest.mark.parametrize("complete", [False, True])
def test_an_end_without_a_line_end_goes_on_with_the_item_above(text: str, complete: bool) -> None:
    expected = drawn(whole(text, complete=complete), 40)
    chunked = Document(Palette.colourless())
    chunked.update(text, complete=complete)
    assert drawn(chunked, 40) == expected
    growing = grown(text, [0.3, 0.5, 0.71, 0.99], 40)
    growing.update(text, complete=complete)
    assert drawn(growing, 40) == expected


@pytest.mark.parametrize("chunk_size", [40, 8_192])
@pytest.mark.parametrize("above", ["", "\n \n"])
def test_no_blank_line_is_shown_below_definitions_that_begin_a_message(
    chunk_size: int, above: str
) -> None:
    definitions = "".join(f"[r{number}]: http://x.example/{number}\n" for number in range(600))
    uses = " ".join(f"[r{number}]" for number in range(600))
    text = f"{above}{definitions}\nText [r1].\n" + "\nMore of [r2].\n" * 700 + f"\n{uses}\n"
    chunked = Document(Palette.colourless(), chunk_size=chunk_size)
    chunked.update(text, complete=True)
    assert drawn(chunked, 40) == drawn(whole(text), 40)
    assert chunked.lines(40)[0].plain == "Text r1."
    opened = Document(Palette.colourless(), chunk_size=chunk_size)
    opened.update(text, complete=True)
    seen = scrolled(opened.layout(40), -9)
    assert seen == [line.plain for line in chunked.lines(40)]


def test_a_string_that_never_ends_colours_no_more_than_the_lines_together() -> None:
    text = "```py\n" + 'x = """\n' + "words\n" * 2_000 + "```\n"
    chunked = Document(Palette.colourless())
    chunked.update(text, complete=True)
    assert drawn(chunked, 40) == drawn(whole(text), 40)


def test_a_quote_that_begins_with_an_empty_line_is_one_quote() -> None:
    text = "Text.\n\n[text]\n\n>\n> one\n>\n> two\n" + "\nText.\n" * 9
    chunked = Document(Palette.colourless(), chunk_size=5)
    chunked.update(text, complete=True)
    assert drawn(chunked, 40) == drawn(whole(text), 40)
    chunked.layout(40).measure()
    assert drawn(chunked, 39) == drawn(whole(text), 39)


def test_text_that_grows_in_the_last_chunk_goes_on_in_it() -> None:
    text = "".join(f"{number}. item **bold**\n" for number in range(1, 400))
    chunked = Document(Palette.colourless(), chunk_size=300)
    chunked.update(text[:3_000], complete=False)
    for end in range(3_000, len(text), 777):
        chunked.update(text[:end], complete=False)
    chunked.update(text, complete=True)
    assert drawn(chunked, 40) == drawn(whole(text), 40)


@pytest.mark.parametrize(
    "block",
    [
        "- see [r]\n" * 3_000,
        TABLE * 40,
        "> see [r]\n>\n" * 3_000,
        "```\n" + "[x]: y\n" * 3_000 + "```\n",
    ],
    ids=["list", "tables", "quote", "code"],
)
def test_targets_that_are_defined_below_a_long_block_are_found(block: str) -> None:
    found = find_references(f"{block}\n[r]: http://x.example\n")
    assert {*found["references"], *found["unused"]} == {"R"}


def test_a_line_within_a_paragraph_defines_no_target() -> None:
    text = "some words and more\n" * 2_000 + "[r]: http://x.example\n" * 900
    assert find_references(text) == {}
