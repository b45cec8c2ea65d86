"""A growing text against the obvious way to keep one."""

from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.chat.reply_builder import TextBuffer

_edits = st.lists(st.tuples(st.none() | st.integers(0, 20), st.text(max_size=8)), max_size=30)


@given(_edits)
def test_any_edits_leave_the_same_text_as_slicing(edits: list[tuple[int | None, str]]) -> None:
    grown, plain = TextBuffer(), ""
    for keep, text in edits:
        if keep is None:
            grown.append(text)
            plain += text
        else:
            grown.replace(keep, text)
            plain = plain[:keep] + text
        assert len(grown) == len(plain)
    assert str(grown) == plain
