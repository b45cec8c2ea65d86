"""Footnotes: a small number in the text, and the note where it was written."""

from rich.segment import Segment

from fakegpt_tui.ui.rendering.cells import blank_segment, cell_width
from fakegpt_tui.ui.rendering.drawing import RenderContext
from fakegpt_tui.ui.rendering.line import BLANK, Line
from fakegpt_tui.ui.rendering.node import Node
from fakegpt_tui.ui.rendering.parsing import footnote_mark


def draw_footnote(node: Node, width: int, drawing: RenderContext) -> list[Line]:
    """The note, hanging from its number."""
    sign = footnote_mark(node.info, drawing.references)
    head = [Segment(f"{sign} ", drawing.palette.bullet)]
    if not drawing.fits(head, width):
        return [Line(tuple(head), node.source), *drawing.render_blocks(node.children, width)]
    indent = cell_width(head)
    first, *rest = drawing.render_blocks(node.children, width - indent) or [BLANK]
    space = [blank_segment(indent, drawing.palette.text)]
    return [
        first.with_prefix(head),
        *(line.with_prefix(space) if line.segments else line for line in rest),
    ]
