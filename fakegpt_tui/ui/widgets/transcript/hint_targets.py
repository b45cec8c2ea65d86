"""Hint targets: the links, code blocks, pictures, files, folds and messages that are in view."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import groupby, takewhile
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from fakegpt_tui.fast_import import dataclass
from fakegpt_tui.ui.widgets.transcript.appearance import bar_width, left_margin
from fakegpt_tui.ui.widgets.transcript.code_blocks import fences
from fakegpt_tui.ui.widgets.transcript.line_ids import (
    WRITTEN_ZONES,
    MessageZone,
    unpack_line_id,
    written_text,
)

if TYPE_CHECKING:
    from fakegpt_tui.ui.markdown.lines import Line
    from fakegpt_tui.ui.widgets.transcript.message_layout import MessageLayout
    from fakegpt_tui.ui.widgets.transcript.virtual_list import LinePosition, VirtualList

_REASONING_BAR = 2
"""Cells of the bar beside reasoning."""


class TargetKind(StrEnum):
    """What something is that a hint can be on."""

    LINK = "link"
    CODE = "code block"
    PICTURE = "picture"
    FILE = "file"
    FOLD = "fold"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class Target:
    """Something that a hint can be on. It stays the same wherever it moves to.

    `value` is the address of a link, the offset at which code begins, the digest of a file, or what
    folds. `place` tells apart what has the same value; it holds at any width.
    """

    kind: TargetKind
    message_id: str
    value: str | int = ""
    place: tuple[int, ...] = ()


class Spot(NamedTuple):
    """Where a target begins in view: a row and a column of the screen, and the line there."""

    target: Target
    row: int
    column: int
    position: LinePosition


class _Run(NamedTuple):
    """Cells side by side that are about the same, and the letters before them in their line."""

    kind: TargetKind
    value: str | int
    start: int
    end: int
    letters: int
    is_first: bool
    """Is there no word before it in the line?"""


class _ShownLine(NamedTuple):
    row: int
    position: LinePosition
    zone: MessageZone
    line: Line
    column: int
    """Where the line begins, behind margin and bars."""


def find_spots(positions: Sequence[LinePosition], message_list: VirtualList) -> list[Spot]:
    """Where each target begins that the lines at `positions` show, from the top down."""
    found: dict[Target, Spot] = {}
    rows = list(enumerate(positions))
    for index, group in groupby(rows, key=lambda each: each[1].message):
        layout = message_list.layout(index)
        for spot in _MessageSpots(layout, list(group), message_list.width).all():
            found.setdefault(spot.target, spot)
    return sorted(found.values(), key=attrgetter("row", "column"))


class _MessageSpots:
    """The targets of one message in the rows that show it."""

    def __init__(
        self, layout: MessageLayout, rows: Sequence[tuple[int, LinePosition]], width: int
    ) -> None:
        self._layout = layout
        self._id = layout.message.id
        self._margin = left_margin(width)
        self._lines = [self._shown(row, position, bar_width(width)) for row, position in rows]

    def _shown(self, row: int, position: LinePosition, bar: int) -> _ShownLine:
        zone = unpack_line_id(position.line)[0]
        column = self._margin + bar + _REASONING_BAR * (zone is MessageZone.REASONING)
        return _ShownLine(row, position, zone, self._layout.line(position.line), column)

    def all(self) -> Iterator[Spot]:
        own = next((each for each in self._lines if each.position.line), None)
        if own is not None:
            yield Spot(Target(TargetKind.MESSAGE, self._id), own.row, self._margin, own.position)
        for zone in WRITTEN_ZONES:
            yield from self._code([each for each in self._lines if each.zone is zone], zone)
        above: list[_Run] = []
        for shown in self._lines:
            runs = list(_runs(shown.line))
            for run in runs:
                if not any(_goes_on(run, before) for before in above):
                    yield self._spot(run, shown)
            above = runs
            if (picture := shown.line.picture) is not None:
                target = Target(TargetKind.PICTURE, self._id, picture.digest)
                yield Spot(target, shown.row, shown.column, shown.position)

    def _spot(self, run: _Run, shown: _ShownLine) -> Spot:
        place: tuple[int, ...] = (shown.zone,) if run.kind is TargetKind.FOLD else ()
        if run.kind is TargetKind.LINK:
            zone, (source, letters, above) = self._layout.anchor_at(shown.position.line)
            place = zone, source, letters + run.letters, above
        target = Target(run.kind, self._id, run.value, place)
        return Spot(target, shown.row, shown.column + run.start, shown.position)

    def _code(self, lines: Sequence[_ShownLine], zone: MessageZone) -> Iterator[Spot]:
        """The code blocks in the lines, each beside its word for copying, if that is shown."""
        sources = [source for each in lines if (source := each.line.source) is not None]
        if not sources:
            return
        first, last = min(start for start, _ in sources), max(end for _, end in sources)
        nodes = fences(written_text(self._layout.message, zone), first)
        blocks = [each.source for each in takewhile(lambda each: each.source[0] < last, nodes)]
        for shown in lines:
            source = shown.line.source
            block = next(
                (start for start, end in blocks if source and start <= source[0] < end), None
            )
            if block is not None:
                target = Target(TargetKind.CODE, self._id, block, (zone,))
                column = shown.column + _copy_column(shown.line)
                yield Spot(target, shown.row, column, shown.position)


def _runs(line: Line) -> Iterator[_Run]:
    """What of a line is a link, a fold, or the caption of a picture or file."""
    start = letters = 0
    words = ""
    run: _Run | None = None
    for segment in line.segments:
        meta = segment.style.meta if segment.style is not None else {}
        named = _named(meta)
        end = start + segment.cell_length
        if run is not None and named == (run.kind, run.value):
            run = run._replace(end=end)
        else:
            if run is not None:
                yield run
            is_first = not any(map(str.isalnum, words))
            run = None if named is None else _Run(*named, start, end, letters, is_first)
        start, words = end, words + segment.text
        letters += len(segment.text) - segment.text.count(" ")
    if run is not None:
        yield run


def _named(meta: dict[str, object]) -> tuple[TargetKind, str | int] | None:
    """What a style's meta says that its cells are."""
    match meta:
        case {"href": str(href)}:
            return TargetKind.LINK, href
        case {"fold": str() | int() as fold}:
            return TargetKind.FOLD, fold
        case {"blob": (str(digest), bool(is_picture))}:
            return TargetKind.PICTURE if is_picture else TargetKind.FILE, digest
        case _:
            return None


def _goes_on(run: _Run, above: _Run) -> bool:
    """Is a run the rest of one in the row above, at the edge or in the same column?"""
    is_same = (run.kind, run.value) == (above.kind, above.value)
    return is_same and (run.is_first or run.start == above.start)


def _copy_column(line: Line) -> int:
    """Where the word begins that copies the code of a block; 0 where there is none."""
    column = 0
    for segment in line.segments:
        if segment.style is not None and "copy" in segment.style.meta:
            return column
        column += segment.cell_length
    return 0
