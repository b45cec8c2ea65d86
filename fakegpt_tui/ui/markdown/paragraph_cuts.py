"""Paragraph cuts: where a long paragraph is cut between words, outside of marks and formulas."""

import re
from collections.abc import Iterator

from fakegpt_tui.fast_import import lazy_pattern

_INK = lazy_pattern(r"\S")
_BOUNDARY = lazy_pattern(
    r"(?P<formula>\$\$|\$(?![\s$])|\\[(\[])"
    r"|(?P<skip>\\.|(?<=\s)[*_~]+(?=\s)|(?<=\w)_+(?=\w))"
    r"|(?P<mark>[*_~]+|`+|\]\(|[\[\])])"
    r"|(?P<end>(?<![\s\\])\n|(?<![\s>]) +(?=\S)|[。！？](?=\S))"
)
"""Inline marks, and the places between words, lines or sentences where a paragraph may be cut."""

_CLOSING = {
    "$": lazy_pattern(r"(?<![\s\\])\$|\n|`"),
    "$$": lazy_pattern(r"\$\$|`"),
    "\\(": lazy_pattern(r"\\\)"),
    "\\[": lazy_pattern(r"\\\]"),
}
"""The sign that closes a formula, or shows that it is none, by the sign that opens it."""
_LONGEST_FORMULA = 1_000


def find_paragraph_cut(text: str, start: int, end: int, least: int, most: int) -> int | None:
    """Where to cut a paragraph that goes on from `start`, or `None` if it is to be left whole.

    It is cut `least` characters on or later, where no inline mark is open, or after `most`.

    Looks at nothing behind the cut but that there is something, so that more text moves no cut.
    """
    if end - start <= least:
        return None
    opened: set[str] = set()
    last = start
    for match in _boundaries(text, start, min(end, start + most)):
        if mark := match["mark"]:
            _toggle_mark(mark, opened)
        elif match["end"]:
            last = match.end()
            if last - start > least and not opened:
                return last if _INK.search(text, last, end) else None
    if end - start <= most:
        return None
    return last if last - start > least else start + most


def _boundaries(text: str, start: int, end: int) -> Iterator[re.Match[str]]:
    """Inline marks and places to cut outside of formulas."""
    formula_end = start
    for match in _BOUNDARY.finditer(text, start, end):
        if match.start() < formula_end:
            continue
        if formula := match["formula"]:
            formula_end = _formula_end(text, match.end(), formula)
        else:
            yield match


def _formula_end(text: str, start: int, sign: str) -> int:
    """The end of a formula, or how long it may be if there is none."""
    most = start + _LONGEST_FORMULA
    closing = _CLOSING[sign].search(text, start, most)
    return closing.end() if closing else most


def _toggle_mark(mark: str, opened: set[str]) -> None:
    """Note which inline marks are open, roughly: a wrong guess only moves a cut."""
    match mark:
        case "[":
            opened.add("]")
        case "](":
            opened.discard("]")
            opened.add(")")
        case "]" | ")":
            opened.discard(mark)
        case _:
            opened ^= {mark}
