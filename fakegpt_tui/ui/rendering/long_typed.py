"""Long text that is drawn as it was written, of which only what is looked at is drawn."""

from bisect import bisect_right
from operator import attrgetter

from fakegpt_tui.ui.rendering.chapters import SIZE, Chapter
from fakegpt_tui.ui.rendering.drawing import Drawing
from fakegpt_tui.ui.rendering.layout import Layout
from fakegpt_tui.ui.rendering.line import Line
from fakegpt_tui.ui.rendering.node import Node
from fakegpt_tui.ui.rendering.palette import Palette
from fakegpt_tui.ui.rendering.pieces import Piece
from fakegpt_tui.ui.rendering.typed import wrapped_part


def lay_out_long(text: str, width: int, size: int = SIZE) -> Layout:
    """The lines of text that says something, drawn in parts of about `size` characters."""
    drawing = Drawing(Palette.colourless(), width, {"typed": _draw}, {})
    return Layout(drawing, _TypedChapters(text.rstrip(), size))


class _TypedChapters:
    """Chapters of lines, each of them one piece."""

    def __init__(self, text: str, size: int) -> None:
        self.text = text
        self.all: list[Chapter] = []
        start = 0
        while start < len(text):
            self.all.append(Chapter(start))
            start = text.find("\n", start + size) + 1 or len(text)

    def read(self, index: int) -> None:
        chapter = self.all[index]
        end = self.end(index)
        node = Node("typed", content=self.text[chapter.start : end], source=(chapter.start, end))
        chapter.pieces = (Piece(node, chapter.start, spaced=False),)

    def end(self, index: int) -> int:
        return self.all[index + 1].start if index + 1 < len(self.all) else len(self.text)

    def at(self, offset: int) -> int:
        return max(0, bisect_right(self.all, offset, key=attrgetter("start")) - 1)


def _draw(node: Node, width: int, drawing: Drawing) -> list[Line]:  # noqa: ARG001 - the shape of a construct
    return wrapped_part(node.content, node.source[0], width)
