"""Grapheme boundaries: where one character, as a reader counts them, ends and the next begins.

A simplified form of Unicode's rules (https://unicode.org/reports/tr29/): marks, joiners, skin tones
and tags belong to what is before them, emoji are joined, and flags and Hangul are put together.
Rich also splits into graphemes, but by the widths of the terminal, and without flags.
"""

import unicodedata

_ZWNJ, _ZWJ = "\u200c", "\u200d"
_SPACING = "\u0e33\u0eb3"
"""Vowels of Thai and Lao that are written behind a letter and belong to it."""
_INDIC = range(0x900, 0x1100)
"""Scripts in which a person corrects a syllable mark by mark."""
_LEADING, _VOWELS, _TRAILING = range(0x1100, 0x1160), range(0x1160, 0x11A8), range(0x11A8, 0x1200)
_SYLLABLES = range(0xAC00, 0xD7A4)
_SYLLABLES_PER_VOWEL = 28


def next_boundary(text: str, index: int) -> int:
    """Where the grapheme that begins at `index` ends."""
    index = min(index + 1, len(text))
    while not _is_boundary(text, index):
        index += 1
    return index


def previous_boundary(text: str, index: int) -> int:
    """Where the grapheme that ends at `index` begins."""
    index = max(index - 1, 0)
    while not _is_boundary(text, index):
        index -= 1
    return index


def nearest_boundary(text: str, index: int) -> int:
    """`index`, or where the grapheme begins that it is inside of."""
    return index if _is_boundary(text, index) else previous_boundary(text, index)


def backspace_boundary(text: str, index: int) -> int:
    """From where backspace deletes: the whole grapheme, or one mark of an Indic or Thai letter."""
    if index and ord(text[index - 1]) in _INDIC and unicodedata.category(text[index - 1])[0] == "M":
        return index - 1
    return previous_boundary(text, index)


def _is_boundary(text: str, index: int) -> bool:
    if index <= 0 or index >= len(text) or text[index].isascii():
        return True
    before, after = text[index - 1], text[index]
    if _extends(after):
        return False
    if before == _ZWJ and _is_symbol(after):
        return False
    if _is_flag_part(before) and _is_flag_part(after):
        return _flag_parts_before(text, index) % 2 == 0
    return not _is_one_syllable(ord(before), ord(after))


def _extends(character: str) -> bool:
    return (
        unicodedata.category(character)[0] == "M"
        or character in (_ZWNJ, _ZWJ)
        or character in _SPACING
        or "\U0001f3fb" <= character <= "\U0001f3ff"  # skin tones
        or "\U000e0020" <= character <= "\U000e007f"  # tags, as in the flag of Wales
    )


def _is_symbol(character: str) -> bool:
    return "\u2190" <= character <= "\u2bff" or "\U0001f000" <= character <= "\U0001faff"


def _is_flag_part(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _flag_parts_before(text: str, index: int) -> int:
    first = index
    while first and _is_flag_part(text[first - 1]):
        first -= 1
    return index - first


def _is_one_syllable(before: int, after: int) -> bool:
    if before in _LEADING:
        return after in _LEADING or after in _VOWELS or after in _SYLLABLES
    has_no_end = before in _SYLLABLES and (before - _SYLLABLES[0]) % _SYLLABLES_PER_VOWEL == 0
    if before in _VOWELS or has_no_end:
        return after in _VOWELS or after in _TRAILING
    return (before in _SYLLABLES or before in _TRAILING) and after in _TRAILING
