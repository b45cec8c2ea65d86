"""Places in a text: the characters, lines, brackets and sentences around an index of it."""

import re
from collections.abc import Iterator
from typing import Final

from fakegpt_tui.ui import graphemes

BLANK: Final = 0
_WORD: Final = 1
_SIGN: Final = 2
_SCRIPTS: Final = (
    range(0x3040, 0x30A0),  # hiragana
    range(0x30A0, 0x3100),  # katakana
    range(0x3400, 0xA000),  # ideographs
    range(0x1F000, 0x1FB00),  # emoji
)
"""Scripts without blanks between words: where one ends and another begins, so does a word."""


def after(text: str, at: int) -> int:
    """Where the character at `at` ends; the end of a line is a character, too."""
    if at >= len(text) or text[at] == "\n":
        return min(at + 1, len(text))
    return graphemes.next_boundary(text, at)


def before(text: str, at: int) -> int:
    """Where the character begins that ends at `at`."""
    if at <= 0 or text[at - 1] == "\n":
        return max(at - 1, 0)
    return max(graphemes.previous_boundary(text, at), line_start(text, at))


def on_boundary(text: str, at: int) -> int:
    """`at`, or where the character begins that it is inside of."""
    at = min(max(at, 0), len(text))
    return max(graphemes.nearest_boundary(text, at), line_start(text, at))


def line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def line_end(text: str, at: int) -> int:
    """Where the line of `at` ends, before its line feed."""
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def last_on_line(text: str, at: int) -> int:
    """The last character of a line, behind which the cursor of normal mode does not go."""
    start, end = line_start(text, at), line_end(text, at)
    return max(start, before(text, end)) if end > start else start


def first_nonblank(text: str, at: int) -> int:
    """The first character of a line that is no blank, or the last one."""
    start, end = line_start(text, at), line_end(text, at)
    found = start + len(text[start:end]) - len(text[start:end].lstrip())
    return on_boundary(text, found) if found < end else last_on_line(text, at)


def column_of(text: str, at: int) -> int:
    """How many characters are before `at` on its line."""
    place, count = line_start(text, at), 0
    while place < at:
        place = after(text, place)
        count += 1
    return count


def at_column(text: str, start: int, column: int) -> int:
    """The character of a line that begins at `start`, or its last one."""
    last = last_on_line(text, start)
    while column and start < last:
        start = after(text, start)
        column -= 1
    return start


def line_below(text: str, at: int, count: int) -> int | None:
    """Where the line begins that is `count` below, or above where that is negative."""
    start = line_start(text, at)
    for _ in range(abs(count)):
        if count > 0:
            end = line_end(text, start)
            if end == len(text):
                return None
            start = end + 1
        elif start == 0:
            return None
        else:
            start = line_start(text, start - 1)
    return start


def is_empty_line(text: str, at: int) -> bool:
    return line_start(text, at) == at == line_end(text, at)


def kind_at(text: str, at: int, *, big: bool = False) -> int:
    """What the character at `at` is: blank, part of a word, a sign, or of a script of its own."""
    if at >= len(text) or text[at].isspace():
        return BLANK
    if big:
        return _WORD
    code = ord(text[at])
    for number, script in enumerate(_SCRIPTS, _SIGN + 1):
        if code in script:
            return number
    return _WORD if text[at].isalnum() or text[at] == "_" else _SIGN


def is_word(text: str, at: int) -> bool:
    """Is there part of a word at `at`, and no blank or sign?"""
    return kind_at(text, at) not in (BLANK, _SIGN)


def run_around(text: str, at: int, *, big: bool) -> tuple[int, int]:
    """Where the run of characters of one kind around `at` begins and ends, on its line."""
    kind, start, end = kind_at(text, at, big=big), at, at
    first, last = line_start(text, at), line_end(text, at)
    while start > first and kind_at(text, before(text, start), big=big) == kind:
        start = before(text, start)
    while end < last and kind_at(text, end, big=big) == kind:
        end = after(text, end)
    return start, end


def paragraphs(text: str) -> Iterator[tuple[int, int, bool]]:
    """The blocks of lines that are all blank, or all not: start, end and whether they are blank.

    An end is before the line feed of the last line.
    """
    start = at = 0
    while True:
        end = line_end(text, at)
        is_blank = not text[at:end].strip()
        following = text[end + 1 : line_end(text, end + 1)] if end < len(text) else None
        if following is None or (not following.strip()) != is_blank:
            yield start, end, is_blank
            start = end + 1
        if following is None:
            return
        at = end + 1


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
