"""Lists: bullets, numbers, tasks, and footnotes, which hang from a mark as an item does."""

from collections.abc import Sequence
from dataclasses import replace

from rich.segment import Segment

from fakegpt_tui.fast_import import lazy_pattern
from fakegpt_tui.ui.markdown.blocks import BlockFragment, Node, ParserCheckpoint, ParseSlice
from fakegpt_tui.ui.markdown.items import (
    is_blank_above,
    is_misread_item,
    resume_item,
    split_item,
)
from fakegpt_tui.ui.markdown.lines import BLANK, Line, cell_width
from fakegpt_tui.ui.markdown.parser import footnote_mark
from fakegpt_tui.ui.markdown.render_context import BlockType, RenderContext
from fakegpt_tui.ui.markdown.wrapping import blank_segment, wrap

_BULLETS = {"-": "• ", "*": "• ", "+": "◦ "}
_TASK = lazy_pattern(r"\[([ xX])\][ \t\n]")


def draw_list(node: Node, width: int, context: RenderContext) -> list[Line]:
    """The items, each behind its own mark; a blank line stands where one was written.

    Neither marks nor gaps depend on other items, so that an item never changes once it is there.
    """
    if len(node.children) == 1:
        return _draw_item(node.children[0], _item_mark(node, node.number), width, context)
    lines: list[Line] = []
    for index, item in enumerate(node.children):
        if index and item.blank_above:
            lines.append(BLANK)
        alone = replace(node, children=(item,), number=node.number + index, source=item.source)
        lines.extend(context.render_cached(alone, width))
    return lines


def continue_list(node: Node, last: Line, width: int, context: RenderContext) -> list[Line]:
    """The lines of a fragment that begins within a paragraph of an item, below its `last` line."""
    (item,) = node.children
    (child,) = item.children
    head, inner = _head(item, _item_mark(node, node.number), width, context)
    above = Line(last.segments[len(head) :], gap=last.gap)
    lines = context.types[child.kind].draw_joined(child, above, inner, context)
    return _hang(lines, last.segments[: len(head)], context)


def split_list(node: Node, part: ParseSlice) -> list[BlockFragment]:
    """`node` in one fragment per item, or more for a long one."""
    fragments: list[BlockFragment] = []
    for index, item in enumerate(node.children):
        continued = node.continued or index > 0
        number = node.number + index
        alone = replace(
            node, children=(item,), number=number, continued=continued, source=item.source
        )
        checkpoint = ParserCheckpoint(node.kind, number=number) if index else part.checkpoint
        above = item.blank_above if continued else True
        whole = BlockFragment(alone, item.source[0], checkpoint, blank_above=above)
        box = item.content if item.continued else _task(item.children)[1]
        inner = part if not index else replace(part, checkpoint=checkpoint)
        fragments += split_item(whole, box, inner)
    return fragments


def resume_list(node: Node, checkpoint: ParserCheckpoint, part: ParseSlice) -> Node | None:
    """The items below a checkpoint; the text above tells whether the first has a gap above it."""
    node = checkpoint.apply_to(node)
    if not node.children or not node.continued:
        return node
    if checkpoint.prefix:
        return resume_item(node, checkpoint, part)
    first = replace(node.children[0], blank_above=is_blank_above(part))
    return replace(node, children=(first, *node.children[1:]))


def is_misread_list(nodes: Sequence[Node], checkpoint: ParserCheckpoint, part: ParseSlice) -> bool:
    """Whether what seemed to stand in an item does not."""
    return bool(checkpoint.prefix) and is_misread_item(nodes, checkpoint, part)


def draw_footnote(node: Node, width: int, context: RenderContext) -> list[Line]:
    """The note, hanging from its number."""
    sign = footnote_mark(node.info, context.references)
    head = [Segment(f"{sign} ", context.palette.bullet)]
    if not context.fits(head, width):
        return [Line(tuple(head), node.source), *context.render_blocks(node.children, width)]
    lines = context.render_blocks(node.children, width - cell_width(head))
    return _hang(lines or [BLANK], head, context)


# The first line of a table in an item may go on with the paragraph above it.
LIST = BlockType(
    draw_list,
    split_list,
    resume=resume_list,
    is_misread=is_misread_list,
    draw_joined=continue_list,
    title_lines=2,
)


def _item_mark(node: Node, number: int) -> str:
    if node.kind == "ordered_list":
        return f"{number}{node.markup} "
    return _BULLETS.get(node.markup, "• ")


def _draw_item(item: Node, mark: str, width: int, context: RenderContext) -> list[Line]:
    head, inner = _head(item, mark, width, context)
    children = item.children if item.continued else _task(item.children)[0]
    lines = context.render_blocks(children, inner, spaced=False)
    if not head and not item.continued:
        _, box = _task(item.children)
        full = [Segment(_boxed(mark, box), context.palette.bullet)]
        return [*(Line(tuple(row), item.source) for row in wrap(full, width)), *lines]
    return _hang(lines or [Line((), item.source)], head, context)


def _head(item: Node, mark: str, width: int, context: RenderContext) -> tuple[list[Segment], int]:
    """What stands before the first line of an item, if there is room, and how wide its text is."""
    box = item.content if item.continued else _task(item.children)[1]
    head = Segment(_boxed(mark, box), context.palette.bullet)
    if not context.fits([head], width):
        return [], width
    cells = cell_width([head])
    if item.continued:
        head = blank_segment(cells, context.palette.text)
    return [head], width - cells


def _boxed(mark: str, box: str) -> str:
    """The mark of an item that may be a task, the sign of which takes the place of a bullet."""
    return f"{mark * mark[0].isdigit()}{box} " if box else mark


def _task(children: Sequence[Node]) -> tuple[Sequence[Node], str]:
    if not children or children[0].kind != "paragraph":
        return children, ""
    task = _TASK.match(children[0].content)
    if task is None:
        return children, ""
    first = replace(children[0], content=children[0].content[task.end() :])
    return (first, *children[1:]), "☐" if task[1] == " " else "☑"


def _hang(lines: Sequence[Line], head: Sequence[Segment], context: RenderContext) -> list[Line]:
    """The first of the lines behind `head`, the others as far to the right."""
    if not head:
        return list(lines)
    first, *rest = lines
    space = [blank_segment(cell_width(head), context.palette.text)]
    below = (line.with_prefix(space) if line.segments else line for line in rest)
    return [first.with_prefix(head), *below]
