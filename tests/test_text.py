"""Nothing that a terminal would act on, or that hides from a person, is ever shown."""

import unicodedata

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fakegpt_tui.text import (
    clipboard_text,
    count_hidden,
    file_stem,
    replace_surrogates,
    safe_line,
    safe_text,
    strip_pasted,
)

ODD = (
    "\x00\x07\x08\x0b\x0c\x1b\x1c\x7f\x80\x85\x9b\x9c\xad\u061c\u200b\u200c\u200d\u200e\u200f"
    "\u2028\u2029\u202a\u202e\u2060\u2066\u2069\ufeff\ufff9\ud800\udfff\ue000\U000e0041\U000e0fff"
    "\u0301\u20dd\r\n\t …‹›␛aé한😀/\\.:"
)
MARKS = "\u0301\u0489\u0732\u08e4\u0945\u0d3e\u0f71\u1037\u1cd0\u200d\ufe0f\ua66f\U0001e8d0"
"""Of many scripts, with joiners and a selector of emoji."""
TEXTS = st.text(st.sampled_from(ODD) | st.characters(), max_size=40)
EVERYTHING = "".join(map(chr, range(0x110000)))

BIDI_CONTROLS = {*"\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"}
FORMATS_THAT_STAY = {
    "\u200c",  # joins of words in many scripts
    "\u200d",  # joins of emoji
    *map(chr, [*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD]),  # drawn
    *map(chr, range(0x13430, 0x13440)),  # the layout of hieroglyphs
}


def is_harmless(character: str) -> bool:
    kind = unicodedata.category(character)
    return character in "\t\n" or (
        kind not in ("Cc", "Cs", "Zl", "Zp")
        and character not in BIDI_CONTROLS
        and (kind != "Cf" or character in FORMATS_THAT_STAY)
    )


def test_of_all_characters_there_are_only_harmless_ones_are_shown() -> None:
    assert [hex(ord(c)) for c in set(safe_text(EVERYTHING)) if not is_harmless(c)] == []


PICTURE_CELL = "\U0010eeee"


def test_no_foreign_text_can_show_a_picture_of_ours() -> None:
    hostile = f"a{PICTURE_CELL}\u0305\u0305b"
    for shown in (safe_text(hostile), safe_line(hostile), clipboard_text(hostile)):
        assert PICTURE_CELL not in shown


def test_what_is_not_shown_as_it_is_leaves_a_sign() -> None:
    for character in EVERYTHING:
        assert safe_text(character), hex(ord(character))


@settings(deadline=None)
@given(TEXTS)
def test_no_text_shows_anything_but_harmless_characters(text: str) -> None:
    shown = safe_text(text)
    assert all(map(is_harmless, shown))
    shown.encode()


@settings(deadline=None)
@given(TEXTS)
def test_what_is_safe_stays_as_it_is(text: str) -> None:
    assert safe_text(safe_text(text)) == safe_text(text)


@settings(deadline=None)
@given(TEXTS, TEXTS)
def test_it_makes_no_difference_where_a_stream_is_cut(head: str, tail: str) -> None:
    # Two pairs belong together wherever they are cut: a line end, and a letter with its marks.
    assume(not (head.endswith("\r") and tail.startswith("\n")))
    joiners = "\u200c\u200d\ufe0e\ufe0f"
    marks = [c for c in head + tail if unicodedata.category(c).startswith("M") or c in joiners]
    assume(len(marks) <= 8)
    assert safe_text(head) + safe_text(tail) == safe_text(head + tail)


@settings(deadline=None)
@given(TEXTS, st.integers(1, 50))
def test_a_line_is_one_line_of_limited_length(text: str, limit: int) -> None:
    line = safe_line(text, limit)
    assert len(line) <= limit
    assert len(line.splitlines()) <= 1
    assert "\t" not in line
    assert line == line.strip()
    assert all(map(is_harmless, line))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text", "plain text"),
        ("tab\tand\nlines\r\nend", "tab\tand\nlines\nend"),
        ("\x1b]0;title\x07", "␛]0;title␇"),
        ("\x9b31m", "‹9B›31m"),
        ("gnp\u202eexe", "gnp‹202E›exe"),
        ("a\u200bb", "a‹200B›b"),
        ("a\U000e0041b", "a‹E0041›b"),
        ("one\u2028two\x85three\x0bfour", "one\ntwo\nthree\nfour"),
        ("lone \ud83d half", "lone � half"),
        ("👩\u200d💻 ❤\ufe0f نمی\u200cخواهم 한국어", "👩\u200d💻 ❤\ufe0f نمی\u200cخواهم 한국어"),
        ("e" + "\u0301" * 8 + "!", "e" + "\u0301" * 8 + "!"),
        ("e" + "\u0301" * 900 + "!", "e" + "\u0301" * 8 + "…!"),
        *(("e" + mark * 60 + "!", "e" + mark * 8 + "…!") for mark in MARKS),
        ("क्षि" * 40, "क्षि" * 40),
        ("👩‍❤️‍💋‍👨" * 20, "👩‍❤️‍💋‍👨" * 20),
        ("—…„“”‚‘’«»" * 9, "—…„“”‚‘’«»" * 9),
    ],
)
def test_texts_are_shown_like_this(text: str, shown: str) -> None:
    assert safe_text(text) == shown


def test_a_long_line_says_that_it_was_cut() -> None:
    assert safe_line("word " * 100, 12) == "word word w…"
    assert safe_line("  a \n\n b\t ", 12) == "a b"


def test_hidden_characters_are_counted() -> None:
    assert count_hidden("plain") == 0
    assert count_hidden("a\u200bb\u202ec\U000e0041") == 3
    assert count_hidden("👩\u200d💻 ❤\ufe0f") == 0


@settings(deadline=None)
@given(TEXTS)
def test_repaired_text_can_be_encoded_and_has_its_length(text: str) -> None:
    assert len(replace_surrogates(text)) == len(text)
    assert replace_surrogates(text).encode().decode() == replace_surrogates(text)


@settings(deadline=None)
@given(TEXTS)
def test_what_is_copied_holds_nothing_that_a_shell_acts_on(text: str) -> None:
    copied = clipboard_text(text)
    copied.encode()
    assert all(unicodedata.category(c) != "Cc" or c in "\t\n" for c in copied)


@settings(deadline=None)
@given(TEXTS, st.integers(4, 80))
def test_a_file_stem_is_one_safe_component_of_limited_length(title: str, limit: int) -> None:
    stem = file_stem(title, limit)
    assert len(stem.encode()) <= limit
    assert not set(stem) & set("/\\.:*?\"'<>|~$&;`!()[]{}# \t\n\0")
    assert not stem.startswith("-")
    assert not stem.endswith("-")
    assert all(c == "-" or unicodedata.category(c)[0] in "LNM" for c in stem)


@pytest.mark.parametrize(
    ("title", "stem"),
    [
        ("What is a monad?", "what-is-a-monad"),
        ("../../etc/passwd", "etc-passwd"),
        ("~/.ssh; rm -rf $HOME", "ssh-rm-rf-home"),
        ("Größe 한국어", "größe-한국어"),
        ("…", ""),
        ("", ""),
    ],
)
def test_titles_become_file_stems_like_this(title: str, stem: str) -> None:
    assert file_stem(title) == stem


def test_a_long_title_is_cut_between_characters() -> None:
    assert file_stem("é" * 100, 81) == "é" * 40


@pytest.mark.parametrize(
    ("pasted", "text"),
    [
        ("\ufeff word\u200b\u00a0", "word"),
        ('"word",', "word"),
        ("<'word'>", "word"),
        ('"a": "word"', '"a": "word"'),
        ('"', '"'),
        ("", ""),
    ],
)
def test_what_is_copied_along_with_a_word_is_stripped(pasted: str, text: str) -> None:
    assert strip_pasted(pasted) == text
