"""Text from right to left, which must leave what stands beside it where it is."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from fakegpt_tui.text import ISOLATE, POP_ISOLATE
from fakegpt_tui.ui.terminal.bidi_isolates import isolate_rtl
from tests.ui.markdown.samples import document

BOLD = Style(bold=True)
TEXTS = st.text(st.sampled_from("שלוםمرحبا123 \u05b8.,·│•ab(日é\u0301"), max_size=8)
SEGMENTS = st.lists(st.builds(Segment, TEXTS, st.sampled_from([None, BOLD])), max_size=6)


def seen(*texts: str) -> str:
    """The line with its isolates as brackets."""
    segments = isolate_rtl([Segment(text) for text in texts])
    text = "".join(segment.text for segment in segments)
    return text.replace(ISOLATE, "⟦").replace(POP_ISOLATE, "⟧")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("The word שלום, עולם is two.", "The word ⟦שלום, עולם⟧ is two."),
        ("From שלום to עולם.", "From ⟦שלום⟧ to ⟦עולם⟧."),
        ("שלום hello עולם.", "⟦שלום hello עולם.⟧"),
        ('"שלום" (3)   ', '⟦"שלום" (3)⟧   '),
        ("• שלום", "• ⟦שלום⟧"),
        ("│ ☐ שלום", "│ ☐ ⟦שלום⟧"),
        ("12. שלום", "12. ⟦שלום⟧"),
        ("│ שלום │ עולם │ 12 │", "│ ⟦שלום⟧ │ ⟦עולם⟧ │ 12 │"),
        ("שלום   עולם", "⟦שלום⟧   ⟦עולם⟧"),
        ("Assistant · מודל · 3 tokens", "Assistant · ⟦מודל⟧ · 3 tokens"),
        ("مرحبا ١٢ 34", "⟦مرحبا ١٢ 34⟧"),
        ("# שלום", "# ⟦שלום⟧"),
    ],
)
def test_what_belongs_together_is_isolated_and_nothing_else(line: str, expected: str) -> None:
    assert seen(line) == expected


def test_a_change_of_style_parts_nothing() -> None:
    assert seen("│ ", "שלום ", "עולם", " טוב", "   ") == "│ ⟦שלום עולם טוב⟧   "


def test_lines_without_it_are_left_as_they_are() -> None:
    line = [Segment("naïve │ 日本 🎉"), Segment("abc", BOLD)]
    assert isolate_rtl(line) is line


@given(SEGMENTS)
def test_isolates_are_closed_take_no_cell_and_change_nothing_else(line: list[Segment]) -> None:
    drawn = isolate_rtl(line)
    text = "".join(segment.text for segment in drawn)
    assert cell_len(text) == sum(cell_len(segment.text) for segment in line)
    assert [(s.text.replace(ISOLATE, "").replace(POP_ISOLATE, ""), s.style) for s in drawn] == [
        (s.text, s.style) for s in line
    ]
    depth = 0
    for character in text:
        depth += (character == ISOLATE) - (character == POP_ISOLATE)
        assert depth in (0, 1)
        assert depth or unicodedata.bidirectional(character) not in ("R", "AL")
    assert depth == 0


def test_a_table_a_list_and_a_heading_keep_their_parts_apart() -> None:
    text = "# שלום\n\n- עולם\n\n| א | b |\n|---|---|\n| שלום | עולם |\n\n```py\nx = 'שלום'\n```"
    rows = ["".join(s.text for s in isolate_rtl(row.segments)) for row in document(text).lines(40)]
    shown = [row.replace(ISOLATE, "⟦").replace(POP_ISOLATE, "⟧") for row in rows if ISOLATE in row]
    assert [row.count("⟦") for row in shown] == [1, 1, 1, 2, 1]
    assert shown[1] == "• ⟦עולם⟧"
    assert "⟦שלום⟧ │ ⟦עולם⟧" in shown[3]
    assert "'⟦שלום⟧'" in shown[4]
