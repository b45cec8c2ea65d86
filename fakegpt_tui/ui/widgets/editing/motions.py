"""Motions: from a text and a place in it to another place, as the keys of vim go."""

from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import Final

from fakegpt_tui.ui.widgets.editing.places import (
    BLANK,
    after,
    at_column,
    before,
    first_nonblank,
    is_empty_line,
    kind_at,
    last_on_line,
    line_below,
    line_end,
    line_start,
    matching_bracket,
    paragraphs,
    sentence_starts,
)


class Span(Enum):
    """How much of the text an operator takes that is given a motion."""

    EXCLUSIVE = auto()
    INCLUSIVE = auto()
    LINES = auto()


Motion = Callable[[str, int, int], int | None]
"""From a text, a place and a count to a place in the text; `None` where it leads nowhere."""


def left(text: str, at: int, count: int) -> int | None:
    start = at
    while count and start > line_start(text, at):
        start = before(text, start)
        count -= 1
    return start if start != at else None


def right(text: str, at: int, count: int) -> int | None:
    """Go right, up to the end of the line, where an operator takes the last character."""
    end = at
    while count and end < line_end(text, at):
        end = after(text, end)
        count -= 1
    return end if end != at else None


def word(text: str, at: int, count: int, *, big: bool = False) -> int | None:
    start = at
    for _ in range(count):
        at = _next_word(text, at, big=big)
    return at if at != start else None


def _next_word(text: str, at: int, *, big: bool) -> int:
    start, kind = at, kind_at(text, at, big=big)
    while kind != BLANK and kind_at(text, at, big=big) == kind:
        at = after(text, at)
    while at < len(text) and kind_at(text, at) == BLANK:
        if at != start and is_empty_line(text, at):
            break
        at = after(text, at)
    return at


def word_back(text: str, at: int, count: int, *, big: bool = False) -> int | None:
    start = at
    for _ in range(count):
        at = before(text, at)
        while at and kind_at(text, at) == BLANK and not is_empty_line(text, at):
            at = before(text, at)
        kind = kind_at(text, at, big=big)
        while kind != BLANK and at and kind_at(text, before(text, at), big=big) == kind:
            at = before(text, at)
    return at if at != start else None


def word_end(text: str, at: int, count: int, *, big: bool = False) -> int | None:
    start = at
    for _ in range(count):
        at = after(text, at)
        while at < len(text) and kind_at(text, at) == BLANK:
            at = after(text, at)
        at = end_of_run(text, at, big=big)
    return at if at > start else None


def end_of_run(text: str, at: int, *, big: bool) -> int:
    """The last character of the word at `at`, or the last place of the text."""
    if at >= len(text):
        return last_on_line(text, len(text))
    kind = kind_at(text, at, big=big)
    while (following := after(text, at)) < len(text) and kind_at(text, following, big=big) == kind:
        at = following
    return at


def word_end_back(text: str, at: int, count: int, *, big: bool = False) -> int | None:
    start = at
    for _ in range(count):
        kind = kind_at(text, at, big=big)
        at = before(text, at)
        while at and kind != BLANK and kind_at(text, at, big=big) == kind:
            at = before(text, at)
        while at and kind_at(text, at) == BLANK and not is_empty_line(text, at):
            at = before(text, at)
    return at if at != start else None


def column_zero(text: str, at: int, _count: int) -> int:
    return line_start(text, at)


def nonblank(text: str, at: int, _count: int) -> int:
    return first_nonblank(text, at)


def end_of_line(text: str, at: int, count: int) -> int | None:
    start = line_below(text, at, count - 1)
    return None if start is None else last_on_line(text, start)


def last_nonblank(text: str, at: int, count: int) -> int | None:
    start = line_below(text, at, count - 1)
    if start is None:
        return None
    shown = text[start : line_end(text, start)].rstrip()
    return before(text, start + len(shown)) if shown else start


def column(text: str, at: int, count: int) -> int:
    return at_column(text, line_start(text, at), count - 1)


def line_down(text: str, at: int, count: int) -> int | None:
    start = line_below(text, at, count)
    return None if start is None else first_nonblank(text, start)


def line_up(text: str, at: int, count: int) -> int | None:
    return line_down(text, at, -count)


def this_line(text: str, at: int, count: int) -> int | None:
    return line_down(text, at, count - 1)


def numbered_line(text: str, _at: int, count: int) -> int:
    """The line of that number, or the last one."""
    start = 0
    for _ in range(count - 1):
        below = line_below(text, start, 1)
        if below is None:
            break
        start = below
    return first_nonblank(text, start)


def last_line(text: str, _at: int, _count: int) -> int:
    return first_nonblank(text, len(text))


def paragraph(text: str, at: int, count: int) -> int | None:
    """The blank line behind the paragraph, or the end of the text."""
    gaps = [start for start, _, is_blank in paragraphs(text) if is_blank and start > at]
    place = gaps[count - 1] if count <= len(gaps) else len(text)
    return place if place > at else None


def paragraph_back(text: str, at: int, count: int) -> int | None:
    """The blank line before the paragraph, or the start of the text."""
    ends = [line_start(text, end) for _, end, is_blank in paragraphs(text) if is_blank]
    gaps = [place for place in ends if place < line_start(text, at)]
    place = gaps[-count] if count <= len(gaps) else 0
    return place if place < at else None


def sentence(text: str, at: int, count: int) -> int | None:
    starts = [place for place in (*sentence_starts(text), len(text)) if place > at]
    return starts[min(count, len(starts)) - 1] if starts else None


def sentence_back(text: str, at: int, count: int) -> int | None:
    starts = [place for place in sentence_starts(text) if place < at]
    return starts[max(-count, -len(starts))] if starts else None


def _bigger(motion: Callable[..., int | None]) -> Motion:
    return lambda text, at, count: motion(text, at, count, big=True)


MOTIONS: Final[Mapping[str, tuple[Motion, Span]]] = {
    "left": (left, Span.EXCLUSIVE),
    "right": (right, Span.EXCLUSIVE),
    "word": (word, Span.EXCLUSIVE),
    "big_word": (_bigger(word), Span.EXCLUSIVE),
    "word_back": (word_back, Span.EXCLUSIVE),
    "big_word_back": (_bigger(word_back), Span.EXCLUSIVE),
    "word_end": (word_end, Span.INCLUSIVE),
    "big_word_end": (_bigger(word_end), Span.INCLUSIVE),
    "word_end_back": (word_end_back, Span.INCLUSIVE),
    "big_word_end_back": (_bigger(word_end_back), Span.INCLUSIVE),
    "column_zero": (column_zero, Span.EXCLUSIVE),
    "nonblank": (nonblank, Span.EXCLUSIVE),
    "end_of_line": (end_of_line, Span.INCLUSIVE),
    "last_nonblank": (last_nonblank, Span.INCLUSIVE),
    "column": (column, Span.EXCLUSIVE),
    "line_down": (line_down, Span.LINES),
    "line_up": (line_up, Span.LINES),
    "this_line": (this_line, Span.LINES),
    "numbered_line": (numbered_line, Span.LINES),
    "last_line": (last_line, Span.LINES),
    "paragraph": (paragraph, Span.EXCLUSIVE),
    "paragraph_back": (paragraph_back, Span.EXCLUSIVE),
    "sentence": (sentence, Span.EXCLUSIVE),
    "sentence_back": (sentence_back, Span.EXCLUSIVE),
    "matching_bracket": (matching_bracket, Span.INCLUSIVE),
}
"""All but up and down, which keep a column, and the searches for a character."""
