from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.ui.markdown.block_splits import find_block_splits
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

MEGABYTES = {
    "bullets": "- item with *some* words and `code`\n" * 30_000,
    "loose bullets": "* item with *some* words\n\n  and more\n\n" * 28_000,
    "numbers": "".join(f"{number}. item with some words\n" for number in range(1, 40_000)),
    "nested": "- item\n  - [x] done\n    1. deep\n\n       ```py\n       x = 1\n       ```\n"
    * 15_000,
    "indented too little": "".join(
        f"{number}. item\n   - one\n   - two\n\n   more\n\n" for number in range(1, 25_000)
    ),
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


def seams(text: str) -> list[str]:
    """The rest of the line at each seam."""
    return [text[seam.at :].partition("\n")[0] for seam in find_block_splits(text, 0, len(text), 1)]


def whole(text: str, *, complete: bool = True) -> Document:
    document = Document(Palette.colourless(), chapter=WHOLE)
    document.update(text, complete=complete)
    return document


@QUICK
@given(DOCUMENTS | LONG_DOCUMENTS | BLOCKS, WIDTH, st.sampled_from([2, 20, 300]), st.booleans())
def test_what_is_parted_shows_what_the_whole_does(
    text: str, width: int, chapter: int, complete: bool
) -> None:
    parted = Document(Palette.colourless(), chapter=chapter)
    # A heading above, so that what defines references only is never all of the first chapter.
    text = f"# Top\n\n{text}"
    parted.update(text, complete=complete)
    assert drawn(parted, width) == drawn(whole(text, complete=complete), width)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("name", CORPUS)
def test_the_corpus_parted_is_the_corpus(name: str, line_end: str) -> None:
    text = CORPUS[name].replace("\r\n", "\n").replace("\n", line_end)
    for chapter in (1, 10, 100):
        parted = Document(Palette.colourless(), chapter=chapter)
        parted.update(text, complete=True)
        assert drawn(parted, 40) == drawn(whole(text), 40)


@pytest.mark.parametrize("name", MEGABYTES)
def test_of_a_megabyte_only_what_is_looked_at_is_read(name: str) -> None:
    text = MEGABYTES[name]
    chapters = ChunkedText(keep_breaks=False)
    chapters.update(text, complete=True, references={})
    for offset in (0, len(text) // 2):
        chapters.load(chapters.chunk_at(offset))
    read = [at for at, chapter in enumerate(chapters.chunks) if chapter.fragments is not None]
    assert sum(chapters.chunk_end(at) - chapters.chunks[at].start for at in read) < len(text) / 7


@pytest.mark.parametrize("name", MEGABYTES)
def test_of_a_megabyte_the_same_is_seen_as_if_all_were_read(name: str) -> None:
    text = MEGABYTES[name][:40_000]
    parted = Document(Palette.colourless())
    parted.update(text, complete=True)
    assert drawn(parted, 60) == drawn(whole(text), 60)


def test_items_are_parted_at_the_margin_and_know_their_number() -> None:
    text = "7. a\n   - b\n8. c\n\n   d\n9. e\nlazy\n   more\n10. f\n   - new\n20. g\n"
    found = find_block_splits(text, 0, len(text), 1)
    assert [(text[seam.at :].partition("\n")[0], seam.number) for seam in found] == [
        ("8. c", 8),
        ("9. e", 9),
        ("10. f", 10),
        ("   - new", 1),
        ("20. g", 20),
    ]
    assert [seam.block == seam.at for seam in found] == [False, False, False, True, True]
    assert seams("3) a\n3) b\n\n3) c\n") == ["3) b", "3) c"]


@pytest.mark.parametrize(
    "text",
    [
        "- a\n  - b\nlazy or not\n- c\n",
        "- a\n-\n- c\n",
        "- a\n- - -\n- c\n",
        "- a\n-     code\n- c\n",
        "- a\n\n[r]: http://x\n- c\n",
        "Text | x\n---|---\n- c\n",
        "Text |\n---\nrow\n\n- c\n",
        "Text\n2. no item\n3. none\n",
        "$$\n- x\n- y\n$$\n",
        "    - code\n    - code\n",
        "<think>\n- a\n- b\n",
        "- a\x0b- b\n- c\n",
        "-    a\n\n \t\tc\n",
        "- " * 30 + "a\n- b\n",
    ],
)
def test_nothing_is_parted_below_what_is_not_certain(text: str) -> None:
    assert not any("c" in line or "y" in line for line in seams(text))


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
    parted = Document(Palette.colourless())
    parted.update(text, complete=complete)
    assert drawn(parted, 40) == expected
    growing = grown(text, [0.3, 0.5, 0.71, 0.99], 40)
    growing.update(text, complete=complete)
    assert drawn(growing, 40) == expected


@pytest.mark.parametrize("chapter", [40, 8_192])
@pytest.mark.parametrize("above", ["", "\n \n"])
def test_no_blank_line_is_shown_below_definitions_that_begin_a_message(
    chapter: int, above: str
) -> None:
    definitions = "".join(f"[r{number}]: http://x.example/{number}\n" for number in range(600))
    text = f"{above}{definitions}\nText [r1].\n" + "\nMore of [r2].\n" * 700
    parted = Document(Palette.colourless(), chapter=chapter)
    parted.update(text, complete=True)
    assert drawn(parted, 40) == drawn(whole(text), 40)
    assert parted.lines(40)[0].plain == "Text r1."
    opened = Document(Palette.colourless(), chapter=chapter)
    opened.update(text, complete=True)
    seen = scrolled(opened.layout(40), -9)
    assert seen == [line.plain for line in parted.lines(40)]


def test_rows_are_parted_where_pieces_of_a_table_are() -> None:
    found = find_block_splits(TABLE, 0, len(TABLE), 1)
    rows = [TABLE.count("\n", 0, seam.at) - 2 for seam in found]
    assert rows == [32, 40, 48, 56]
    assert seams(TABLE.replace("| 1 |", "| a \\| 1 |")) == ["| a \\| 1 | **2** |"] * 4
    assert seams("| a |\n|---|---|\n" + "| 1 |\n" * 60) == []
    assert seams("| a \\|\n|---|\n" + "| 1 |\n" * 60) == []


def test_a_table_whose_rows_lack_too_many_cells_is_left_whole() -> None:
    head = "|" + "a|" * 200 + "\n|" + "-|" * 200 + "\n"
    assert seams(head + "|1|\n" * 300)
    assert not seams(head + "|1|\n" * 400)


def test_code_is_parted_where_its_colours_begin_anew() -> None:
    code = "".join(f"line {number}\n" for number in range(2_000))
    assert seams(f"```\n{code}```\n") == ["line 800", "line 1600"]
    assert seams(f"```\n{code}") == ["line 800", "line 1600"]


def test_indented_code_is_parted_up_to_its_last_line() -> None:
    code = "".join(f"    line {number}\n" for number in range(1, 100))
    assert seams(code) == ["    line 41", "    line 81"]
    assert seams(code.replace("    line 41\n", "\n")) == ["", "    line 81"]
    assert seams(f"Text\n{code}") == seams(f"- item\n{code}") == []
    assert seams("    line\n" * 40 + "\n\nText") == ["Text"]


def test_a_string_that_never_ends_colours_no_more_than_the_lines_together() -> None:
    text = "```py\n" + 'x = """\n' + "words\n" * 2_000 + "```\n"
    parted = Document(Palette.colourless())
    parted.update(text, complete=True)
    assert drawn(parted, 40) == drawn(whole(text), 40)


def test_quotes_are_parted_between_paragraphs_that_are_all_marked() -> None:
    assert seams("> a\n> b\n>\n> c\n> - d\n>\n> e\n") == ["> c", "> e"]
    assert seams("> ```\n> a\n>\n> b\n> ```\n>\n> c\n") == ["> c"]
    assert seams("> a\n>\n>\tb\n>\n> c\n") == []


def test_a_long_paragraph_is_parted_within_a_quote() -> None:
    line = "> some words that are quoted\n"
    text = line + line[2:] + line * 5_000 + ">\n> below\nand lazy\n> - item\n"
    found = find_block_splits(text, 0, len(text), 1)
    assert {seam.kind for seam in found[:4]} == {"quoted"}
    assert [text[seam.at :].partition("\n")[0] for seam in found[4:]] == ["> below"]


def test_a_quote_that_begins_with_an_empty_line_is_one_quote() -> None:
    text = "Text.\n\n[text]\n\n>\n> one\n>\n> two\n" + "\nText.\n" * 9
    parted = Document(Palette.colourless(), chapter=5)
    parted.update(text, complete=True)
    assert drawn(parted, 40) == drawn(whole(text), 40)
    parted.layout(40).measure()
    assert drawn(parted, 39) == drawn(whole(text), 39)


def test_text_that_grows_from_a_part_goes_on_in_it() -> None:
    text = "".join(f"{number}. item **bold**\n" for number in range(1, 400))
    parted = Document(Palette.colourless(), chapter=300)
    parted.update(text[:3_000], complete=False)
    for end in range(3_000, len(text), 777):
        parted.update(text[:end], complete=False)
    parted.update(text, complete=True)
    assert drawn(parted, 40) == drawn(whole(text), 40)


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
    assert set(found["references"]) == {"R"}


def test_a_line_within_a_paragraph_defines_no_target() -> None:
    text = "some words and more\n" * 2_000 + "[r]: http://x.example\n" * 900
    assert find_block_splits(text, 0, len(text), 1)
    assert find_references(text) == {}


@QUICK
@given(DOCUMENTS | LONG_DOCUMENTS | BLOCKS)
def test_of_what_is_parted_the_same_targets_are_found(text: str) -> None:
    parts = [
        0,
        *(seam.at for seam in find_block_splits(text, 0, len(text), 1) if seam.kind != "fence"),
    ]
    found = [find_references(text[start:end]) for start, end in pairwise([*parts, len(text)])]
    labels = {label for part in found for label in part.get("references", {})}
    assert labels == set(find_references(text).get("references", {}))
