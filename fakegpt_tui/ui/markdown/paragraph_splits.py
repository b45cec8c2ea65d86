"""Where one long quote can be parted: between its blocks, and within a very long paragraph.

Knows nothing of this program, as `seams`.
"""

import re
from collections.abc import Iterator
from itertools import accumulate

from fakegpt_tui.ui.markdown.blocks import DEFAULT_LIMITS, Limits
from fakegpt_tui.ui.markdown.split_points import (
    LINE_ENDS,
    PARAGRAPH_CONTINUATION,
    PARAGRAPH_START,
    find_split_points,
)

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


_QUOTED = re.compile(r"(?:>[^\n]*(?:\n|\Z))++")
_MARK = re.compile(r"^> ?", re.MULTILINE)
_ABOVE = "x\n"
_TAB = re.compile(r"^> *\t", re.MULTILINE)
_PARAGRAPH = re.compile(
    rf"> {{0,3}}{PARAGRAPH_START}[^\n]*(?:\n|\Z)"
    rf"(?:(?:> ?)? {{0,3}}(?:{PARAGRAPH_START}|{PARAGRAPH_CONTINUATION})[^\n]*(?:\n|\Z))*+"
)
"""Lines of text, of which all but the first may lack the mark."""


class Quote:
    """A quote that begins at `start`: places within it, and where it ends.

    It is `certain` how it is read, unless there are tabs in it.
    """

    def __init__(self, text: str, start: int, end: int, lengths: Limits) -> None:
        self.blocks: list[int] = []
        self.flows: list[int] = []
        self.end = start
        self.certain = True
        self._text = text
        self._most = end
        self._lengths = lengths
        while (lines := _QUOTED.match(text, self.end, end)) is not None:
            self._scan(lines, is_first=self.end == start)
            if self.end == lines.end():
                break
        self.certain = self.certain and self.end > start

    def _scan(self, lines: re.Match[str], *, is_first: bool) -> None:
        """Find the places in lines that are all marked, and in the text that goes on below."""
        self.end = lines.end()
        self.certain = self.certain and not _TAB.search(lines[0])
        blocks = list(_blocks(lines, "" if is_first else _ABOVE))
        self.blocks += blocks
        for block in (lines.start(), *blocks) if is_first else blocks:
            paragraph = _PARAGRAPH.match(self._text, block, self._most)
            if paragraph is not None:
                self.flows += flow_ends(self._text, block, paragraph.end(), self._lengths)
                self.end = max(self.end, paragraph.end())


def _blocks(lines: re.Match[str], above: str) -> Iterator[int]:
    """Where blocks could begin below other text if the lines were not marked."""
    inner = _MARK.sub("", lines[0])
    borders = find_split_points(above + inner, 1)
    outer = line_starts(lines[0], lines.start())
    starts = dict(zip(line_starts(inner, len(above)), outer, strict=True))
    return (starts[border] for border in borders)


def line_starts(text: str, start: int) -> Iterator[int]:
    """Where each line of a text that begins at `start` does."""
    return accumulate((len(line) + 1 for line in text.split("\n")), initial=start)
