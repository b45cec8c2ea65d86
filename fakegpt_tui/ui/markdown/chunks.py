"""Chunks: a message cut into parts, of which those that are looked at are parsed to fragments."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from fakegpt_tui.fast_import import dataclass, lazy_pattern
from fakegpt_tui.text import safe_text
from fakegpt_tui.ui.markdown.block_types import BLOCK_TYPES
from fakegpt_tui.ui.markdown.blocks import (
    CHUNK_SIZE,
    DEFAULT_LIMITS,
    BlockFragment,
    Chunk,
    ChunkSource,
    Limits,
    OpenSection,
    ParseOptions,
    ParserCheckpoint,
    ParseSlice,
    References,
)
from fakegpt_tui.ui.markdown.items import leaf_number
from fakegpt_tui.ui.markdown.parser import parse_blocks
from fakegpt_tui.ui.markdown.plain_text import PLAIN, plain_end, plain_fragments, plain_start
from fakegpt_tui.ui.markdown.sections import sections_after
from fakegpt_tui.ui.markdown.split_points import (
    LINE_ENDS,
    UNUSUAL_LINE_END,
    find_block_cuts,
    find_split_points,
)

_MUCH = 32_768
"""Characters of growth from which on cutting costs less than parsing."""
_LONG = 4
"""Chunks from which on a block is cut before it is parsed."""
_LINE_END = lazy_pattern(f"\r\n|[{LINE_ENDS}]")
"""What safe text shows as a line feed; keeping to it keeps lines and offsets in step."""

_MAY_BE_EMPTY = lazy_pattern(r"\s*\[")
"""How a message may begin whose first blocks show nothing, as they only define link targets."""
_MAY_DEFINE = lazy_pattern(r"\s*[\[\"'(]")
"""How a paragraph begins that may prove to define a target, or to be the title of one."""


@dataclass(frozen=True, slots=True)
class ParsedFragments:
    """The fragments, and how many of them no further text can change.

    They are `misread` if the rest of a block shows that the block was of another type.
    """

    fragments: tuple[BlockFragment, ...]
    settled: int
    misread: bool = False


def parse_fragments(
    text: str, start: int, checkpoint: ParserCheckpoint | None, options: ParseOptions
) -> ParsedFragments:
    """Parse `text` from `start`, where `checkpoint` tells what is open there."""
    part = ParseSlice(text, start, checkpoint, options)
    if checkpoint is not None and checkpoint.kind == PLAIN.kind:
        return _parse_plain(part)
    raw = text[start:]
    ends = [start + match.end() for match in _LINE_END.finditer(raw)]
    prefix = checkpoint.prefix if checkpoint else ""
    offsets = [*[start] * prefix.count("\n"), start, *ends, len(text)]
    nodes = parse_blocks(prefix + safe_text(raw), offsets, options.references)
    misread = False
    if checkpoint:
        block_type = BLOCK_TYPES[checkpoint.kind]
        misread = block_type.is_misread(nodes, checkpoint, part)
        first = block_type.resume(nodes[0], checkpoint, part) if nodes else None
        nodes[:1] = [first] if first else []
        part = part if first else replace(part, checkpoint=None)
    fragments: list[BlockFragment] = []
    below = replace(part, checkpoint=None)
    for index, node in enumerate(nodes):
        fragments.extend(BLOCK_TYPES[node.kind].split(node, below if index else part))
    if fragments:
        # What stands before the first block belongs to it, so that nothing is left between any two.
        fragments[0] = replace(fragments[0], start=start, checkpoint=checkpoint)
    settled = min(_settled_by_lines(fragments, ends), _settled_by_definitions(fragments, part))
    parsed = ParsedFragments(tuple(fragments), settled, misread)
    return parsed if misread else _limit_blocks(parsed, text, options)


def _settled_by_lines(fragments: Sequence[BlockFragment], ends: Sequence[int]) -> int:
    """The index of the last fragment whose beginning is certain; those before it cannot change."""
    for index in range(len(fragments) - 1, 0, -1):
        fragment = fragments[index]
        needed = BLOCK_TYPES[fragment.node.kind].title_lines
        if fragment.joins or (len(ends) >= needed and ends[-needed] > fragment.start):
            return index
    return 0


def _settled_by_definitions(fragments: Sequence[BlockFragment], part: ParseSlice) -> int:
    """The index of the last fragment that is shown for certain.

    A title may end below it, so what is defined above it would have to be parsed again.
    """
    first = last = max(0, len(fragments) - 1)
    if not part.options.references or not fragments:
        return last
    while first and fragments[first].joins:
        first -= 1
    node = fragments[first].node
    may_define = node.kind == "paragraph" and not fragments[first].joins
    if may_define and _MAY_DEFINE.match(part.text, node.source[0]):
        return max(0, first - 1)
    return last


def _limit_blocks(parsed: ParsedFragments, text: str, options: ParseOptions) -> ParsedFragments:
    """Show as plain text what is beyond the limit of a block that cannot be split."""
    fragments, unit = parsed.fragments, 0
    for index, fragment in enumerate(fragments):
        unit = unit if fragment.joins else index
        first = fragments[unit]
        begin = first.start + 1 - leaf_number(first.node) if first.joins else first.node.source[0]
        if not BLOCK_TYPES[fragment.node.kind].limited:
            continue
        cut = plain_start(begin, fragments[index : index + 2], text, options.limits)
        if cut is None:
            continue
        if first.joins:
            # How a paragraph is split depends on where it ends: it is split anew.
            return replace(parsed, misread=True)
        again = parse_fragments(text[:cut], first.start, first.checkpoint, options)
        below = parse_fragments(text, cut, PLAIN, options)
        above = (*fragments[:unit], *again.fragments)
        return ParsedFragments((*above, *below.fragments), len(above) + below.settled)
    return parsed


def _parse_plain(part: ParseSlice) -> ParsedFragments:
    """Text as it was written up to where it ends for certain, and the blocks below it."""
    end = plain_end(part.text, part.start)
    plain = tuple(plain_fragments(part, len(part.text) if end is None else end))
    if end is None:
        return ParsedFragments(plain, max(0, len(plain) - 1))
    below = parse_fragments(part.text, end, None, part.options)
    # What is below may show nothing, as it only defines link targets.
    settled = len(plain) + below.settled - (not below.fragments)
    return ParsedFragments((*plain, *below.fragments), max(0, settled))


class ChunkedText(ChunkSource):
    """All of a message. The last chunk is always parsed, and only it can change."""

    def __init__(
        self, *, keep_breaks: bool, size: int = CHUNK_SIZE, limits: Limits = DEFAULT_LIMITS
    ) -> None:
        super().__init__("", [Chunk(0, fragments=())])
        self.complete = False
        self._options = ParseOptions({}, keep_breaks, BLOCK_TYPES, limits)
        self._size = size
        self._settled = 0

    def update(self, text: str, *, complete: bool, references: References) -> None:
        """Change the text; only what is new, or follows a change, is parsed."""
        grown = text.startswith(self.text) and references == self._options.references
        if grown and len(text) - len(self.text) > _MUCH and self.chunks[-1].checkpoint is None:
            self._forget_tail()
        elif not grown:
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

    def _forget_tail(self) -> None:
        """Begin the last chunk anew, so that a long text behind it can be cut, too."""
        self.chunks[-1].fragments, self._settled = (), 0

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
        if not tail.start and _MAY_BE_EMPTY.match(self.text):
            # The first chunk has to show something, as a block at a split point does.
            points = points[1:]
        starts = [tail.start, *(tail.start + point for point in points)]
        for start, end in pairwise([*starts, len(self.text)]):
            self.chunks += [Chunk(start)] if start > tail.start else []
            self.chunks += self._cut_block(start, end)
        if self.chunks[-1] is not tail:
            tail.fragments = None
            self.chunks[-1].fragments = ()

    def _cut_block(self, start: int, end: int) -> Iterator[Chunk]:
        """Cuts in a list or table that goes on for longer than is parsed at once."""
        if end - start <= _LONG * self._size or UNUSUAL_LINE_END.search(self.text, start, end):
            return
        head = self.text.find("\n", start + self._size, end) + 1
        if not head:
            return
        parsed = parse_fragments(self.text[:head], start, None, self._options)
        limit, known = self._options.limits.block, (parsed.fragments, parsed.settled)
        yield from find_block_cuts(self.text[:end], *known, self._size, limit)

    def _parse(self, index: int, settled: int) -> int:
        """Parse a chunk below its settled fragments, and divide it if it is long.

        Returns how many fragments are settled of its last part.
        """
        last, end = index, self.chunk_end(index)
        # A block of 1 MB takes 100 MB of memory while it is parsed at once, and 30 in steps.
        step = self._options.limits.read_step
        stop = self._unsettled_from(index, settled) + step
        while stop < end - step:
            last, settled = self._parse_to(stop, last, settled)
            for chunk in self.chunks[index + 1 : last]:
                chunk.fragments = None
            # What cannot be split is parsed again with each step, so that steps have to grow.
            stop += max(step, stop - self._unsettled_from(last, settled))
        return self._parse_to(end, last, settled)[1]

    def _unsettled_from(self, index: int, settled: int) -> int:
        chunk = self.chunks[index]
        fragments = chunk.fragments or ()
        return fragments[settled].start if settled < len(fragments) else chunk.start

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
