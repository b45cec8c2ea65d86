"""A message cut into chapters, of which only those that somebody looks at are read."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Protocol

from fakegpt_tui.ui.markdown.block_splits import find_block_splits
from fakegpt_tui.ui.markdown.blocks import DEFAULT_LIMITS, Limits
from fakegpt_tui.ui.markdown.fragment_parser import (
    ParsedFragments,
    find_checkpoints,
    parse_fragments,
)
from fakegpt_tui.ui.markdown.fragments import BlockFragment, ParseOptions, ParserCheckpoint
from fakegpt_tui.ui.markdown.parser import References
from fakegpt_tui.ui.markdown.sections import section_after
from fakegpt_tui.ui.markdown.split_points import find_split_points

CHUNK_SIZE = 8_192
"""Characters of a chapter, if its blocks can be parted there."""

_MAY_DEFINE = re.compile(r"\s*\[")
"""How a message begins whose first blocks may show nothing, as they only define targets."""


@dataclass(eq=False, slots=True)
class Chunk:
    """Some pieces one below the other, or the place where they can be read.

    `section` is where the foldable section began that is open at its start.
    """

    start: int
    checkpoint: ParserCheckpoint | None = None
    section: int | None = None
    fragments: tuple[BlockFragment, ...] | None = None


class ChunkSource(Protocol):
    """A text in chapters, as many as have been found so far."""

    text: str
    chunks: list[Chunk]

    def load(self, index: int) -> None: ...
    def chunk_end(self, index: int) -> int: ...
    def chunk_at(self, offset: int) -> int: ...


class ChunkedText:
    """All of a message. The last chapter is always read, and only it can change."""

    def __init__(
        self, *, keep_breaks: bool, size: int = CHUNK_SIZE, lengths: Limits = DEFAULT_LIMITS
    ) -> None:
        self.text = ""
        self.complete = False
        self.chunks: list[Chunk] = [Chunk(0, fragments=())]
        self._options = ParseOptions({}, keep_breaks, lengths)
        self._size = size
        self._settled = 0

    def update(self, text: str, *, complete: bool, references: References) -> None:
        """Take in another text, reading only what does not go on from the text before."""
        grown = text.startswith(self.text) and references == self._options.references
        if not grown:
            self._forget(self._common_chunk(text) if references == self._options.references else 0)
        self.text, self.complete = text, complete
        self._options = replace(self._options, references=references)
        self._read_tail()

    def load(self, index: int) -> None:
        """See to it that a chapter is read, which may make several of it."""
        chapter = self.chunks[index]
        if chapter.fragments is None:
            self._cut_blocks(index)
            end = self.chunk_end(index)
            below = self.chunks[index + 1].checkpoint if index + 1 < len(self.chunks) else None
            suffix = below.suffix if below else ""
            reading = self._reading(chapter.start, chapter.checkpoint, end, suffix)
            chapter.fragments = reading.fragments
            if self.chunk_end(index) - chapter.start > 2 * self._size:
                self._divide(index, len(reading.fragments))

    def chunk_end(self, index: int) -> int:
        """Where a chapter ends."""
        return self.chunks[index + 1].start if index + 1 < len(self.chunks) else len(self.text)

    def chunk_at(self, offset: int) -> int:
        """The chapter in which the text at `offset` stands."""
        return max(0, bisect_right(self.chunks, offset, key=attrgetter("start")) - 1)

    @property
    def open_section(self) -> int | None:
        """The section that a complete message leaves open."""
        last = self.chunks[-1]
        return section_after(last.fragments or (), last.section) if self.complete else None

    def _common_chunk(self, text: str) -> int:
        """The last chapter that begins before the texts differ."""
        low, high = 0, len(self.chunks) - 1
        while low < high:
            middle = (low + high + 1) // 2
            if text.startswith(self.text[: self.chunks[middle].start]):
                low = middle
            else:
                high = middle - 1
        return low

    def _forget(self, index: int) -> None:
        # The chapter before is read again too: its last block was ended by what has changed.
        index = max(0, index - 1)
        first = self.chunks[index]
        self.chunks[index:] = [Chunk(first.start, first.checkpoint, first.section, ())]
        self._settled = 0

    def _read_tail(self) -> None:
        tail = self.chunks[-1]
        if not self._settled and tail.checkpoint is None:
            tail = self._cut(tail)
        pieces = tail.fragments or ()
        start = pieces[self._settled].start if self._settled < len(pieces) else tail.start
        known = len(self.chunks)
        # One block of a megabyte takes a hundred while it is read at once, and thirty once it is.
        step = self._options.limits.read_step
        for end in range(start + step, len(self.text) - step, step):
            self._read_to(end)
            for chapter in self.chunks[known:-1]:
                chapter.fragments = None
        self._read_to(len(self.text))

    def _read_to(self, end: int) -> None:
        tail = self.chunks[-1]
        keep = self._settled
        pieces = tail.fragments or ()
        while True:
            first = pieces[keep] if keep < len(pieces) else None
            start, resume = (first.start, first.resume) if first else (tail.start, tail.checkpoint)
            reading = self._reading(start, resume, end)
            if not reading.broken or not keep:
                break
            keep -= 1
            while pieces[keep].joins:
                keep -= 1
        tail.fragments = (*pieces[:keep], *reading.fragments)
        self._settled = keep + reading.settled
        self._settled -= self._divide(len(self.chunks) - 1, self._settled)

    def _cut(self, tail: Chunk) -> Chunk:
        """Leave all but the end of a long text unread."""
        borders = (
            find_split_points(self.text[tail.start :], self._size) if tail.section is None else []
        )
        if not tail.start and _MAY_DEFINE.match(self.text):
            # The first chapter has to show something, which what begins at a border does.
            borders = borders[1:]
        self.chunks.extend(Chunk(tail.start + border) for border in borders)
        self._cut_blocks(len(self.chunks) - 1)
        if self.chunks[-1] is not tail:
            tail.fragments = None
            self.chunks[-1].fragments = ()
        return self.chunks[-1]

    def _cut_blocks(self, index: int) -> None:
        """Leave all of a chapter's long blocks unread but their beginnings."""
        chapter, end = self.chunks[index], self.chunk_end(index)
        if (
            chapter.checkpoint
            or chapter.section is not None
            or end - chapter.start <= 2 * self._size
        ):
            return
        seams = find_block_splits(self.text, chapter.start, end, self._size, self._options.limits)
        parts = find_checkpoints(seams, self.text, self._options)
        self.chunks[index + 1 : index + 1] = [
            Chunk(seam.at, resume) for seam, resume in zip(seams, parts, strict=True)
        ]

    def _reading(
        self, start: int, resume: ParserCheckpoint | None, end: int, suffix: str = ""
    ) -> ParsedFragments:
        text = self.text if end == len(self.text) else self.text[:end]
        return parse_fragments(text, start, resume, self._options, suffix)

    def _divide(self, index: int, settled: int) -> int:
        """Make chapters of what has settled in one; tell how many pieces its last begins after."""
        chapter = self.chunks[index]
        pieces = chapter.fragments or ()
        moved = 0
        parts: list[Chunk] = []
        for at in range(1, settled + 1):
            if at == len(pieces) or pieces[at].joins:
                continue
            if pieces[at].start - pieces[moved].start >= self._size:
                parts.append(_new_chunk(chapter, parts, pieces[moved:at]))
                moved = at
        if parts:
            last = _new_chunk(chapter, parts, pieces[moved:])
            first, *rest = [*parts, last]
            chapter.fragments = first.fragments
            self.chunks[index + 1 : index + 1] = rest
        return moved


def _new_chunk(chapter: Chunk, before: Sequence[Chunk], pieces: tuple[BlockFragment, ...]) -> Chunk:
    section = chapter.section
    if before:
        last = before[-1]
        section = section_after(last.fragments or (), last.section)
    return Chunk(pieces[0].start, pieces[0].resume, section, pieces)
