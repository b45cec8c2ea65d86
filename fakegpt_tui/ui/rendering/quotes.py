"""Block quotes: a bar to the left of other blocks."""

from dataclasses import replace

from rich.segment import Segment

from fakegpt_tui.ui.rendering.cells import width_of
from fakegpt_tui.ui.rendering.drawing import Drawing
from fakegpt_tui.ui.rendering.line import BLANK, Line
from fakegpt_tui.ui.rendering.node import Node
from fakegpt_tui.ui.rendering.pieces import Piece, Resume, Slice


def draw_quote(node: Node, width: int, drawing: Drawing) -> list[Line]:
    """The quoted blocks behind a bar, which gives way where there is no room for it."""
    bar = [Segment("▌ ", drawing.palette.quote_bar)]
    if not drawing.fits(bar, width):
        return drawing.blocks(node.children, width)
    lines = drawing.blocks(node.children, width - width_of(bar)) or [BLANK]
    above = [BLANK] if node.continued else []
    return [line.behind(bar) for line in (*above, *lines)]


def split_quote(node: Node, part: Slice) -> list[Piece]:
    """`node` in one piece per quoted block."""
    groups: list[list[Node]] = []
    for child in node.children:
        # A lazy line has no mark of its own, and could not be read alone.
        marked = part.text[child.source[0] : child.source[0] + 4].lstrip(" ").startswith(">")
        if groups and not marked:
            groups[-1].append(child)
        else:
            groups.append([child])
    if len(groups) <= 1:
        return [part.whole(node)]
    pieces: list[Piece] = []
    for index, group in enumerate(groups):
        continued = node.continued or index > 0
        start = group[0].source[0] if index else node.source[0]
        end = group[-1].source[1]
        piece = replace(node, children=tuple(group), continued=continued, source=(start, end))
        resume = Resume("blockquote") if index else part.resume
        pieces.append(Piece(piece, start, resume, spaced=not continued))
    return pieces
