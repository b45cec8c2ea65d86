"""Sentences that a listener can pause after."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.plain.replies import SentenceSplitter


@given(st.lists(st.text("ab .!?\n", max_size=9)))
def test_sentences_lose_no_word(pieces: list[str]) -> None:
    sentences = SentenceSplitter()
    found = [sentence for piece in pieces for sentence in sentences.add(piece)]
    assert " ".join([*found, *sentences.flush()]).split() == "".join(pieces).split()


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("1. You write.\n2. It answers, e.g. so.\n", ["1. You write.", "2. It answers, e.g. so."]),
        ("  12. Twelve. Then more.\n", ["12. Twelve.", "Then more."]),
        ("See Fig. 3, i.e. here. Done.", ["See Fig. 3, i.e. here.", "Done."]),
        ("It was 1984. Then it ended. ", ["It was 1984.", "Then it ended."]),
        ("What? Yes! Well: so; there… now", ["What?", "Yes!", "Well:", "so;", "there…", "now"]),
        (
            "So:\n~~~py\nif a: b; c\n    d. e\n~~~\nIt is. So.\n",
            ["So:", "~~~py", "if a: b; c", "    d. e", "~~~", "It is.", "So."],
        ),
        ("```a``` is. So.\n", ["```a``` is.", "So."]),
    ],
)
def test_what_ends_no_sentence_does_not_tear_it_nor_code_at_all(
    text: str, lines: list[str]
) -> None:
    for step in (1, 3, len(text)):
        sentences = SentenceSplitter()
        found: list[str] = []
        for start in range(0, len(text), step):
            found += sentences.add(text[start : start + step])
        assert [*found, *sentences.flush()] == lines
