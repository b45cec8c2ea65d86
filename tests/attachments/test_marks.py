"""Marks in a prompt, and the parts that they become."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.attachments.marks import (
    PASTE,
    labels,
    lay_out,
    mark_around,
    mark_of,
    marked,
    new_id,
    put_marks,
)
from fakegpt_tui.domain.parts import Attachment, Blob, FilePart, ImagePart, place_parts

PHOTO = Attachment("1", ImagePart(Blob("a" * 64, 340_000, "image/png", 1200, 800), "photo.png"))
NOTES = Attachment("2", FilePart(Blob("b" * 64, 90, "text/plain"), "my [notes].txt", as_text=True))
PASTED = Attachment("3", FilePart(Blob("c" * 64, 9, "text/plain"), "pasted, 30 lines"), PASTE)
KNOWN = (PHOTO, NOTES, PASTED)


def sent(text: str) -> list[str]:
    """The message in order, parts by their names."""
    plain, parts = lay_out(text, marked(text, KNOWN), {"3": "PASTED\nTEXT"})
    return [getattr(each.part, "name", "") or each.text for each in place_parts(plain, "", parts)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hello", ["hello"]),
        ("[#1 photo.png]", ["photo.png"]),
        ("[#1 photo.png] what is it?", ["photo.png", "what is it?"]),
        ("look at [#1 photo.png] please", ["look at ", "photo.png", "please"]),
        ("what is it? [#1 photo.png]", ["what is it? ", "photo.png"]),
        ("[#2 my (notes).txt] [#1 photo.png]", ["my [notes].txt", "photo.png"]),
        ("a [#3 pasted, 30 lines] b", ["a PASTED\nTEXT b"]),
        ("[#1 photo.png] and [#1 photo.png]", ["photo.png", "and [#1 photo.png]"]),
        ("[#9 photo.png] [#1 other.png] a[#1]", ["[#9 photo.png] [#1 other.png] a[#1]"]),
    ],
)
def test_parts_stand_where_their_marks_stood(text: str, expected: list[str]) -> None:
    assert sent(text) == expected


def test_a_prompt_without_marks_has_no_parts() -> None:
    assert lay_out("hello [#1 x]", (), {}) == ("hello [#1 x]", ())
    assert lay_out("[#3 pasted, 30 lines]", (PASTED,), {"3": "x"}) == ("x", ())


@given(st.lists(st.sampled_from(["a b", " ", "\n", "x", mark_of(PHOTO), mark_of(NOTES)])))
def test_a_sent_prompt_can_be_typed_again(pieces: list[str]) -> None:
    text = "".join(pieces)
    once = lay_out(text, marked(text, KNOWN), {})
    typed, found = put_marks(*once)
    again, parts = lay_out(typed, found, {})
    assert "".join(again.split()) == "".join(once[0].split())
    assert [each for each in parts if hasattr(each, "blob")] == [
        each for each in once[1] if hasattr(each, "blob")
    ]


def test_numbers_are_low_and_never_stand_for_something_else() -> None:
    other = ImagePart(Blob("e" * 64, 1), "photo.png")
    assert new_id(other, (), "") == "1"
    assert new_id(other, (PHOTO,), "") == "2"
    assert new_id(PHOTO.part, (PHOTO,), "") == "1"
    assert new_id(NOTES.part, (PHOTO,), "") == "1"
    assert new_id(NOTES.part, (PHOTO,), "[#1 photo.png]") == "2"


def test_a_deletion_takes_a_mark_as_a_whole() -> None:
    line = "a [#1 photo.png] b [#1 x]"
    marks = {mark_of(PHOTO)}
    assert mark_around(line, 16, marks, before=True) == (2, 16)
    assert mark_around(line, 9, marks, before=True) == (2, 16)
    assert mark_around(line, 2, marks, before=True) == (2, 2)
    assert mark_around(line, 2, marks, before=False) == (2, 16)
    assert mark_around(line, 16, marks, before=False) == (16, 16)
    assert mark_around(line, len(line), marks, before=True) == (len(line), len(line))


def test_a_label_tells_name_kind_size_and_cost() -> None:
    assert list(labels(KNOWN, {"1": 1_247, "2": 30, "3": 1})) == [
        "▣ 1 photo.png · PNG 1200×800 · 340 kB · ≈ 1,247 tokens",
        "▤ 2 my [notes].txt · text · 90 B · ≈ 30 tokens",
        "▤ 3 pasted, 30 lines · text · 9 B · ≈ 1 token",
    ]


def test_a_hostile_name_makes_a_harmless_mark() -> None:
    hostile = Attachment("1", FilePart(Blob("d" * 64, 1), "a]\n\x1b[31m\u202e" + "x" * 500))
    mark = mark_of(hostile)
    assert "\n" not in mark
    assert len(mark) < 60
    assert marked(mark, (hostile,)) == (hostile,)
