"""Plain text as it was typed, wrapped; long text is drawn where it is looked at."""

from bisect import bisect_right
from operator import attrgetter

from fakegpt_tui.ui.markdown.blocks import Node
from fakegpt_tui.ui.markdown.chunks import CHUNK_SIZE, Chunk
from fakegpt_tui.ui.markdown.fragments import BlockFragment
from fakegpt_tui.ui.markdown.layout import Layout
from fakegpt_tui.ui.markdown.lines import Line
from fakegpt_tui.ui.markdown.palette import Palette
from fakegpt_tui.ui.markdown.render_context import RenderContext
from fakegpt_tui.ui.markdown.wrapping import wrap_plain_part


def layout_plain_text(text: str, width: int, size: int = CHUNK_SIZE) -> Layout:
    """The lines of text that says something, drawn in parts of about `size` characters."""
    drawing = RenderContext(Palette.colourless(), width, {"typed": _draw_plain_text}, {})
    return Layout(drawing, _PlainTextChunks(text.rstrip(), size))


class _PlainTextChunks:
    """Chapters of lines, each of them one piece."""

    def __init__(self, text: str, size: int) -> None:
        self.text = text
        self.chunks: list[Chunk] = []
        start = 0
        while start < len(text):
            self.chunks.append(Chunk(start))
            start = text.find("\n", start + size) + 1 or len(text)

    def load(self, index: int) -> None:
        chapter = self.chunks[index]
        end = self.chunk_end(index)
        node = Node("typed", content=self.text[chapter.start : end], source=(chapter.start, end))
        chapter.fragments = (BlockFragment(node, chapter.start, blank_above=False),)

    def chunk_end(self, index: int) -> int:
        return self.chunks[index + 1].start if index + 1 < len(self.chunks) else len(self.text)

    def chunk_at(self, offset: int) -> int:
        return max(0, bisect_right(self.chunks, offset, key=attrgetter("start")) - 1)


def _draw_plain_text(node: Node, width: int, drawing: RenderContext) -> list[Line]:  # noqa: ARG001 - the shape of a construct
    return wrap_plain_part(node.content, node.source[0], width)
