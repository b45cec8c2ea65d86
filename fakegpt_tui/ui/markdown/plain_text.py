"""Plain text: prompts as they were typed, and what goes on too long to be read as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style

from fakegpt_tui.fast_import import lazy_pattern
from fakegpt_tui.text import safe_text
from fakegpt_tui.ui.markdown.block_rules import SECTION_START
from fakegpt_tui.ui.markdown.blocks import (
    CHUNK_SIZE,
    BlockFragment,
    Chunk,
    ChunkSource,
    Limits,
    Node,
    ParserCheckpoint,
    ParseSlice,
)
from fakegpt_tui.ui.markdown.lines import Line, LineList, LineSource, PlacedLines
from fakegpt_tui.ui.markdown.wrapping import wrapped_lines

if TYPE_CHECKING:
    from fakegpt_tui.ui.markdown.layout import Layout

PLAIN, _PLAIN_BELOW = ParserCheckpoint("plain"), ParserCheckpoint("plain", number=2)
"""Where the text goes on as it was written, for the first time and after that."""
_PLAIN_END = lazy_pattern(rf"\n(?:[ \t]*\r?\n(?=\S)|(?= {{0,3}}(?:```|~~~))|(?={SECTION_START}))")
"""Where plain text ends: above a fence, a tag, or a line at the margin below a blank one.

Split points are looked for without knowing what is plain, so that a fence has to be one in it, too.
"""
_PLAIN_NOTE = "Plain text from here on: this block is longer than {size} KB."
_LONG = 16_384
"""Characters beyond which only the visible part is laid out."""


def wrap_plain_text(text: str, width: int, style: Style | None = None) -> list[Line]:
    """Foreign text as lines of at most `width` cells; none for text that says nothing."""
    return wrap_plain_part(text.rstrip(), 0, width, style)


def wrap_plain_part(text: str, start: int, width: int, style: Style | None = None) -> list[Line]:
    """The same for all that is written in a part that begins at `start`."""
    lines: list[Line] = []
    end = start
    for written in text.splitlines(keepends=True):
        start, end = end, end + len(written)
        shown = safe_text(written.rstrip("\r\n")).expandtabs(4)
        lines += wrapped_lines([Segment(shown, style)], width, (start, end))
    return lines


def last_lines(text: str, width: int, count: int, style: Style) -> LineList:
    """The last lines of a text that grows, of which nothing can be copied yet, as they move up."""
    width = max(1, width)
    # One more than is shown, as the first one may begin within a word.
    tail = text[-(count + 1) * width :].rstrip()
    lines = wrap_plain_text(tail, width, style)[-count:]
    return LineList(tuple(Line(line.segments) for line in lines))


def plain_lines(text: str, width: int, placed: Sequence[PlacedLines]) -> LineSource:
    """The lines of a text, with others placed in it; all at once where it is short."""
    if len(text) <= _LONG and not placed:
        return LineList(wrap_plain_text(text, width))
    return layout_plain_text(text, width, placed)


def layout_plain_text(
    text: str, width: int, placed: Sequence[PlacedLines] = (), size: int = CHUNK_SIZE
) -> Layout:
    """The lines of text that says something, drawn in parts of about `size` characters.

    The text is interrupted where other lines are placed in it.
    """
    # Imported on first use: only long text is drawn in parts, and the first paint has none.
    from fakegpt_tui.ui.markdown.layout import Layout  # noqa: PLC0415
    from fakegpt_tui.ui.markdown.palette import Palette  # noqa: PLC0415
    from fakegpt_tui.ui.markdown.render_context import BlockType, RenderContext  # noqa: PLC0415

    def draw(node: Node, width: int, _: RenderContext) -> list[Line]:
        return wrap_plain_part(node.content, node.source[0], width)

    types = {"plain": BlockType(draw)}
    context = RenderContext(Palette.colourless(), width, types, {}, placed=tuple(placed))
    places = [each.offset for each in placed]
    return Layout(context, _PlainTextChunks(text.rstrip(), places, size))


class _PlainTextChunks(ChunkSource):
    """Chunks of lines, each of them one fragment, which end at the places of other lines."""

    def __init__(self, text: str, places: Sequence[int], size: int) -> None:
        super().__init__(text, [])
        self._places = places
        for place, end in pairwise(sorted({0, *places, len(text)})):
            start = place
            while start < end:
                self.chunks.append(Chunk(start))
                start = text.find("\n", start + size, end) + 1 or end

    def load(self, index: int) -> None:
        chunk = self.chunks[index]
        end = self.chunk_end(index)
        content = self.text[chunk.start : end]
        if chunk.start in self._places:
            # The line was ended by what stands above.
            content = content.lstrip(" ").removeprefix("\n")
        node = Node("plain", content=content, source=(end - len(content), end))
        chunk.fragments = (BlockFragment(node, chunk.start, blank_above=False),)


def plain_start(
    first: int, fragments: Sequence[BlockFragment], text: str, limits: Limits
) -> int | None:
    """Where plain text begins in a block that began at `first`, if it is too long.

    That depends on nothing that more text may change, so that a growing message shows what the
    whole one does: the line below belongs to the block, and with the next one it is certain.
    """
    node = fragments[0].node
    least, end = first + limits.block, node.source[1]
    if len(text) <= least:
        return None
    most = least + limits.longest_fragment
    line_end = text.find("\n", least, most)
    if line_end >= 0:
        # Blank lines at its end belong to the block only until more text comes.
        last = least + len(text[least:end].rstrip()) + 1
        below = text.find("\n", line_end + 1, last)
        is_next_known = text.find("\n", below + 1) >= 0 or len(text) - below > limits.fragment
        return line_end + 1 if below >= 0 and is_next_known else None
    # Such a long line belonged to the block, until the line below made it the header of a table.
    is_header = fragments[-1].node.kind == "table" and fragments[-1].start == end
    is_within = most < end or (is_header and text.rfind("\n", 0, least) + 1 == end)
    return most if is_within and most < len(text) else None


def plain_end(text: str, start: int) -> int | None:
    """Where plain text that goes on at `start` ends for certain."""
    end = _PLAIN_END.search(text, start - 1)
    return end.end() if end else None


def plain_fragments(part: ParseSlice, end: int) -> Iterator[BlockFragment]:
    """The text of a part up to `end`, as it was written."""
    start, limits = part.start, part.options.limits
    checkpoint = part.checkpoint
    note = _PLAIN_NOTE.format(size=limits.block // 1024)
    while start < end:
        stop = _line_end(part.text, start + limits.fragment, end, limits) or end
        is_first = checkpoint == PLAIN
        node = Node(
            "literal",
            content=safe_text(part.text[start:stop]).rstrip("\n"),
            info=note if is_first else "",
            source=(start, stop),
            continued=not is_first,
        )
        yield BlockFragment(node, start, checkpoint, blank_above=is_first)
        start, checkpoint = stop, _PLAIN_BELOW


def _line_end(text: str, start: int, end: int, limits: Limits) -> int | None:
    """The end of the line at `start`, or a place within one that is very long, before `end`."""
    most = start + limits.longest_fragment
    line_end = text.find("\n", start, min(most, end))
    cut = line_end + 1 if line_end >= 0 else most
    return cut if cut < end else None
