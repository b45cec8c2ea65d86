from fakegpt_tui.ui.markdown.document import Document
from fakegpt_tui.ui.markdown.palette import Palette

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
    document.fold(START)
    assert plain(document) == OPEN
    document.fold(START)
    assert plain(document) == CLOSED


def test_the_label_says_what_to_fold() -> None:
    (style,) = [segment.style for segment in drawn(TEXT).lines(40)[2].segments]
    assert style is not None
    assert style.meta == {"fold": START}


def test_a_section_that_streams_stays_as_it_is_folded() -> None:
    document = Document(Palette.colourless(), chunk_size=20)
    for end in range(len(TEXT)):
        document.update(TEXT[:end], complete=False)
        assert "thought" not in "".join(plain(document))
    document.fold(START)
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
    document.fold(START)
    opened = document.layout(40)
    opened.measure()
    assert layout[layout.find_anchor(opened.anchor_at(4))].plain == "▸ Thinking"


def test_all_sections_can_be_opened_at_once() -> None:
    document = drawn(TEXT)
    document.unfold(True)
    assert plain(document) == OPEN
    document.fold(START)
    assert plain(document) == CLOSED
    document.unfold(False)
    assert plain(document) == CLOSED


def test_a_section_far_above_what_was_looked_at_last_is_folded_to_its_label() -> None:
    text = "<think>\nA thought.\n\nAnd another.\n</think>\n\n" + "A paragraph of words.\n\n" * 40
    document = Document(Palette.colourless(), chunk_size=20)
    document.update(text, complete=True)
    folded = plain(document)
    document.unfold(True)
    assert len(plain(document)) > len(folded)
    document.unfold(False)
    assert plain(document) == folded
