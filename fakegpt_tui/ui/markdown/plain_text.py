"""Plain text as it was typed: long text is drawn where it is looked at."""

from fakegpt_tui.ui.markdown.blocks import CHUNK_SIZE, BlockFragment, Chunk, ChunkSource, Node
from fakegpt_tui.ui.markdown.layout import Layout
from fakegpt_tui.ui.markdown.lines import Line
from fakegpt_tui.ui.markdown.palette import Palette
from fakegpt_tui.ui.markdown.render_context import BlockType, RenderContext
from fakegpt_tui.ui.markdown.wrapping import wrap_plain_part


def layout_plain_text(text: str, width: int, size: int = CHUNK_SIZE) -> Layout:
    """The lines of text that says something, drawn in parts of about `size` characters."""
    types = {"plain": BlockType(lambda node, width, _: _draw(node, width))}
    context = RenderContext(Palette.colourless(), width, types, {})
    return Layout(context, _PlainTextChunks(text.rstrip(), size))


class _PlainTextChunks(ChunkSource):
    """Chunks of lines, each of them one fragment."""

    def __init__(self, text: str, size: int) -> None:
        super().__init__(text, [])
        start = 0
        while start < len(text):
            self.chunks.append(Chunk(start))
            start = text.find("\n", start + size) + 1 or len(text)

    def load(self, index: int) -> None:
        chunk = self.chunks[index]
        end = self.chunk_end(index)
        node = Node("plain", content=self.text[chunk.start : end], source=(chunk.start, end))
        chunk.fragments = (BlockFragment(node, chunk.start, blank_above=False),)


def _draw(node: Node, width: int) -> list[Line]:
    return wrap_plain_part(node.content, node.source[0], width)
