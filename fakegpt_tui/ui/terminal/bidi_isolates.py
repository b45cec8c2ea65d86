"""Unicode isolates around right-to-left text, so that terminals do not reorder its neighbours.

Mends: Textual writes a row as one line of text, which a terminal that knows right-to-left text
turns as a whole, cells of tables and neighbouring panes included. Isolates tell it what belongs
together; they take no cell, and other terminals ignore them. Textual cuts rows after its filters,
so that a dialog may cover the end of an isolate: parts are repaired just before they are written.
Since: Textual 8.2.8, which has no public way to see what is written. Can go: when Textual isolates
what its widgets draw.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.segment import Segment
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.strip import Strip

from fakegpt_tui.text import ISOLATE, POP_ISOLATE, RIGHT_TO_LEFT

_BETWEEN = re.compile("[\u2500-\u259f·]|\\s{2,}")
"""What parts things that have nothing to do with each other: lines, bars, and gaps."""
_MARKER = re.compile(r"\s*(?:(?:[^\w\s\"'(«“„‘‚\[]|\d+[.)])\s+)*")
"""What stands before the text of an item, and is no part of it."""


def isolate_rtl(segments: Sequence[Segment]) -> Sequence[Segment]:
    """`segments` with isolates around whatever is written from right to left."""
    text = "".join(segment.text for segment in segments)
    if text.isascii() or not RIGHT_TO_LEFT.search(text):
        return segments
    ranges = list(_ranges(text))
    made: list[Segment] = []
    first = 0
    for plain, style, control in segments:
        signed, last = plain, first + len(plain)
        # Each sign goes with a letter of its own, from which no cut of the line parts it.
        signs = [(start - first, ISOLATE) for start, _ in ranges if first <= start < last]
        signs += [(end - first, POP_ISOLATE) for _, end in ranges if first < end <= last]
        for at, sign in sorted(signs, reverse=True):
            signed = signed[:at] + sign + signed[at:]
        made.append(Segment(signed, style, control))
        first = last
    return made


def find_cut_isolates(segments: Iterable[Segment]) -> tuple[bool, bool]:
    """Whether something that is isolated was cut where this begins, and where it ends."""
    is_cut, is_open = False, False
    for text, _, _ in segments:
        if ISOLATE in text or POP_ISOLATE in text:
            for sign in filter((ISOLATE, POP_ISOLATE).__contains__, text):
                is_cut = is_cut or (sign == POP_ISOLATE and not is_open)
                is_open = sign == ISOLATE
    return is_cut, is_open


def close_isolates(segments: Sequence[Segment], *, start: bool, end: bool) -> list[Segment]:
    """`segments` with the signs that a cut has taken from where they start, or end."""
    made = list(segments)
    if start:
        made[0] = Segment(ISOLATE + made[0].text, *made[0][1:])
    if end:
        made[-1] = Segment(made[-1].text + POP_ISOLATE, *made[-1][1:])
    return made


def _ranges(text: str) -> Iterator[tuple[int, int]]:
    """What is to be isolated: a field that is written so, or the words of one that is not."""
    start = 0
    for gap in (*_BETWEEN.finditer(text), None):
        end = gap.start() if gap else len(text)
        if RIGHT_TO_LEFT.search(text, start, end):
            marker = _MARKER.match(text, start, end)
            begin = marker.end() if marker else start
            words = list(_words(text, begin, end))
            if words and _is_strong_before(text, begin, words[0][0]):
                yield from words
            elif words:
                yield begin, begin + len(text[begin:end].rstrip())
        start = gap.end() if gap else end


def _words(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The runs of text from right to left, which nothing from left to right stands between."""
    first = last = -1
    for at in range(start, end):
        direction = unicodedata.bidirectional(text[at])
        if direction in ("R", "AL"):
            first = at if first < 0 else first
            last = at + 1
        elif direction in ("NSM", "AN") and last == at:
            last = at + 1
        elif direction == "L" and first >= 0:
            yield first, last
            first = -1
    if first >= 0:
        yield first, last


def _is_strong_before(text: str, start: int, end: int) -> bool:
    return any(unicodedata.bidirectional(character) == "L" for character in text[start:end])


Row = Mapping[int, Strip | None]
"""The parts of a row, by the column of each; `None` for a part that is not drawn."""


def repair_bidi(update: object) -> None:
    """Let each part of a row that is to be written end what it begins."""
    if isinstance(update, LayoutUpdate):
        update.strips = [list(filter(None, _balanced(list(row)))) for row in update.strips]
    elif isinstance(update, ChopsUpdate):
        _repair_chops(update)


def _repair_chops(update: ChopsUpdate) -> None:
    chops: list[Row] = list(update.chops)
    spans: list[tuple[int, int, int]] = []
    for y, start, end in update.spans:
        row = chops[y]
        last = end
        if _has_isolates(row.values()):
            chops[y] = dict(zip(row, _balanced(list(row.values())), strict=True))
            # A part of which less is written would be cut once more.
            last = min((stop for stop in update.chop_ends[y] if stop >= end), default=end)
        spans.append((y, start, last))
    update.chops, update.spans = chops, spans


def _has_isolates(row: Iterable[Strip | None]) -> bool:
    texts = (text for strip in row if strip is not None for text, _, _ in strip)
    return any(not text.isascii() and (ISOLATE in text or POP_ISOLATE in text) for text in texts)


def _balanced(row: Sequence[Strip | None]) -> Sequence[Strip | None]:
    """The parts of a row; what goes on in the next part is that one's to end."""
    ends = [(False, False) if strip is None else find_cut_isolates(strip) for strip in row]
    made = list(row)
    for at, (strip, (is_cut, is_open)) in enumerate(zip(row, ends, strict=True)):
        start = is_cut and not (at > 0 and ends[at - 1][1])
        end = is_open and not (at + 1 < len(ends) and ends[at + 1][0])
        if strip is not None and (start or end):
            made[at] = Strip(close_isolates(list(strip), start=start, end=end), strip.cell_length)
    return made
