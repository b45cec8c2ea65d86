"""Chunks: a message cut into parts, of which only those that are looked at are parsed."""

import re
from collections.abc import Sequence
from dataclasses import replace

from fakegpt_tui.ui.markdown.blocks import (
    CHUNK_SIZE,
    DEFAULT_LIMITS,
    BlockFragment,
    Chunk,
    ChunkSource,
    Limits,
    OpenSection,
    ParseOptions,
    References,
)
from fakegpt_tui.ui.markdown.fragment_parser import parse_fragments
from fakegpt_tui.ui.markdown.sections import sections_after
from fakegpt_tui.ui.markdown.split_points import find_split_points

_MAY_DEFINE = re.compile(r"\s*\[")
"""How a message may begin whose first blocks show nothing, as they only define link targets."""


class ChunkedText(ChunkSource):
    """All of a message. The last chunk is always parsed, and only it can change."""

    def __init__(
        self, *, keep_breaks: bool, size: int = CHUNK_SIZE, limits: Limits = DEFAULT_LIMITS
    ) -> None:
        super().__init__("", [Chunk(0, fragments=())])
        self.complete = False
        self._options = ParseOptions({}, keep_breaks, limits)
        self._size = size
        self._settled = 0

    def update(self, text: str, *, complete: bool, references: References) -> None:
        """Change the text; only what is new, or follows a change, is parsed."""
        grown = text.startswith(self.text) and references == self._options.references
        if not grown:
            self._forget(self._common_chunk(text) if references == self._options.references else 0)
        self.text, self.complete = text, complete
        self._options = replace(self._options, references=references)
        self._parse_tail()

    def load(self, index: int) -> None:
        if self.chunks[index].fragments is None:
            self._parse(index, 0)

    @property
    def open_sections(self) -> tuple[OpenSection, ...]:
        """The sections that a complete message leaves open."""
        last = self.chunks[-1]
        return sections_after(last.fragments or (), last.sections) if self.complete else ()

    def _common_chunk(self, text: str) -> int:
        """The last chunk that begins before the texts differ."""
        low, high = 0, len(self.chunks) - 1
        while low < high:
            middle = (low + high + 1) // 2
            if text.startswith(self.text[: self.chunks[middle].start]):
                low = middle
            else:
                high = middle - 1
        return low

    def _forget(self, index: int) -> None:
        # The chunk before is parsed again, too: what has changed ended its last block.
        index = max(0, index - 1)
        first = self.chunks[index]
        self.chunks[index:] = [Chunk(first.start, first.checkpoint, first.sections, ())]
        self._settled = 0

    def _parse_tail(self) -> None:
        tail = self.chunks[-1]
        if not self._settled and tail.checkpoint is None:
            self._cut(tail)
        self._settled = self._parse(len(self.chunks) - 1, self._settled)

    def _cut(self, tail: Chunk) -> None:
        """Leave all but the end of a long text unparsed."""
        if tail.sections:
            return
        points = find_split_points(self.text[tail.start :], self._size)
        if not tail.start and _MAY_DEFINE.match(self.text):
            # The first chunk has to show something, as a block at a split point does.
            points = points[1:]
        if points:
            tail.fragments = None
            self.chunks.extend(Chunk(tail.start + point) for point in points)
            self.chunks[-1].fragments = ()

    def _parse(self, index: int, settled: int) -> int:
        """Parse a chunk below its settled fragments, and divide it if it is long.

        Returns how many fragments are settled of its last part.
        """
        fragments, last, end = self.chunks[index].fragments or (), index, self.chunk_end(index)
        start = fragments[settled].start if settled < len(fragments) else self.chunks[index].start
        # A block of 1 MB takes 100 MB of memory while it is parsed at once, and 30 in steps.
        step = self._options.limits.read_step
        for stop in range(start + step, end - step, step):
            last, settled = self._parse_to(stop, last, settled)
            for chunk in self.chunks[index + 1 : last]:
                chunk.fragments = None
        return self._parse_to(end, last, settled)[1]

    def _parse_to(self, end: int, index: int, settled: int) -> tuple[int, int]:
        """Parse a chunk up to `end`. Returns the index and what is settled of its last part."""
        chunk = self.chunks[index]
        fragments = chunk.fragments or ()
        text = self.text if end == len(self.text) else self.text[:end]
        while True:
            first = fragments[settled] if settled < len(fragments) else chunk
            parsed = parse_fragments(text, first.start, first.checkpoint, self._options)
            if not parsed.misread or not settled:
                break
            settled -= 1
            while fragments[settled].joins:
                settled -= 1
        chunk.fragments = (*fragments[:settled], *parsed.fragments)
        return self._divide(index, settled + parsed.settled)

    def _divide(self, index: int, settled: int) -> tuple[int, int]:
        """Make several chunks of the settled part of one. Returns as `_parse_to`."""
        chunk = self.chunks[index]
        fragments = chunk.fragments or ()
        first, sections = 0, chunk.sections
        parts: list[Chunk] = []
        for at in range(1, min(settled + 1, len(fragments))):
            start = fragments[first].start
            if not fragments[at].joins and fragments[at].start - start >= self._size:
                parts.append(_new_chunk(fragments[first:at], sections))
                sections = sections_after(fragments[first:at], sections)
                first = at
        if parts:
            chunk.fragments = parts[0].fragments
            rest = _new_chunk(fragments[first:], sections)
            self.chunks[index + 1 : index + 1] = [*parts[1:], rest]
        return index + len(parts), settled - first


def _new_chunk(fragments: Sequence[BlockFragment], sections: tuple[OpenSection, ...]) -> Chunk:
    return Chunk(fragments[0].start, fragments[0].checkpoint, sections, tuple(fragments))
