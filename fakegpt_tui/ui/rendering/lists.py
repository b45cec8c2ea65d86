"""Bullet lists, ordered lists and task lists."""

import re
from collections.abc import Sequence
from dataclasses import replace

from rich.segment import Segment

from fakegpt_tui.ui.rendering.cells import blank_segment, cell_width, wrap
from fakegpt_tui.ui.rendering.drawing import RenderContext
from fakegpt_tui.ui.rendering.line import BLANK, Line
from fakegpt_tui.ui.rendering.node import Node
from fakegpt_tui.ui.rendering.pieces import BlockFragment, ParserCheckpoint, ParseSlice

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
