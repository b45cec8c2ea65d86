"""Plain text as it was typed, wrapped; long text is drawn where it is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style

from fakegpt_tui.text import safe_text
from fakegpt_tui.ui.markdown.blocks import CHUNK_SIZE, BlockFragment, Chunk, ChunkSource, Node
from fakegpt_tui.ui.markdown.lines import Line, LineList, LineSource, PlacedLines
from fakegpt_tui.ui.markdown.wrapping import wrapped_lines

if TYPE_CHECKING:
    from fakegpt_tui.ui.markdown.layout import Layout

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

    types = {"plain": BlockType(lambda node, width, _: _draw(node, width))}
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


def _draw(node: Node, width: int) -> list[Line]:
    return wrap_plain_part(node.content, node.source[0], width)
