"""Footnotes: a small number in the text, and the note where it was written."""

from rich.segment import Segment

from fakegpt_tui.ui.rendering.cells import blank, width_of
from fakegpt_tui.ui.rendering.drawing import Drawing
from fakegpt_tui.ui.rendering.line import BLANK, Line
from fakegpt_tui.ui.rendering.node import Node
from fakegpt_tui.ui.rendering.parsing import footnote_sign


def draw_footnote(node: Node, width: int, drawing: Drawing) -> list[Line]:
    """The note, hanging from its number."""
    sign = footnote_sign(node.info, drawing.references)
    head = [Segment(f"{sign} ", drawing.palette.bullet)]
    if not drawing.fits(head, width):
        return [Line(tuple(head), node.source), *drawing.blocks(node.children, width)]
    indent = width_of(head)
    first, *rest = drawing.blocks(node.children, width - indent) or [BLANK]
    space = [blank(indent, drawing.palette.text)]
    return [first.behind(head), *(line.behind(space) if line.segments else line for line in rest)]
