"""What is split because it is long is shown alike, however it came and wherever it is opened."""

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fakegpt_tui.ui.markdown.blocks import Limits
from fakegpt_tui.ui.markdown.document import Document
from fakegpt_tui.ui.markdown.layout import Layout
from fakegpt_tui.ui.markdown.palette import Palette
from tests.ui.markdown.documents import BLOCKS, DOCUMENTS, NASTY, QUOTES, WITHIN
from tests.ui.markdown.test_document import CUTS, QUICK, WIDTH, drawn

SHORT = Limits(fragment=12, longest_fragment=30, read_step=22)
TIGHT = replace(SHORT, block=110)
"""So that long paragraphs and other blocks end as plain text; more than a chunk, as always."""

WHOLE = 1 << 40
TEXTS = NASTY | QUOTES | WITHIN | DOCUMENTS | BLOCKS
CHUNK_SIZES = st.sampled_from([40, 100, WHOLE])
LIMITS = st.sampled_from([SHORT, TIGHT])
FENCES_BELOW_PLAIN_TEXT = "some words and more\n" * 10 + "~~~\n\n~~~\n\ncode\n"


def short(chunk_size: int = WHOLE, limits: Limits = SHORT) -> Document:
    return Document(Palette.colourless(), chunk_size=chunk_size, limits=limits)


def whole(text: str, *, complete: bool, limits: Limits = SHORT) -> Document:
    document = short(limits=limits)
    document.update(text, complete=complete)
    return document


def assert_alike(
    grown: Document, text: str, width: int, *, complete: bool, limits: Limits = SHORT
) -> None:
    grown.update(text, complete=complete)
    assert drawn(grown, width) == drawn(whole(text, complete=complete, limits=limits), width)


@QUICK
@given(TEXTS, CUTS, WIDTH, CHUNK_SIZES, LIMITS)
@example(FENCES_BELOW_PLAIN_TEXT, [], 4, 40, TIGHT)
def test_a_stream_shows_at_each_moment_what_its_text_alone_would(
    text: str, cuts: list[float], width: int, chunk_size: int, limits: Limits
) -> None:
    assert_alike_at_each_cut(text, cuts, width, chunk_size, limits)


def assert_alike_at_each_cut(
    text: str, cuts: list[float], width: int, chunk_size: int, limits: Limits = SHORT
) -> None:
    grown = short(chunk_size, limits)
    for cut in sorted(cuts):
        part = text[: int(cut * len(text))]
        assert_alike(grown, part, width, complete=False, limits=limits)
    assert_alike(grown, text, width, complete=False, limits=limits)
    assert_alike(grown, text, width, complete=True, limits=limits)


@QUICK
@given(NASTY | QUOTES | WITHIN, WIDTH, CHUNK_SIZES, st.integers(1, 5), LIMITS)
def test_a_stream_of_tokens_shows_at_its_end_what_its_text_alone_would(
    text: str, width: int, chunk_size: int, step: int, limits: Limits
) -> None:
    grown = short(chunk_size, limits)
    for end in range(0, len(text), step):
        grown.update(text[:end], complete=False)
        grown.layout(width).reveal(1 << 30, -3)
    assert_alike(grown, text, width, complete=False, limits=limits)
    assert_alike(grown, text, width, complete=True, limits=limits)


@QUICK
@given(
    text=TEXTS,
    width=WIDTH,
    chunk_size=CHUNK_SIZES,
    at_the_end=st.booleans(),
    complete=st.booleans(),
    limits=LIMITS,
)
def test_what_is_opened_at_one_end_shows_the_whole_up_to_the_other(
    *, text: str, width: int, chunk_size: int, at_the_end: bool, complete: bool, limits: Limits
) -> None:
    document = whole(text, complete=complete, limits=limits)
    expected = [line.plain for line in document.lines(width)]
    opened = short(chunk_size, limits)
    opened.update(text, complete=complete)
    seen = scrolled(opened.layout(width), -3 if at_the_end else 3)
    assert seen == expected


def scrolled(layout: Layout, step: int) -> list[str]:
    """All lines, as they are seen on the way from one end to the other in steps."""
    if not layout:
        return []
    # Before anything is drawn, the first line may be taken for the last one.
    layout.reveal(0 if step > 0 else len(layout) - 1, step)
    number = layout.reveal(0 if step > 0 else len(layout) - 1, step)
    seen = [layout[number].plain]
    while step > 0 and number < len(layout) - 1:
        number = layout.reveal(number, step + 1)
        lines = layout[number + 1 : number + step + 1]
        seen += [line.plain for line in lines]
        number += len(lines)
    while step < 0 < number:
        number = layout.reveal(number, step - 1)
        lines = layout[max(0, number + step) : number]
        seen[:0] = [line.plain for line in lines]
        number -= len(lines)
    return seen


@QUICK
@given(WITHIN, WIDTH)
def test_what_is_split_in_items_and_quotes_looks_as_if_it_were_not(text: str, width: int) -> None:
    # So short fragments are cut between words alone, which beside formulas shows.
    text = text.replace("$$", "&&")
    limits = Limits(fragment=12, longest_fragment=8_192)
    split, unsplit = (
        whole(text, complete=True, limits=limits),
        whole(text, complete=True, limits=Limits()),
    )
    seen = [
        [(line.plain.rstrip(), line.plain.strip() and line.margin) for line in each.lines(width)]
        for each in (split, unsplit)
    ]
    assert seen[0] == seen[1]


@pytest.mark.parametrize("above", range(0, 80, 14))
@pytest.mark.parametrize("sign", ["\n'", " '"])
def test_no_title_of_a_target_is_shown_however_long_it_is(above: int, sign: str) -> None:
    definition = f"[r]: http://x.example{sign}" + "its title\n" * 12 + "'"
    text = "words" * above + f"\n\nSee [r].\n\n# Top\n{definition}\n\nSee [r].\n"
    shown = [line.plain for line in whole(text, complete=True).lines(30)]
    assert shown[-4:] == ["", "Top", "", "See r."]
    assert "r]:" not in "".join(shown)


@pytest.mark.parametrize(
    "text",
    [
        "words |---|---|\n</think>",
        "some words and | more\n--- | ---\n1 | 2",
        "some words and\r\na|b and more words\r\n---|---\r\n1|2",
        "words and words " * 2 + "\na | b\n---|---\n1 | 2",
        "words and words " * 2 + "\n1. one\n2. two",
        "words and words " * 2 + "\n- one\n- two",
        "words and words " * 3 + "\na | b\n---|---\n1 | 2\n\nbelow",
        "words and words " * 3 + "\n1. one\n2. two\n\nbelow",
        "words and words " * 3 + "\n---\nand below",
        "words and words " * 3 + "\n``` " + "words and more " * 12 + "` of it\n\nbelow",
        "words and words " * 3 + "\n" + "-" * 90 + " of it\n\nbelow",
        "words and words words " * 4 + "  \n```\ncode\n",
        "words and words words \r\n```\r\ncode\r\n",
        "字字字字字字字字字字字字字。\n```\ncode\n",
        "words and words " * 4 + " " * 40 + "\n```\ncode\n",
        "a | b\n" + "-" * 50 + "|---" + "\n1 | 2\n\nbelow",
        "e" + "\u0301" * 99 + " | b\n---|---\n1 | 2\n\nbelow",
        "e" + "\u0301" * 99 + "\n===\n\nbelow",
        "x\x0b" * 40 + "a | b\n---|---\n1 | 2\n\nbelow",
        "- item\n\n" + "words " * 20 + "</think>\n" + "words " * 20 + "\n\nbelow",
        "<think>\n" + "words " * 20 + "</think>\n" + "words " * 20 + "\n\nbelow",
        "> " + "words " * 8 + "\n> 1. one\n> 2. two\n\nbelow",
        "> " + "words " * 8 + "\n1. one\n2. two\n\nbelow",
        "> " + "words " * 8 + "\n> a | b\n> ---|---\n> 1 | 2\nlazy\n\nbelow",
        "> " + "words " * 8 + "\n> ``` " + "words and more " * 12 + "` of it\n\nbelow",
        "> # head\nlazy " + "words " * 40 + "\n> words\n\nbelow",
        "> " + "words " * 20 + "\n> a | b\n> ---|---\n> 1 | 2\n\nbelow",
        "> words\n> a | b\n> ---|---/ more\n\nbelow",
        "> words\n> > a | b\n> > ---|---/ more\n\nbelow",
        "x" * 138 + "\u2028\n>\n" + "> some words\n" * 14,
    ],
)
@pytest.mark.parametrize("chunk_size", [40, WHOLE])
def test_what_a_line_is_may_be_known_late(text: str, chunk_size: int) -> None:
    grown = short(chunk_size)
    for end in range(len(text)):
        assert_alike(grown, text[:end], 30, complete=False)
    # So much below that what is above is forgotten, and read again.
    text += "\n\nSome words below it." * 30
    assert_alike(grown, text, 30, complete=False)
    assert_alike(grown, text, 30, complete=True)
    opened = short(chunk_size)
    opened.update(text, complete=True)
    again = opened.layout(30)
    expected = [line.plain for line in whole(text, complete=True).lines(30)]
    assert scrolled(again, -3) == expected
    opened.remeasure()
    assert scrolled(opened.layout(30), 3) == expected


LINE = "some *words* in a line\n"
NOTE = "Plain text from here on: this block is longer than {} KB."


@pytest.mark.parametrize(
    ("first", "line", "marked"),
    [
        ("", LINE, "some words in a line"),
        ("- ", "  " + LINE, "  some words in a line"),
        ("> ", "> " + LINE, "▌ some words in a line"),
        ("> > ", "> > " + LINE, "▌ ▌ some words in a line"),
    ],
    ids=["paragraph", "item", "quote", "nested quote"],
)
def test_a_block_that_cannot_be_split_goes_on_as_plain_text_and_says_so(
    first: str, line: str, marked: str
) -> None:
    block = first + LINE + line * 600
    document = Document(Palette.colourless(), keep_breaks=True, limits=Limits(block=8_192))
    document.update(f"{block}\nA **new** block.\n", complete=True)
    lines = [row.plain for row in document.lines(60)]
    note = lines.index(NOTE.format(8))
    assert lines[note - 2 : note + 2] == [marked, "", NOTE.format(8), line.rstrip()]
    assert lines[-3:] == [line.rstrip(), "", "A new block."]
    assert 8_192 < note * len(line) < 8_192 + 99


def test_the_limit_is_32_kilobytes() -> None:
    document = Document(Palette.colourless())
    document.update("some words and more " * 2_400, complete=True)
    layout = document.layout(200)
    number = layout.reveal(len(layout) - 1, -200)
    assert NOTE.format(32) in [line.plain for line in layout[number - 200 :]]


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("- *item*\n" * 3_000, "• item"),
        ("| a | b |\n|---|---|\n" + "| *a* | b |\n" * 3_000, "a │ b"),
        ("> *quoted*\n>\n" * 3_000, "▌ quoted"),
        ("```\n" + "*code*\n" * 3_000, "*code*"),
    ],
    ids=["list", "table", "quote", "code"],
)
def test_a_block_that_can_be_split_has_no_limit(text: str, last: str) -> None:
    document = Document(Palette.colourless(), limits=Limits(block=8_192))
    document.update(text.rstrip(">\n"), complete=True)
    layout = document.layout(60)
    assert layout[layout.reveal(len(layout) - 1, -3)].plain.strip() == last


@pytest.mark.parametrize(("columns", "is_table"), [(120, True), (128, False), (400, False)])
def test_lines_of_hundreds_of_cells_are_text(columns: int, is_table: bool) -> None:
    header, rule, row = ("|" + sign * columns + "\n" for sign in ("a|", "-|", "*b*|"))
    text = f"{header}{rule}{row}\nbelow"
    shown = "".join(line.plain for line in whole(text, complete=True).lines(40))
    assert ("|b|b|" in shown) is not is_table
    assert shown.endswith("below")
    grown = short()
    for end in (columns, len(header), len(header) + columns, len(text) - 8, len(text)):
        assert_alike(grown, text[:end], 40, complete=False)


def test_a_section_ends_in_plain_text_too() -> None:
    text = "<think>\n" + LINE * 600 + "</think>\nAn answer."
    document = Document(Palette.colourless(), limits=Limits(block=8_192))
    document.update(text, complete=True)
    assert [line.plain for line in document.lines(60)] == ["▸ Thinking", "", "An answer."]
