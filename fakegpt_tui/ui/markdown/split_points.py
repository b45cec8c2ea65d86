"""Where a long text can be cut, so that each part reads the same alone as in its place.

Knows nothing of this program: any Markdown without HTML blocks can be cut by it. A border that
is not certain is not one, so the worst text is one part.
"""

import re
from functools import lru_cache

PARAGRAPH_START = r"(?:[A-Za-z\"'(\u00c0-\U0010ffff]|\*\*[^\s*]|\d++(?=[^\d.)]))"
"""How a line may begin that is nothing but text."""

PARAGRAPH_CONTINUATION = r"`{1,2}[^`\n]|[*_][^\s*_]|\[[^\^\n]"
"""How a line may begin, too, that goes on with a paragraph."""

_INTERESTING = re.compile(
    r"^(?P<indent> {0,3})(?P<fence>`{3,}|~{3,})(?P<info>[^\n]*)$"
    r"|^<(?P<section>/?)(?:think|thinking|thought|reasoning|analysis)>[ \t]*\r?$"
    r"|^ {0,3}(?:\$\$|\\\[)[ \t]*\r?\n(?P<formula>(?:[ \t]*[^ \t\r\n][^\n]*\n)*+)"
    rf"|^[ \t]*\r?\n(?=(?P<border>#|{PARAGRAPH_START}))",
    re.MULTILINE,
)
"""Fences, sections, and lines at the margin that nothing above can be continued by.

A `formula` is what may be one, up to the next blank line.
"""

_NOT_IN_FORMULA = re.compile(r"^(?: {0,3}(?:```|~~~)|<)", re.MULTILINE)
"""What a formula takes for its own, if it is one."""

_UNUSUAL_LINE_ENDS = "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
UNUSUAL_LINE_END = re.compile(f"[{_UNUSUAL_LINE_ENDS}]")
"""What ends lines that are not looked for."""

LINE_ENDS = f"\n{_UNUSUAL_LINE_ENDS}"
"""What ends a line, once it is safe to show."""


def find_split_points(text: str, size: int) -> list[int]:
    """Offsets, at least `size` apart, at which a block begins that owes nothing to those above."""
    if len(text) <= size or UNUSUAL_LINE_END.search(text):
        return []
    borders: list[int] = []
    last = len(text) - len(text.lstrip(" \t\r\n"))
    at: int | None = 0
    in_section = False
    while at is not None and (match := _INTERESTING.search(text, at)) is not None:
        at = _scan_end(text, match)
        if match["section"] is not None:
            in_section = not match["section"]
        elif match["border"] and match.end() - last >= size and not in_section:
            last = match.end()
            borders.append(last)
    return borders


def _scan_end(text: str, match: re.Match[str]) -> int | None:
    """Where to look further, or `None` where it is not certain what belongs to what."""
    if match["fence"]:
        return _fence_scan_end(text, match)
    uncertain = match["formula"] and _NOT_IN_FORMULA.search(match["formula"])
    return None if uncertain else match.end()


def find_fence_end(text: str, start: int, end: int, fence: str) -> re.Match[str] | None:
    """The line that closes the code which begins at `start`, if it does before `end`."""
    return _closing(fence).search(text, start, end)


@lru_cache
def _closing(fence: str) -> re.Pattern[str]:
    sign = re.escape(fence[0])
    return re.compile(rf"^ {{0,3}}{sign}{{{len(fence)},}}[ \t]*\r?$\n?", re.MULTILINE)


@lru_cache
def _outside(indent: str) -> re.Pattern[str]:
    """What is not indented so far."""
    return re.compile(rf"^(?!{indent})[ \t]*+[^ \t\r\n]", re.MULTILINE)


def _fence_scan_end(text: str, opening: re.Match[str]) -> int | None:
    """Where the code ends, or `None` if it does not, or if it may be an item's and end sooner."""
    fence, indent = opening["fence"], opening["indent"]
    if fence[0] == "`" and "`" in opening["info"]:
        return opening.end()
    closing = find_fence_end(text, opening.end(), len(text), fence)
    if closing is None:
        return None
    if indent and _outside(indent).search(text, opening.end() + 1, closing.end()):
        return None
    return closing.end()
