"""Text objects: the word, sentence, paragraph, quotation or brackets around a place in a text."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from fakegpt_tui.ui.widgets.editing.places import (
    BLANK,
    after,
    before,
    closing,
    kind_at,
    line_end,
    line_start,
    on_boundary,
    opening,
    paragraphs,
    run_around,
    sentence_starts,
)


@dataclass(frozen=True, slots=True)
class TextRange:
    """From `start` up to `end` of a text; of whole lines, the line feed of the last is outside."""

    start: int
    end: int
    is_lines: bool = False


TextObject = Callable[[str, int, int, bool], TextRange | None]
"""From a text, a place, a count, and whether what is around belongs to it."""


def word(text: str, at: int, count: int, around: bool, *, big: bool = False) -> TextRange | None:
    if at >= line_end(text, at):
        return TextRange(at, at)
    start, end = run_around(text, at, big=big)
    begins_blank = kind_at(text, at) == BLANK
    for index in range(count):
        if index:
            end = _run_end(text, end, big=big)
        if around and (begins_blank or kind_at(text, end) == BLANK):
            end = _run_end(text, end, big=big)
    if around and not begins_blank and kind_at(text, before(text, end)) != BLANK:
        start = _with_blanks_before(text, start)
    return TextRange(start, end)


def _run_end(text: str, at: int, *, big: bool) -> int:
    return run_around(text, at, big=big)[1] if at < line_end(text, at) else at


def _with_blanks_before(text: str, start: int) -> int:
    """Where the blanks before a word begin; the indentation of a line is none of them."""
    line = text[line_start(text, start) : start]
    return start - len(line) + len(line.rstrip()) if line.strip() else start


def sentence(text: str, at: int, count: int, around: bool) -> TextRange | None:
    starts = sentence_starts(text)
    first = max(index for index, place in enumerate(starts) if place <= at)
    behind = first + count
    end = starts[behind] if behind < len(starts) else len(text)
    if not around:
        end = starts[first] + len(text[starts[first] : end].rstrip())
    return TextRange(starts[first], end)


def paragraph(text: str, at: int, count: int, around: bool) -> TextRange | None:
    blocks = list(paragraphs(text))
    first = next(index for index, (_, end, _) in enumerate(blocks) if at <= end)
    wanted = 2 * count if around else count
    taken = blocks[first : first + wanted]
    if around and len(taken) == wanted - 1:
        if taken[0][2] or not first:
            return None if taken[0][2] else TextRange(taken[0][0], taken[-1][1], is_lines=True)
        taken.insert(0, blocks[first - 1])
    return TextRange(taken[0][0], taken[-1][1], is_lines=True)


def quotation(text: str, at: int, _count: int, around: bool, *, sign: str) -> TextRange | None:
    """What is between two signs on a line: those around `at`, or else the next ones."""
    line, end = line_start(text, at), line_end(text, at)
    found = re.finditer(rf"\\.|({re.escape(sign)})", text[line:end])
    places = [line + each.start() for each in found if each[1]]
    begun = [index for index, place in enumerate(places) if place <= at]
    index = begun[-1] if begun else 0
    if at in places:
        index -= index % 2
    if index + 1 >= len(places):
        return None
    first, last = places[index], places[index + 1] + 1
    if not around:
        return TextRange(first + 1, last - 1)
    blanks = len(text[last:end]) - len(text[last:end].lstrip())
    if not blanks:
        first -= len(text[line:first]) - len(text[line:first].rstrip())
    return TextRange(first, last + blanks)


def brackets(
    text: str, at: int, count: int, around: bool, *, begin: str, end: str
) -> TextRange | None:
    """What is between the brackets around `at`; with a count, those that are further out."""
    first: int | None = at
    if text[at : at + 1] == end:
        first = opening(text, at, begin, end)
    elif text[at : at + 1] != begin:
        first = opening(text, at - 1, begin, end, 1)
    for _ in range(count - 1):
        first = first if first is None else opening(text, first - 1, begin, end, 1)
    last = None if first is None else closing(text, first, begin, end)
    if first is None or last is None:
        return None
    if around:
        return TextRange(first, last + 1)
    return _inside(text, first + 1, last)


def _inside(text: str, start: int, end: int) -> TextRange:
    """Between brackets that have lines of their own there are whole lines."""
    last_feed = text.rfind("\n", start, end)
    if text[start:end].startswith("\n") and last_feed > start and not text[last_feed:end].strip():
        return TextRange(start + 1, last_feed, is_lines=True)
    return TextRange(start, end)


_OBJECTS: Final[Mapping[str, TextObject]] = {
    "word": word,
    "big_word": partial(word, big=True),
    "sentence": sentence,
    "paragraph": paragraph,
    "double_quotes": partial(quotation, sign='"'),
    "single_quotes": partial(quotation, sign="'"),
    "backticks": partial(quotation, sign="`"),
    "parentheses": partial(brackets, begin="(", end=")"),
    "square_brackets": partial(brackets, begin="[", end="]"),
    "braces": partial(brackets, begin="{", end="}"),
    "angle_brackets": partial(brackets, begin="<", end=">"),
}


def _whole(find: TextObject) -> TextObject:
    """Let an object have whole characters: a quote or bracket may have a mark of its own."""

    def found(text: str, at: int, count: int, around: bool) -> TextRange | None:
        inside = find(text, at, count, around)
        if inside is None:
            return None
        start, end = (on_boundary(text, place) for place in (inside.start, inside.end))
        if around and end < inside.end:
            end = after(text, end)
        elif not around and start < inside.start:
            start = after(text, start)
        return replace(inside, start=start, end=max(start, end))

    return found


OBJECTS: Final = {name: _whole(find) for name, find in _OBJECTS.items()}


def last_in(text: str, found: TextRange) -> int:
    """The last character of a range that is not empty."""
    return max(found.start, before(text, found.end))
