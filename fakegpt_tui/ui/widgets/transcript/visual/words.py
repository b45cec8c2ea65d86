"""Words of a line as it is shown, for keys that go from one to the next."""

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from fakegpt_tui.ui.graphemes import next_boundary

_DRAWN = ("\u2500", "\u25ff")
"""Bars, borders and bullets, which are drawn and not written."""


class WordSpan(NamedTuple):
    """The characters from `start` to `end` of a line."""

    start: int
    end: int


def words(text: str) -> list[WordSpan]:
    """The words of a line: letters and digits, or signs, that stand side by side."""
    runs = groupby(_graphemes(text), key=lambda span: _kind(text[span.start]))
    spans = ((kind, list(run)) for kind, run in runs)
    return [WordSpan(run[0].start, run[-1].end) for kind, run in spans if kind is not None]


def word_at(text: str, column: int) -> WordSpan:
    """The word around a character; between words the character alone."""
    for span in words(text):
        if span.start <= column < span.end:
            return span
    return WordSpan(column, next_boundary(text, column))


def _graphemes(text: str) -> Iterator[WordSpan]:
    start = 0
    while start < len(text):
        yield WordSpan(start, end := next_boundary(text, start))
        start = end


def _kind(character: str) -> bool | None:
    """Is it part of a word rather than a sign? `None` for what is between them."""
    if character.isspace() or _DRAWN[0] <= character <= _DRAWN[1]:
        return None
    return character.isalnum() or character == "_"
