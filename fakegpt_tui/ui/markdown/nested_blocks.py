"""Blocks that hold other blocks: lists, quotes and footnotes."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from rich.segment import Segment

from fakegpt_tui.text import safe_text
from fakegpt_tui.ui.markdown.blocks import Node
from fakegpt_tui.ui.markdown.fragments import BlockFragment, ParserCheckpoint, ParseSlice
from fakegpt_tui.ui.markdown.lines import BLANK, Line
from fakegpt_tui.ui.markdown.paragraph_splits import flow_ends
from fakegpt_tui.ui.markdown.paragraphs import is_html, mark_html, resume_flow
from fakegpt_tui.ui.markdown.parser import footnote_mark
from fakegpt_tui.ui.markdown.render_context import RenderContext
from fakegpt_tui.ui.markdown.split_points import LINE_ENDS
from fakegpt_tui.ui.markdown.wrapping import blank_segment, cell_width, wrap


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


_BULLETS = {"-": "• ", "*": "• ", "+": "◦ "}
_TASK = re.compile(r"\[([ xX])\][ \t\n]")


def draw_list(node: Node, width: int, drawing: RenderContext) -> list[Line]:
    """The items, each behind its own mark; a blank line stands where one was written.

    Neither marks nor gaps depend on other items, so that an item never changes once it is there.
    """
    if len(node.children) == 1:
        return _draw_item(node.children[0], _item_mark(node, node.number), width, drawing)
    lines: list[Line] = []
    for index, item in enumerate(node.children):
        if index and item.blank:
            lines.append(BLANK)
        alone = replace(node, children=(item,), number=node.number + index, source=item.source)
        lines.extend(drawing.render_cached(alone, width))
    return lines


def split_list(node: Node, part: ParseSlice) -> list[BlockFragment]:
    """`node` in one piece per item."""
    pieces: list[BlockFragment] = []
    for index, item in enumerate(node.children):
        continued = node.continued or index > 0
        number = node.number + index
        piece = replace(
            node, children=(item,), number=number, continued=continued, source=item.source
        )
        resume = ParserCheckpoint(node.kind, number=number) if index else part.checkpoint
        spaced = item.blank if continued else True
        pieces.append(BlockFragment(piece, item.source[0], resume, blank_above=spaced))
    return pieces


def _item_mark(node: Node, number: int) -> str:
    if node.kind == "ordered_list":
        return f"{number}{node.markup} "
    return _BULLETS.get(node.markup, "• ")


def _draw_item(item: Node, mark: str, width: int, drawing: RenderContext) -> list[Line]:
    children, box = _task(item.children)
    if box:
        mark = f"{mark}{box} " if mark[0].isdigit() else f"{box} "
    head = [Segment(mark, drawing.palette.bullet)]
    if not drawing.fits(head, width):
        marks = [Line(tuple(row), item.source) for row in wrap(head, width)]
        return marks + drawing.render_blocks(children, width, spaced=False)
    indent = cell_width(head)
    body = drawing.render_blocks(children, width - indent, spaced=False) or [Line((), item.source)]
    space = [blank_segment(indent, drawing.palette.text)]
    first, *rest = body
    return [
        first.with_prefix(head),
        *(line.with_prefix(space) if line.segments else line for line in rest),
    ]


def _task(children: Sequence[Node]) -> tuple[Sequence[Node], str]:
    if not children or children[0].kind != "paragraph":
        return children, ""
    task = _TASK.match(children[0].content)
    if task is None:
        return children, ""
    first = replace(children[0], content=children[0].content[task.end() :])
    return (first, *children[1:]), "☐" if task[1] == " " else "☑"


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
