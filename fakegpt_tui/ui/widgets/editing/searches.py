"""Searches in a text: for a character of the line, the other bracket, and sentences."""

import re
from typing import Final

from fakegpt_tui.ui.widgets.editing.places import after, before, line_end, line_start, on_boundary

_BRACKETS: Final = {"(": ")", "[": "]", "{": "}"}
_OPENING: Final = {close: opening for opening, close in _BRACKETS.items()}
_SENTENCE = re.compile(
    r"""
    [.!?][)\]"']* (?: [^\S\n]+ | \n(?!\n)[^\S\n]* | $ )  # the next sentence
    | \n (?=\n)                                           # an empty line
    | (?: (?<=\n\n) | (?<=\A\n) ) [^\S\n]* (?=\S)         # the first one of a paragraph
    """,
    re.VERBOSE,
)


def find_character(
    text: str, at: int, count: int, wanted: str, *, back: bool, till: bool, again: bool = False
) -> int | None:
    """The next place of a character on the line, or the place beside it.

    Where a search `till` it is repeated, it does not stay beside the one that was found.
    """
    step = before if back else after
    limit = line_start(text, at) if back else line_end(text, at)
    place = step(text, at) if again and till and at != limit else at
    beside = place
    while count:
        if place == limit:
            return None
        beside, place = place, step(text, place)
        count -= text.startswith(wanted, place) and place < line_end(text, at)
    return beside if till else place


def sentence_starts(text: str) -> list[int]:
    return sorted({0, *(on_boundary(text, found.end()) for found in _SENTENCE.finditer(text))})


def matching_bracket(text: str, at: int, _count: int) -> int | None:
    """The partner of the bracket at `at`, or of the next one on the line."""
    end = line_end(text, at)
    while at < end and text[at] not in _BRACKETS and text[at] not in _OPENING:
        at += 1
    if at == end:
        return None
    sign = text[at]
    if sign in _BRACKETS:
        return closing(text, at, sign, _BRACKETS[sign])
    return opening(text, at, _OPENING[sign], sign)


def closing(text: str, at: int, begin: str, end: str) -> int | None:
    """Where the pair ends whose first bracket is at `at`."""
    depth = 0
    for place in range(at, len(text)):
        depth += (text[place] == begin) - (text[place] == end)
        if depth == 0:
            return place
    return None


def opening(text: str, at: int, begin: str, end: str, depth: int = 0) -> int | None:
    """Where the pair begins whose last bracket is at `at`; at a depth of 1 that is further on."""
    for place in range(at, -1, -1):
        depth += (text[place] == end) - (text[place] == begin)
        if depth == 0:
            return place
    return None
