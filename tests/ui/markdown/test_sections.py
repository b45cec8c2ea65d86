import pytest

from fakegpt_tui.ui.markdown.document import Document
from fakegpt_tui.ui.markdown.palette import Palette
from fakegpt_tui.ui.markdown.sections import section_text

TEXT = "Before.\n\n<think>\nA *thought*.\n\n- more\n</think>\n\nAfter."
START = TEXT.index("<think>")
CLOSED = ["Before.", "", "▸ Thinking", "", "After."]
OPEN = ["Before.", "", "▾ Thinking", "", "A thought.", "", "• more", "", "</think>", "", "After."]


def drawn(text: str, *, complete: bool = True) -> Document:
    document = Document(Palette.colourless())
    document.update(text, complete=complete)
    return document


def plain(document: Document) -> list[str]:
    return [line.plain for line in document.lines(40)]


def test_a_section_is_folded_until_it_is_asked_for() -> None:
    document = drawn(TEXT)
    assert plain(document) == CLOSED
    document.fold([START])
    assert plain(document) == OPEN
    document.fold()
    assert plain(document) == CLOSED


def test_the_label_says_what_to_fold() -> None:
    styles = [segment.style for segment in drawn(TEXT).lines(40)[2].segments]
    assert [style.meta for style in styles if style] == [{"fold": START}] * 2


def test_a_section_that_streams_stays_as_it_is_folded() -> None:
    document = Document(Palette.colourless(), chunk_size=20)
    for end in range(len(TEXT)):
        document.update(TEXT[:end], complete=False)
        assert "thought" not in "".join(plain(document))
    document.fold([START])
    document.update(TEXT, complete=True)
    assert plain(document) == OPEN


def test_what_is_never_closed_is_shown_when_the_message_is_complete() -> None:
    text = "<think>\nA thought.\n\nAnd the answer."
    assert plain(drawn(text, complete=False)) == ["▸ Thinking"]
    assert plain(drawn(text))[-1] == "And the answer."


def test_a_section_ends_with_the_paragraph_that_ends_with_its_tag() -> None:
    assert plain(drawn("<think>\nSo it is.</think>\n\nYes.")) == ["▸ Thinking", "", "Yes."]


def test_a_folded_section_can_be_found_from_its_text() -> None:
    layout = drawn(TEXT).layout(40)
    layout.measure()
    document = drawn(TEXT)
    document.fold([START])
    opened = document.layout(40)
    opened.measure()
    assert layout[layout.find_anchor(opened.anchor_at(4))].plain == "▸ Thinking"


def test_all_sections_can_be_opened_at_once() -> None:
    document = drawn(TEXT)
    document.fold(unfold_all=True)
    assert plain(document) == OPEN
    document.fold([START], unfold_all=True)
    assert plain(document) == CLOSED
    document.fold()
    assert plain(document) == CLOSED


def test_a_section_far_above_what_was_looked_at_last_is_folded_to_its_label() -> None:
    text = "<think>\nA thought.\n\nAnd another.\n</think>\n\n" + "A paragraph of words.\n\n" * 40
    document = Document(Palette.colourless(), chunk_size=20)
    document.update(text, complete=True)
    folded = plain(document)
    document.fold(unfold_all=True)
    assert len(plain(document)) > len(folded)
    document.fold()
    assert plain(document) == folded


DETAILS = """\
Above.

<details>
<summary><b>A log</b> &amp; more</summary>

Some *text*.

  <Details open class="x">
  <summary>
  Inside
  </summary>

- an item
</details>

More text.
</details>

<details><summary>One line</summary>Its text.</details>

Below.
"""
OUTER, INNER = DETAILS.index("<details>"), DETAILS.index("  <Details")
ONE_LINE = DETAILS.index("<details><")
INSIDE = ["▾ Inside", "", "• an item", "", "</details>"]
OUTSIDE = ["", "▸ One line", "", "Below."]


def test_details_fold_to_their_summary_also_inside_each_other() -> None:
    document = drawn(DETAILS)
    above = ["Above.", ""]
    assert plain(document) == [*above, "▸ A log & more", *OUTSIDE]
    document.fold([OUTER])
    begin, end = (
        [*above, "▾ A log & more", "", "Some text.", ""],
        ["", "More text.", "", "</details>"],
    )
    assert plain(document) == [*begin, *INSIDE, *end, *OUTSIDE]
    document.fold([OUTER, INNER])
    assert plain(document) == [*begin, "▸ Inside", *end, *OUTSIDE]
    document.fold([INNER, ONE_LINE])
    one_line = ["", "▾ One line", "", "Its text.", *OUTSIDE[2:]]
    assert plain(document) == [*above, "▸ A log & more", *one_line]
    document.fold(unfold_all=True)
    assert plain(document) == [*begin, *INSIDE, *end, *one_line]


def test_what_is_written_in_a_section_can_be_taken_out_of_it() -> None:
    assert section_text(TEXT, START) == "A *thought*.\n\n- more"
    assert section_text(DETAILS, INNER) == "- an item"
    assert section_text(DETAILS, ONE_LINE) == "Its text."
    outer = section_text(DETAILS, OUTER)
    assert outer.startswith("Some *text*.\n\n  <Details")
    assert outer.endswith("</details>\n\nMore text.")
    assert section_text("<think>\nSo.</think>\n\nYes", 0) == "So."
    assert section_text(TEXT, 0) == ""


@pytest.mark.parametrize("chunk_size", [20, 8_192])
def test_details_that_stream_are_folded_and_end_as_the_whole_text_does(chunk_size: int) -> None:
    document = Document(Palette.colourless(), chunk_size=chunk_size)
    for end in range(len(DETAILS)):
        document.update(DETAILS[:end], complete=False)
        assert not {"text", "item"} & set(" ".join(plain(document)).split())
    document.update(DETAILS, complete=True)
    assert plain(document) == plain(drawn(DETAILS))


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("<details>\n\nNo summary.", ["▾ Details", "", "No summary."]),
        ("<details> is a tag.", ["<details> is a tag."]),
        ("`x`\n<details\nopen>", ["x <details open>"]),
        ("- a\n\n  <details>\n  b", ["• a", "", "  <details>", "  b"]),
        ("<details>\n<summary>a\n\nb", ["▾ Details", "", "<summary>a", "", "b"]),
        ("<details><summary>&#27;[31m&#8238;x</summary>\n\n</details>", ["▸ [31m‹202E›x"]),
        ("</details>\n\nBelow", ["</details>", "", "Below"]),
        ("<details>\n\n1. a\n   - b\n     </details>\n\nBelow", ["▸ Details", "", "Below"]),
        ("<details>\n```html\n</details>\n```\n\n</details>\n\nBelow", ["▸ Details", "", "Below"]),
    ],
)
def test_what_is_no_section_is_text(text: str, lines: list[str]) -> None:
    assert plain(drawn(text)) == lines


def test_any_number_of_sections_inside_each_other_is_drawn() -> None:
    document = drawn("<details>\n" * 300 + "deep\n" + "</details>\n" * 300 + "\nBelow")
    assert plain(document) == ["▸ Details", *["", "</details>"] * 280, "", "Below"]
    document.fold(unfold_all=True)
    assert "deep" in plain(document)


def test_a_long_summary_is_wrapped_and_all_of_it_folds() -> None:
    lines = drawn(f"<details>\n<summary>{'words ' * 12}</summary>\n\na\n</details>").lines(40)
    assert [line.plain[:7] for line in lines] == ["▸ words", "  words"]
    metas = [segment.style.meta for line in lines for segment in line.segments if segment.style]
    assert all(meta == {"fold": 0} for meta in metas)
