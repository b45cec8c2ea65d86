"""A message cut into chapters, of which only those that somebody looks at are read."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Protocol

from fakegpt_tui.ui.rendering.borders import find_borders
from fakegpt_tui.ui.rendering.lengths import USUAL, Lengths
from fakegpt_tui.ui.rendering.parsing import References
from fakegpt_tui.ui.rendering.pieces import Manner, Piece, Resume
from fakegpt_tui.ui.rendering.reading import Reading, read, resumes
from fakegpt_tui.ui.rendering.seams import find_seams
from fakegpt_tui.ui.rendering.sections import section_after

SIZE = 8_192
"""Characters of a chapter, if its blocks can be parted there."""

_MAY_DEFINE = re.compile(r"\s*\[")
"""How a message begins whose first blocks may show nothing, as they only define targets."""


@dataclass(eq=False, slots=True)
class Chapter:
    """Some pieces one below the other, or the place where they can be read.

    `section` is where the foldable section began that is open at its start.
    """

    start: int
    resume: Resume | None = None
    section: int | None = None
    pieces: tuple[Piece, ...] | None = None


class ChaptersOfText(Protocol):
    """A text in chapters, as many as have been found so far."""

    text: str
    all: list[Chapter]

    def read(self, index: int) -> None: ...
    def end(self, index: int) -> int: ...
    def at(self, offset: int) -> int: ...


class Chapters:
    """All of a message. The last chapter is always read, and only it can change."""

    def __init__(self, *, keep_breaks: bool, size: int = SIZE, lengths: Lengths = USUAL) -> None:
        self.text = ""
        self.complete = False
        self.all: list[Chapter] = [Chapter(0, pieces=())]
        self._manner = Manner({}, keep_breaks, lengths)
        self._size = size
        self._settled = 0

    def update(self, text: str, *, complete: bool, references: References) -> None:
        """Take in another text, reading only what does not go on from the text before."""
        grown = text.startswith(self.text) and references == self._manner.references
        if not grown:
            self._forget(self._common(text) if references == self._manner.references else 0)
        self.text, self.complete = text, complete
        self._manner = replace(self._manner, references=references)
        self._read_tail()

    def read(self, index: int) -> None:
        """See to it that a chapter is read, which may make several of it."""
        chapter = self.all[index]
        if chapter.pieces is None:
            self._cut_blocks(index)
            end = self.end(index)
            below = self.all[index + 1].resume if index + 1 < len(self.all) else None
            suffix = below.suffix if below else ""
            reading = self._reading(chapter.start, chapter.resume, end, suffix)
            chapter.pieces = reading.pieces
            if self.end(index) - chapter.start > 2 * self._size:
                self._divide(index, len(reading.pieces))

    def end(self, index: int) -> int:
        """Where a chapter ends."""
        return self.all[index + 1].start if index + 1 < len(self.all) else len(self.text)

    def at(self, offset: int) -> int:
        """The chapter in which the text at `offset` stands."""
        return max(0, bisect_right(self.all, offset, key=attrgetter("start")) - 1)

    @property
    def unclosed(self) -> int | None:
        """The section that a complete message leaves open."""
        last = self.all[-1]
        return section_after(last.pieces or (), last.section) if self.complete else None

    def _common(self, text: str) -> int:
        """The last chapter that begins before the texts differ."""
        low, high = 0, len(self.all) - 1
        while low < high:
            middle = (low + high + 1) // 2
            if text.startswith(self.text[: self.all[middle].start]):
                low = middle
            else:
                high = middle - 1
        return low

    def _forget(self, index: int) -> None:
        # The chapter before is read again too: its last block was ended by what has changed.
        index = max(0, index - 1)
        first = self.all[index]
        self.all[index:] = [Chapter(first.start, first.resume, first.section, ())]
        self._settled = 0

    def _read_tail(self) -> None:
        tail = self.all[-1]
        if not self._settled and tail.resume is None:
            tail = self._cut(tail)
        pieces = tail.pieces or ()
        start = pieces[self._settled].start if self._settled < len(pieces) else tail.start
        known = len(self.all)
        # One block of a megabyte takes a hundred while it is read at once, and thirty once it is.
        step = self._manner.lengths.at_once
        for end in range(start + step, len(self.text) - step, step):
            self._read_to(end)
            for chapter in self.all[known:-1]:
                chapter.pieces = None
        self._read_to(len(self.text))

    def _read_to(self, end: int) -> None:
        tail = self.all[-1]
        keep = self._settled
        pieces = tail.pieces or ()
        while True:
            first = pieces[keep] if keep < len(pieces) else None
            start, resume = (first.start, first.resume) if first else (tail.start, tail.resume)
            reading = self._reading(start, resume, end)
            if not reading.broken or not keep:
                break
            keep -= 1
            while pieces[keep].joins:
                keep -= 1
        tail.pieces = (*pieces[:keep], *reading.pieces)
        self._settled = keep + reading.settled
        self._settled -= self._divide(len(self.all) - 1, self._settled)

    def _cut(self, tail: Chapter) -> Chapter:
        """Leave all but the end of a long text unread."""
        borders = find_borders(self.text[tail.start :], self._size) if tail.section is None else []
        if not tail.start and _MAY_DEFINE.match(self.text):
            # The first chapter has to show something, which what begins at a border does.
            borders = borders[1:]
        self.all.extend(Chapter(tail.start + border) for border in borders)
        self._cut_blocks(len(self.all) - 1)
        if self.all[-1] is not tail:
            tail.pieces = None
            self.all[-1].pieces = ()
        return self.all[-1]

    def _cut_blocks(self, index: int) -> None:
        """Leave all of a chapter's long blocks unread but their beginnings."""
        chapter, end = self.all[index], self.end(index)
        if chapter.resume or chapter.section is not None or end - chapter.start <= 2 * self._size:
            return
        seams = find_seams(self.text, chapter.start, end, self._size, self._manner.lengths)
        parts = resumes(seams, self.text, self._manner)
        self.all[index + 1 : index + 1] = [
            Chapter(seam.at, resume) for seam, resume in zip(seams, parts, strict=True)
        ]

    def _reading(self, start: int, resume: Resume | None, end: int, suffix: str = "") -> Reading:
        text = self.text if end == len(self.text) else self.text[:end]
        return read(text, start, resume, self._manner, suffix)

    def _divide(self, index: int, settled: int) -> int:
        """Make chapters of what has settled in one; tell how many pieces its last begins after."""
        chapter = self.all[index]
        pieces = chapter.pieces or ()
        moved = 0
        parts: list[Chapter] = []
        for at in range(1, settled + 1):
            if at == len(pieces) or pieces[at].joins:
                continue
            if pieces[at].start - pieces[moved].start >= self._size:
                parts.append(_part(chapter, parts, pieces[moved:at]))
                moved = at
        if parts:
            last = _part(chapter, parts, pieces[moved:])
            first, *rest = [*parts, last]
            chapter.pieces = first.pieces
            self.all[index + 1 : index + 1] = rest
        return moved


def _part(chapter: Chapter, before: Sequence[Chapter], pieces: tuple[Piece, ...]) -> Chapter:
    section = chapter.section
    if before:
        last = before[-1]
        section = section_after(last.pieces or (), last.section)
    return Chapter(pieces[0].start, pieces[0].resume, section, pieces)
