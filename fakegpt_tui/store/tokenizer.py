"""Tokenizer: words of a text for the full-text index, search queries, and snippets with marks."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

from fakegpt_tui.fast_import import dataclass, lazy_pattern
from fakegpt_tui.text import replace_surrogates

_UNSPACED = (
    "\u0e01-\u0e30\u0e32\u0e33\u0e40-\u0e46"  # Thai
    "\u0e81-\u0eb0\u0eb2\u0eb3\u0ebd\u0ec0-\u0ec6\u0edc-\u0edf"  # Lao
    "\u1000-\u102a\u103f\u1050-\u1055"  # Burmese
    "\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3"  # Korean, whose endings grow onto the word
    "\u1780-\u17b3"  # Khmer
    "\u3041-\u3096\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"  # kana
    "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
)
# As text, because the first paint would wait for the patterns to compile.
_CHARACTER = f"([{_UNSPACED}])"
_RUN = f"([{_UNSPACED}]+)"
_WORD = r"[^\W_]+"
_LAST_WORD = r"[^\W_]+$"
_SHORTEST_PREFIX = 3
"""Letters that the last word needs to find longer ones, too: with fewer that takes seconds."""

_MAX_INDEXED = 1_000_000
"""Code points of one text that are indexed; behind that there are hardly ever words."""

TOKENIZE_FUNCTION = "indexed_text"


def tokenize(text: str) -> str:
    """`text` with spaces around each character that is a word of its own."""
    text = text[:_MAX_INDEXED]
    # NUL would end the text for the index.
    text = text.replace("\0", " ") if "\0" in text else text
    return text if text.isascii() else re.sub(_CHARACTER, r" \1 ", text)


def is_unspaced_script(text: str) -> bool:
    """Does `text` begin with a character that is a word of its own?"""
    return re.match(_CHARACTER, text) is not None


@dataclass(frozen=True, slots=True)
class FullTextQuery:
    """What was typed, as a query of the index; any text makes a valid one.

    `match` is the query, empty where the text has no word. `terms` are the words to be marked. If
    `is_prefix`, longer words that begin with the last one are found, too.
    """

    match: str
    terms: tuple[str, ...]
    is_prefix: bool

    @classmethod
    def parse(cls, text: str) -> "FullTextQuery":
        chunks = [
            chunk
            for chunk in replace_surrogates(text).replace("\0", " ").split()
            if re.search(_WORD, chunk)
        ]
        # In quotes nothing is an operator of the index, and words that are joined by signs are
        # searched for in a row.
        phrases = ['"' + tokenize(chunk).strip().replace('"', " ") + '"' for chunk in chunks]
        last = re.search(_LAST_WORD, text)
        is_prefix = last is not None and len(last[0]) >= _SHORTEST_PREFIX
        is_prefix = is_prefix and not re.search(_CHARACTER, text[-1])
        if is_prefix:
            phrases[-1] += "*"
        terms = (term for chunk in chunks for term in _terms(chunk))
        return cls(" ".join(phrases), tuple(terms), is_prefix)


def _terms(chunk: str) -> Iterator[str]:
    """The words of a chunk, with characters that are words of their own left together."""
    for word in re.findall(_WORD, chunk):
        yield from filter(None, re.split(_RUN, word))


_LENGTH = 160
_BEFORE = 40
_MAX_SEARCHED = 200_000
"""Code points of a text that are searched for the first match."""

_COMBINING = "[\u0300-\u036f]*"
_NO_LETTER_BEFORE = r"(?<![^\W_])"
_NO_LETTER_AFTER = r"(?![^\W_])"
_SPACES = lazy_pattern(r"\s+")

_Marks = tuple[tuple[int, int], ...]


def make_snippet(text: str, terms: Sequence[str], *, is_prefix: bool = False) -> tuple[str, _Marks]:
    """A line of `text` around the first match, and the spans of all matches in that line.

    Where the terms stand one behind the other, as in `section_8`, that is the match.
    With `is_prefix` the last term also matches longer words.
    """
    pattern = _pattern(tuple(terms), is_prefix)
    phrase = _phrase(tuple(terms), is_prefix)
    # Composed, so that a letter with its accent is one character, as it is in the pattern.
    text = unicodedata.normalize("NFC", text[:_MAX_SEARCHED])
    first = None if phrase is None else phrase.search(text)
    if first is not None:
        pattern = phrase
    elif pattern is not None:
        first = pattern.search(text)
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
def _pattern(terms: tuple[str, ...], is_prefix: bool) -> re.Pattern[str] | None:
    """Finds any of the `terms`, whatever their case and accents."""
    words = _words(terms, is_prefix)
    return re.compile("|".join(words), re.IGNORECASE) if words else None


@lru_cache(maxsize=16)
def _phrase(terms: tuple[str, ...], is_prefix: bool) -> re.Pattern[str] | None:
    """Finds the `terms` one behind the other, with nothing but signs and spaces between."""
    words = _words(terms, is_prefix)
    return re.compile(r"[\W_]{1,3}".join(words), re.IGNORECASE) if len(words) > 1 else None


def _words(terms: tuple[str, ...], is_prefix: bool) -> list[str]:
    words = []
    for number, term in enumerate(terms, 1):
        letters = "".join(map(_letter, _plain(term)))
        if is_unspaced_script(term):
            words.append(letters)
        else:
            end = "" if is_prefix and number == len(terms) else _NO_LETTER_AFTER
            words.append(_NO_LETTER_BEFORE + letters + end)
    return words


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
