"""Block quotes: a bar to the left of other blocks."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from rich.segment import Segment

from fakegpt_tui.text import safe_text
from fakegpt_tui.ui.rendering.borders import LINE_ENDS
from fakegpt_tui.ui.rendering.cells import cell_width
from fakegpt_tui.ui.rendering.drawing import RenderContext
from fakegpt_tui.ui.rendering.flows import flow_ends
from fakegpt_tui.ui.rendering.line import BLANK, Line
from fakegpt_tui.ui.rendering.node import Node
from fakegpt_tui.ui.rendering.paragraphs import is_html, mark_html, resume_flow
from fakegpt_tui.ui.rendering.pieces import BlockFragment, ParserCheckpoint, ParseSlice

_MARK = re.compile(r"(?<=\n) {0,3}> ?")


def draw_quote(node: Node, width: int, drawing: RenderContext) -> list[Line]:
    """The quoted blocks behind a bar, which gives way where there is no room for it."""
    bar = [Segment("▌ ", drawing.palette.quote_bar)]
    if not drawing.fits(bar, width):
        return drawing.render_blocks(node.children, width)
    lines = drawing.render_blocks(node.children, width - cell_width(bar)) or [BLANK]
    above = [BLANK] if node.continued else []
    return [line.with_prefix(bar) for line in (*above, *lines)]


def split_quote(node: Node, part: ParseSlice) -> list[BlockFragment]:
    """`node` in one piece per quoted block, or per flow of a paragraph that is very long."""
    groups: list[list[Node]] = []
    for child in node.children:
        # A lazy line has no mark of its own, and could not be read alone.
        marked = part.text[child.source[0] : child.source[0] + 4].lstrip(" ").startswith(">")
        if groups and not marked:
            groups[-1].append(child)
        else:
            groups.append([child])
    pieces: list[BlockFragment] = []
    for index, group in enumerate(groups):
        goes_on = not index and part.checkpoint is not None and part.checkpoint.kind == "quoted"
        continued = (node.continued or index > 0) and not goes_on
        start = group[0].source[0] if index else node.source[0]
        resume = ParserCheckpoint("blockquote") if index else part.checkpoint
        for children in _flows(group, part, goes_on=goes_on):
            end = children[-1].source[1]
            piece = replace(
                node, children=tuple(children), continued=continued, source=(start, end)
            )
            pieces.append(
                BlockFragment(piece, start, resume, blank_above=not (continued or goes_on))
            )
            ending, html = part.text[end - 1], is_html(children[0])
            resume = resume_flow("quoted", ending, part.options.limits, html=html)
            start, continued, goes_on = end, False, True
    return pieces or [part.whole_fragment(node)]


def _flows(group: list[Node], part: ParseSlice, *, goes_on: bool) -> Iterator[list[Node]]:
    """The blocks of a group, whose first one is divided if it is a very long paragraph."""
    first, *rest = group
    start, end = first.source
    lengths = part.options.limits
    if first.kind != "paragraph" or not (goes_on or end - start >= lengths.flow):
        yield group
        return
    first = mark_html(first, part.checkpoint if goes_on else None, lengths)
    ends = [*flow_ends(part.text, start, end, lengths), end]
    for at, stop in pairwise([start, *ends]):
        content = _unquoted(part.text, at, stop)
        flow = replace(first, content=content, source=(at, stop))
        yield [flow, *rest] if stop == end else [flow]


def _unquoted(text: str, start: int, end: int) -> str:
    """Text of a quoted paragraph without the marks that begin its lines."""
    begins_line = not start or text[start - 1] in LINE_ENDS
    shown = "\n" * begins_line + safe_text(text[start:end])
    return _MARK.sub("", shown).strip()


def rest_of_quote(node: Node, start: int) -> Node | None:
    """What there is from `start` on of a quote whose paragraph was open there, if anything.

    If that paragraph does not go on, what is below continues the quote.
    """
    first, *rest = node.children
    if first.kind == "paragraph" and first.source[1] > start:
        return node
    return replace(node, children=tuple(rest), continued=True) if rest else None
