"""Word by word."""

from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.domain.diff import DiffKind, diff_words

texts = st.text(st.sampled_from("ab \n\té"), max_size=60)


@given(texts, texts)
def test_both_texts_can_be_read_from_the_parts(before: str, after: str) -> None:
    parts = diff_words(before, after)
    assert "".join(p.text for p in parts if p.kind is not DiffKind.ADDED) == before
    assert "".join(p.text for p in parts if p.kind is not DiffKind.REMOVED) == after
    assert all(part.text for part in parts)


@given(texts)
def test_a_text_is_the_same_as_itself(text: str) -> None:
    assert {part.kind for part in diff_words(text, text)} <= {DiffKind.SAME}


def test_very_long_texts_are_compared_by_lines() -> None:
    lines = [f"line {number} of many\n" for number in range(4000)]
    parts = diff_words("".join(lines), "".join([*lines[:2000], "new words\n", *lines[2000:]]))
    assert [part.kind for part in parts] == [DiffKind.SAME, DiffKind.ADDED, DiffKind.SAME]
    assert parts[1].text == "new words\n"
