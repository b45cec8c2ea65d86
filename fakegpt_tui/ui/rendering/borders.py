"""Where a long text can be cut, so that each part reads the same alone as in its place.

Knows nothing of this program: any Markdown without HTML blocks can be cut by it. A border that
is not certain is not one, so the worst text is one part.
"""

import re

_INTERESTING = re.compile(
    r"^(?P<indent> {0,3})(?P<fence>`{3,}|~{3,})(?P<info>[^\n]*)$"
    r"|^<(?P<section>/?)(?:think|thinking|thought|reasoning|analysis)>[ \t\r]*$"
    r"|^[ \t\r]*\n(?=(?P<border>[A-Za-z#\"'(\u00c0-\U0010ffff]|\*\*[^\s*]|\d++[^\d.)]))",
    re.MULTILINE,
)
"""Fences, sections, and lines at the margin that nothing above can be continued by."""

_ODD_LINE_END = re.compile("[\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029]")
_NOT_BLANK = re.compile(r"[^ \t\r\n]")


def find_borders(text: str, size: int) -> list[int]:
    """Offsets, at least `size` apart, at which a block begins that owes nothing to those above."""
    if len(text) <= size or _ODD_LINE_END.search(text):
        return []
    borders: list[int] = []
    last = at = 0
    in_section = False
    while (match := _INTERESTING.search(text, at)) is not None:
        at = match.end()
        if match["fence"]:
            end = _end_of_fence(text, match)
            if end is None:
                break
            at = end
        elif match["section"] is not None:
            in_section = not match["section"]
        elif at - last >= size and not in_section:
            borders.append(at)
            last = at
    return borders


def _end_of_fence(text: str, opening: re.Match[str]) -> int | None:
    """Where the code ends, or `None` if it does not, or if it may be an item's and end sooner."""
    fence, indent = opening["fence"], opening["indent"]
    if fence[0] == "`" and "`" in opening["info"]:
        return opening.end()
    closing = re.compile(rf"^ {{0,3}}{re.escape(fence[0])}{{{len(fence)},}}[ \t\r]*$", re.MULTILINE)
    match = closing.search(text, opening.end())
    if match is None:
        return None
    if indent:
        for line in text[opening.end() + 1 : match.end()].split("\n"):
            if _NOT_BLANK.search(line) and not line.startswith(indent):
                return None
    return match.end()
