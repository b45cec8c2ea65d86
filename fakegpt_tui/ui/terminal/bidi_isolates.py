"""Rows in which one widget hides a part of another: what is isolated in them is made whole again.

Textual cuts lines after they went through the filters, so that a dialog may stand on the end of
something that is isolated behind it.
"""

from collections.abc import Iterable, Mapping, Sequence

from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.strip import Strip

from fakegpt_tui.ui.rendering.direction import (
    ISOLATE,
    POP_ISOLATE,
    close_isolates,
    find_cut_isolates,
)

Row = Mapping[int, Strip | None]
"""The parts of a row, by where they begin; `None` for one that is not drawn."""


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
