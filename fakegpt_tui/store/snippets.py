"""The part of a text where words were found, with their places in it."""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache

from fakegpt_tui.store.words import is_unspaced_script

_LENGTH = 160
_BEFORE = 40
_MAX_SEARCHED = 200_000
"""Code points of a text that are looked through for the place to show."""

_COMBINING = "[\u0300-\u036f]*"
_NO_LETTER_BEFORE = r"(?<![^\W_])"
_NO_LETTER_AFTER = r"(?![^\W_])"
_SPACES = re.compile(r"\s+")

_Marks = tuple[tuple[int, int], ...]


def make_snippet(text: str, terms: Sequence[str], *, is_open: bool = False) -> tuple[str, _Marks]:
    """A line of `text` around the first of the words in it, and where in that line they are.

    The last of the words may go on where it `is_open`.
    """
    pattern = _pattern(tuple(terms), is_open)
    # Composed, so that a letter with its accent is one character, as it is in the pattern.
    text = unicodedata.normalize("NFC", text[:_MAX_SEARCHED])
    first = None if pattern is None else pattern.search(text)
    start = 0 if first is None else max(0, first.start() - _BEFORE)
    if start:
        # A word is not begun in its middle where a space is near.
        space = text.find(" ", start, start + _BEFORE // 2)
        start = space + 1 if space >= 0 else start
    snippet = _SPACES.sub(" ", text[start : start + _LENGTH]).strip()
    if start:
        snippet = "…" + snippet
    if start + _LENGTH < len(text):
        snippet += "…"
    if pattern is None:
        return snippet, ()
    return snippet, tuple(match.span() for match in pattern.finditer(snippet))


@lru_cache(maxsize=16)
def _pattern(terms: tuple[str, ...], is_open: bool) -> re.Pattern[str] | None:
    """Finds words that say one of `terms`, whatever their case and accents."""
    words = []
    for number, term in enumerate(terms, 1):
        letters = "".join(map(_letter, _plain(term)))
        if is_unspaced_script(term):
            words.append(letters)
        else:
            end = "" if is_open and number == len(terms) else _NO_LETTER_AFTER
            words.append(_NO_LETTER_BEFORE + letters + end)
    return re.compile("|".join(words), re.IGNORECASE) if words else None


def _plain(term: str) -> str:
    """The letters of `term` without their accents."""
    decomposed = unicodedata.normalize("NFD", term)
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return unicodedata.normalize("NFC", plain)


def _letter(letter: str) -> str:
    """Matches a letter with any accent that Latin, Greek and Cyrillic have."""
    accented = "".join(_accented().get(letter.lower(), ()))
    return (
        f"[{re.escape(letter)}{accented}]{_COMBINING}"
        if accented
        else re.escape(letter) + _COMBINING
    )


@cache
def _accented() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for code in (*range(0xC0, 0x250), *range(0x386, 0x460), *range(0x1E00, 0x2000)):
        plain = _plain(chr(code))
        if plain != chr(code) and len(plain) == 1:
            found.setdefault(plain.lower(), []).append(chr(code))
    return found
