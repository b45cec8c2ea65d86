import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment

from fakegpt_tui.ui.markdown.document import Document
from fakegpt_tui.ui.markdown.lines import Line
from fakegpt_tui.ui.markdown.palette import Palette
from fakegpt_tui.ui.markdown.virtual_layout import estimate_height
from tests.examples import examples
from tests.ui.markdown.documents import DOCUMENTS, LONG_DOCUMENTS
from tests.ui.markdown.samples import CORPUS, EVERYTHING, document, shown

CUTS = st.lists(st.floats(0, 1), max_size=8)
WIDTH = st.sampled_from([4, 20, 40, 80])
CHUNK_SIZES = st.sampled_from([40, 300, 8_192])
QUICK = examples(40)


def drawn(shown_document: Document, width: int) -> list[tuple[list[Segment], object]]:
    return [(list(line.segments), line.source) for line in shown_document.lines(width)]


def grown(text: str, cuts: list[float], width: int, chunk_size: int = 8_192) -> Document:
    """A document that was drawn at each of its lengths."""
    growing = Document(Palette.colourless(), chunk_size=chunk_size)
    for cut in sorted(cuts):
        growing.update(text[: int(cut * len(text))], complete=False)
        growing.lines(width)
    return growing


@QUICK
@given(DOCUMENTS | LONG_DOCUMENTS, CUTS, WIDTH, CHUNK_SIZES)
def test_what_is_shown_does_not_depend_on_how_the_text_came(
    text: str, cuts: list[float], width: int, chunk_size: int
) -> None:
    assert_grows_to_what_it_is(text, cuts, width, chunk_size)


def assert_grows_to_what_it_is(text: str, cuts: list[float], width: int, chunk_size: int) -> None:
    growing = grown(text, cuts, width, chunk_size)
    growing.update(text, complete=False)
    assert drawn(growing, width) == drawn(document(text, complete=False), width)
    growing.update(text, complete=True)
    assert drawn(growing, width) == drawn(document(text), width)


@QUICK
@given(DOCUMENTS | LONG_DOCUMENTS, DOCUMENTS, st.floats(0, 1), WIDTH, CHUNK_SIZES)
def test_a_text_that_was_rewritten_is_shown_as_if_it_were_new(
    text: str, other: str, keep: float, width: int, chunk_size: int
) -> None:
    growing = grown(text, [0.3, 1], width, chunk_size)
    changed = text[: int(keep * len(text))] + other
    growing.update(changed, complete=False)
    assert drawn(growing, width) == drawn(document(changed, complete=False), width)


@pytest.mark.parametrize("step", [pytest.param(1, marks=pytest.mark.long), 7, 64])
@pytest.mark.parametrize("name", CORPUS)
def test_the_corpus_grows_to_what_it_is(name: str, step: int) -> None:
    text = CORPUS[name]
    growing = Document(Palette.colourless())
    for end in range(0, len(text), step):
        growing.update(text[:end], complete=False)
        assert drawn(growing, 40) == drawn(document(text[:end], complete=False), 40)
    growing.update(text, complete=True)
    assert drawn(growing, 40) == drawn(document(text), 40)


@QUICK
@given(DOCUMENTS | LONG_DOCUMENTS | st.text(max_size=80), st.integers(4, 40))
def test_no_line_is_too_wide_and_none_holds_a_control_character(text: str, width: int) -> None:
    for line in document(text).lines(width):
        assert line.strip.cell_length <= width
        assert line.plain.isprintable() or all(map(printable, line.plain))


def printable(character: str) -> bool:
    # Joiners belong to words and emoji; unassigned and private characters are harmless.
    return (
        character >= " " and not "\x7f" <= character <= "\x9f" and character not in "\u202e\u2066"
    )


@QUICK
@given(
    st.lists(st.text(st.sampled_from("abcXYZ012<>/=;:漢é"), min_size=1, max_size=8), max_size=30)
)
def test_every_word_of_a_paragraph_is_shown(words: list[str]) -> None:
    text = "Words: " + " ".join(words)
    assert "".join("".join(shown(text, 30)).split()) == "".join(text.split())


@pytest.mark.parametrize("name", [name for name in CORPUS if name != "fences"])
def test_settled_lines_are_drawn_once(name: str) -> None:
    text = CORPUS[name] + "\n\nsettled\n\nand the end"
    growing = document(text, complete=False)
    before = list(growing.lines(80))
    growing.update(text + " grows\n\nfurther", complete=False)
    after = growing.lines(80)
    settled = len(before) - 1
    assert all(after[number] is before[number] for number in range(settled))


@pytest.mark.parametrize(
    ("opening", "part"),
    [
        ("", "- an item\n"),
        ("", "1. an item\n"),
        ("```py\n", "x = 1\n"),
        ("| a | b |\n|---|---|\n", "| 1 | 2 |\n"),
        ("", "A sentence with **bold** words. "),
        ("", "> quoted\n>\n"),
        ("- item\n\n", "  some *words* of it\n\n"),
        ("- item\n", "  some words of it "),
        ("- item\n", "  - an item in it\n"),
        ("- [x] done\n  1. one\n", "     - an item in that\n"),
        ("1. item\n\n   ```py\n", "   x = 1\n"),
        ("- item\n\n  | a | b |\n  |---|---|\n", "  | 1 | 2 |\n"),
        ("- item\n\n", "  > quoted\n  >\n"),
        ("", "> - an item\n"),
        ("> - item\n>\n", ">   some words of it\n>\n"),
        ("> ```py\n", "> x = 1\n"),
        ("> | a | b |\n> |---|---|\n", "> | 1 | 2 |\n"),
        ("", "> > quoted\n> >\n"),
    ],
)
def test_one_growing_block_settles_fragment_by_fragment(opening: str, part: str) -> None:
    text = opening + part * 300
    growing = document(text, complete=False)
    before = list(growing.lines(80))
    growing.update(text + part, complete=False)
    after = growing.lines(80)
    same = sum(after[number] is before[number] for number in range(len(before) - 1))
    assert same >= len(before) * 0.85


def test_reference_links_find_their_targets_when_the_message_is_complete() -> None:
    text = "See [the page][p].\n\n[p]: https://x.example"
    assert [line.plain for line in document(text, complete=False).lines(80)] == [
        "See [the page][p].",
        "",
        "[p]: https://x.example",
    ]
    assert shown(text) == ["See the page."]


def test_a_message_that_is_taken_up_again_forgets_its_targets() -> None:
    text = "See [p].\n\n[p]: https://x.example"
    again = document(text)
    again.update(text + "\n\nmore", complete=False)
    assert again.lines(80)[0].plain == "See [p]."


def test_the_same_text_again_changes_nothing() -> None:
    same = document(EVERYTHING)
    first = same.lines(80)[0]
    same.update(EVERYTHING, complete=True)
    assert same.lines(80)[0] is first


def test_lines_are_a_sequence() -> None:
    rows = document("a\n\nb\n\nc").lines(80)
    assert [line.plain for line in rows] == ["a", "", "b", "", "c"]
    assert [line.plain for line in rows[1:4]] == ["", "b", ""]
    assert rows[-1].plain == "c"
    assert rows[9:] == []
    with pytest.raises(IndexError):
        rows[5]


def test_other_styles_and_widths_draw_the_same_words() -> None:
    text = document(EVERYTHING)
    words = "".join(line.plain for line in text.lines(40))
    text.restyle(Palette.from_theme({}, dark=True))
    assert text.lines(40)[0].segments[0].style != Palette.colourless().heading(1)
    assert "".join(line.plain for line in text.lines(40)) == words
    assert text.height(20) > text.height(80)


def test_an_empty_message_has_no_lines() -> None:
    assert document("").height(80) == 0
    assert document("\n \n").height(80) == 0


def test_a_line_behind_a_prefix_keeps_its_source() -> None:
    line = Line((Segment("a"),), (3, 4)).with_prefix([Segment("> ")])
    assert (line.plain, line.source, line.strip.cell_length) == ("> a", (3, 4), 3)


def test_sources_cover_what_was_written() -> None:
    text = "# One\n\npara *two*\r\nthree\n\n- four\n- five\n"
    found = [text[slice(*line.source)] for line in document(text).lines(80) if line.source]
    assert found == ["# One\n", "para *two*\r\nthree\n", "- four\n", "- five\n"]


def test_an_estimate_is_near_the_height() -> None:
    text = "A paragraph of some length, about as long as people write.\n\n" * 50
    assert 0.7 < estimate_height(text, 40) / document(text).height(40) < 1.4
    assert estimate_height("", 0) == 1


@pytest.mark.parametrize(
    "text",
    [
        ">" * 5_000 + " x",
        "- " * 3_000 + "x",
        "\n".join(">" * depth + " x" for depth in range(200)),
        "\n".join("  " * depth + "- x" for depth in range(200)),
        "> - " * 2_000 + "x",
        "[" * 9_000,
        "![" * 5_000,
        "[a](b" * 3_000,
        "](" * 9_000,
        "*" * 20_000,
        "*a **b " * 5_000,
        "_a" * 10_000,
        "`a" * 10_000,
        "".join("`" * length + " " for length in range(1, 200)),
        "x" * 200_000,
        "漢" * 20_000,
        "\0" * 20_000,
        "e" + "\u0301" * 20_000,
        "👩\u200d" * 5_000,
        "|" + "a|" * 500 + "\n|" + "-|" * 500 + "\n" + ("|" + "b|" * 500 + "\n") * 9,
        "<http:" * 5_000,
        "&amp;" * 9_000,
        "\n" * 50_000,
        "\\" * 20_000,
        "```js\n" + "a='x';" * 20_000,
        "```py\n" + '"""\n' * 1_001,
        "http://a" + "(" * 9_000 + ")" * 9_000,
        "\ud800" * 500,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_hostile_text_is_only_text(text: str) -> None:
    hostile = document(text, complete=False)
    rows = hostile.lines(20)
    hostile.update(text + "end", complete=True)
    assert all(line.strip.cell_length <= 20 for line in rows[:500])


def test_neither_parser_nor_highlighter_is_loaded_before_there_is_text() -> None:
    script = (
        "import sys, fakegpt_tui.ui.markdown.document\n"
        "print([name for name in ('markdown_it', 'pygments') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_a_mark_with_which_a_long_paragraph_goes_on_is_read_as_what_it_is() -> None:
    text = "word " * 205 + "~~~ " + "word " * 700
    growing = grown(text, [0.33], 80)
    growing.update(text, complete=False)
    assert drawn(growing, 80) == drawn(document(text, complete=False), 80)


@pytest.mark.parametrize("text", ['{"a": [1, 2]}', ' {\n  "a": {}\n}\n', "{}"])
def test_a_message_that_is_one_json_object_is_a_block_of_code(text: str) -> None:
    code = f"```json\n{text.rstrip()}\n```"
    assert_grows_to_what_it_is(text, [0.1, 0.5], 40, 8_192)
    assert shown(text, 40) == shown(code, 40)


@pytest.mark.parametrize("text", ['{"a": 1} is **bold**', "{x}", '["a"](b)', '{"a": '])
def test_what_only_begins_like_json_is_markdown_in_the_end(text: str) -> None:
    assert_grows_to_what_it_is(text, [0.1, 0.5], 40, 8_192)
    assert shown(text, 40) != shown(f"```json\n{text}\n```", 40)
