"""Where a very long paragraph begins a new line, so that its end is drawn without all before it.

What is found depends on nothing behind it but that there is something, and on how that begins, so
that more text moves nothing.
"""

import re
from collections.abc import Iterator

from fakegpt_tui.ui.rendering.borders import LINE_ENDS
from fakegpt_tui.ui.rendering.lengths import DEFAULT_LIMITS, Limits

_LINE_END = re.compile(f"[{LINE_ENDS}]")
_NEAR = re.compile(rf" (?=\S)|[{LINE_ENDS}]")
_TO_LINE_END = re.compile(rf"[^\S{LINE_ENDS}]*[{LINE_ENDS}]")
_INK = re.compile(r"\S")
_NO_BARS = re.compile(r"[ \t>]*[^\s|:>-]")
"""How a line begins that does not make a table's header of the line above."""


def flow_end(text: str, start: int, end: int, lengths: Limits = DEFAULT_LIMITS) -> int | None:
    """Where the flow ends that begins at `start` of a paragraph, if that goes on up to `end`.

    It ends with a line, or within one that is so long that it is no head.
    """
    least = start + lengths.flow
    while least < end:
        most = least + lengths.header
        has_lines = False
        for line_end in _LINE_END.finditer(text, least, min(most, end)):
            has_lines = True
            if line_end[0] == "\n" and _NO_BARS.match(text, line_end.end(), end):
                return line_end.end()
        if not has_lines:
            return _middle(text, most, end, lengths)
        least = most
    return None


def flow_ends(text: str, start: int, end: int, lengths: Limits) -> Iterator[int]:
    """Where all flows but the last one of a paragraph end."""
    at = flow_end(text, start, end, lengths)
    while at is not None:
        yield at
        at = flow_end(text, at, end, lengths)


def _middle(text: str, most: int, end: int, lengths: Limits) -> int | None:
    far = most + lengths.near
    near = _NEAR.search(text, most, min(end, far + 1))
    cut = near.end() if near else far
    # Text that goes on does so on the same line: what will be below is not yet known.
    blanks = _TO_LINE_END.match(text, cut, end) if near is None else None
    cut = blanks.end() if blanks else cut
    return cut if cut < end and _INK.search(text, cut, end) else None
