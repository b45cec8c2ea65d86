"""Word wrap: styled text broken into lines by the cells it takes.

Any text made of Rich segments can be broken with it.
"""

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import pairwise

from rich.cells import cell_len, split_graphemes
from rich.segment import Segment
from rich.style import Style

from fakegpt_tui.fast_import import lazy_pattern
from fakegpt_tui.ui.markdown.lines import Line, cell_width
from fakegpt_tui.ui.terminal.cell_widths import width_profile

Range = tuple[int, int]

_IDEOGRAPH = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
_CLOSING = (
    "\u3001\u3002\u3005\u3009\u300b\u300d\u300f\u3011\u3015\u3017\u3019\u3099\u309a\u30fb\u30fc"
    "\uff01\uff09\uff0c\uff0e\uff1a\uff1b\uff1f\uff3d\uff5d\uff60\u2026\u2025\u201d\u2019"
    "ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶ"
)
"""What begins no line: marks that end something, and small kana."""
_OPENING = "\u3008\u300a\u300c\u300e\u3010\u3014\u3016\u3018\uff08\uff3b\uff5b\uff5f\u201c\u2018"
"""What ends no line."""


@cache
def _words() -> re.Pattern[str]:
    """What stays together: a run without spaces, or one ideograph with the marks that belong to it.

    Compiled for the first text that needs it, as the next one: that takes longer than to wrap it.
    """
    return re.compile(
        f"\n| +|[{_OPENING}]*[{_IDEOGRAPH}][{_CLOSING}\u200d\ufe0e\ufe0f]*"
        f"|(?:[^ \n{_IDEOGRAPH}{_OPENING}]|[{_OPENING}](?![{_OPENING}]*[{_IDEOGRAPH}]))+"
    )


@cache
def _other_than_one_cell() -> re.Pattern[str]:
    return re.compile("[^\n -~\u00a0-\u02ff\u0370-\u0482\u2010-\u2027\u2500-\u25fc]")


_JOINS_NOTHING = lazy_pattern("(?:(?<=[ \n])|\\A)[\u200d\ufe0f]+|\u200d(?=[ \n\u200d])")
"""Joiners without a neighbour at one side, whose width depends on what is measured with them."""


def wrap(segments: Sequence[Segment], width: int) -> list[list[Segment]]:
    """`segments` on lines of at most `width` cells, broken at spaces where there are any.

    Spaces at a break are dropped; a line feed always breaks. There is at least one line.
    """
    segments, text = _joined(segments)
    return _cut(segments, _word_breaks(text, width))


def wrapped_lines(
    segments: Sequence[Segment], width: int, source: Range | None, gap: str | None = None
) -> list[Line]:
    """The same as lines that know what they go on with; `gap` is that of the first."""
    segments, text = _joined(segments)
    return _lines(segments, text, _word_breaks(text, width), source, gap)


def chop(segments: Sequence[Segment], width: int) -> list[list[Segment]]:
    """`segments` on full lines of `width` cells: nothing is dropped, spaces least of all."""
    segments, text = _joined(segments)
    return _cut(segments, _chopped(text, 0, len(text), width))


def chopped_lines(segments: Sequence[Segment], width: int, source: Range | None) -> list[Line]:
    """The same as lines that know what they go on with."""
    segments, text = _joined(segments)
    return _lines(segments, text, _chopped(text, 0, len(text), width), source, None)


def padded(
    segments: Sequence[Segment], width: int, style: Style | None = None, justify: str = "left"
) -> list[Segment]:
    """`segments` with spaces to fill `width` cells."""
    room = max(0, width - cell_width(segments))
    before = {"right": room, "center": room // 2}.get(justify, 0)
    spaces = (blank_segment(before, style), *segments, blank_segment(room - before, style))
    return [segment for segment in spaces if segment.text]


@lru_cache(maxsize=1024)
def blank_segment(cells: int, style: Style | None) -> Segment:
    """Spaces in a style, one segment for all lines that need as many."""
    return Segment(" " * cells, style)


def _joined(segments: Sequence[Segment]) -> tuple[Sequence[Segment], str]:
    """`segments` without joiners that join nothing, or one with the next, and their text.

    What is drawn in two styles is not joined on any terminal, only measured wrongly.
    """
    text = "".join(segment.text for segment in segments)
    if "\u200d" in text or "\ufe0f" in text:
        texts = [_JOINS_NOTHING.sub("", segment.text) for segment in segments]
        if len(segments) > 1:
            texts = [text.rstrip("\u200d") for text in texts]
        segments = [
            Segment(text, segment.style) for text, segment in zip(texts, segments, strict=True)
        ]
        text = "".join(texts)
    return segments, text


def _lines(
    segments: Sequence[Segment],
    text: str,
    ranges: Sequence[Range],
    source: Range | None,
    first_gap: str | None,
) -> list[Line]:
    gaps = [text[end:start] for (_, end), (start, _) in pairwise(ranges)]
    gaps_or_breaks = [first_gap, *(None if "\n" in gap else gap for gap in gaps)]
    rows = _cut(segments, ranges)
    return [Line(tuple(row), source, gap) for row, gap in zip(rows, gaps_or_breaks, strict=True)]


def _word_breaks(text: str, width: int) -> list[Range]:
    return _plain_breaks(text, width) if _one_cell_each(text) else _breaks(text, width)


def _one_cell_each(text: str) -> bool:
    return text.isascii() or not (
        width_profile().wide_ambiguous or _other_than_one_cell().search(text)
    )


def _plain_breaks(text: str, width: int) -> list[Range]:
    ranges: list[Range] = []
    start = 0
    for line in text.split("\n"):
        end = start + len(line)
        _break_plain_line(text, start, end, width, ranges)
        start = end + 1
    return ranges


def _break_plain_line(text: str, start: int, end: int, width: int, ranges: list[Range]) -> None:
    while end - start > width:
        space = text.rfind(" ", start, start + width + 1)
        head = text[start:space].rstrip(" ") if space > start else ""
        if head:
            ranges.append((start, start + len(head)))
        elif space < 0:
            space = start + width - 1
            ranges.append((start, space + 1))
        start = space + 1
        while head and start < end and text[start] == " ":
            start += 1
    ranges.append((start, start + len(text[start:end].rstrip(" "))))


def _breaks(text: str, width: int) -> list[Range]:
    ranges: list[Range] = []
    start = end = used = 0
    for match in _words().finditer(text):
        word = match[0]
        if word == "\n":
            ranges.append((start, end))
            start = end = match.end()
            used = 0
            continue
        cells = cell_len(word)
        if word[0] == " ":
            used += cells
            continue
        if used and used + cells > width:
            if end > start:
                ranges.append((start, end))
            start, used = match.start(), 0
        if cells > width:
            # Marks without a letter may stand before it, and take no cell.
            first = start if end > start else match.start()
            *full, (start, end) = _chopped(text, first, match.end(), width)
            ranges.extend(full)
            cells = cell_len(text[start:end])
        used += cells
        end = match.end()
    ranges.append((start, end))
    return ranges


def _chopped(text: str, start: int, end: int, width: int) -> list[Range]:
    if text.isascii():
        return [(at, min(at + width, end)) for at in range(start, end, width)] or [(start, end)]
    ranges: list[Range] = []
    line = start
    used = 0
    for first, _, cells in split_graphemes(text[start:end])[0]:
        if used + cells > width and start + first > line:
            ranges.append((line, start + first))
            line, used = start + first, 0
        used += cells
    ranges.append((line, end))
    return ranges


def _cut(segments: Sequence[Segment], ranges: Sequence[Range]) -> list[list[Segment]]:
    lines: list[list[Segment]] = []
    index = at = 0
    for start, end in ranges:
        line: list[Segment] = []
        while index < len(segments):
            text, style, _ = segments[index]
            part = text[max(0, start - at) : max(0, end - at)]
            if part:
                line.append(Segment(part, style))
            if at + len(text) > end:
                break
            at += len(text)
            index += 1
        lines.append(line)
    return lines
