"""Lists: bullets, numbers, tasks, and footnotes, which hang from a mark as an item does."""

from collections.abc import Sequence
from dataclasses import replace

from rich.segment import Segment

from fakegpt_tui.fast_import import lazy_pattern
from fakegpt_tui.text import safe_text
from fakegpt_tui.ui.markdown.blocks import BlockFragment, Node, ParserCheckpoint, ParseSlice
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


def split_list(node: Node, part: ParseSlice) -> list[BlockFragment]:
    """`node` in one fragment per item."""
    fragments: list[BlockFragment] = []
    for index, item in enumerate(node.children):
        continued = node.continued or index > 0
        number = node.number + index
        alone = replace(
            node, children=(item,), number=number, continued=continued, source=item.source
        )
        checkpoint = ParserCheckpoint(node.kind, number=number) if index else part.checkpoint
        above = item.blank_above if continued else True
        fragments.append(BlockFragment(alone, item.source[0], checkpoint, blank_above=above))
    return fragments


def resume_list(node: Node, checkpoint: ParserCheckpoint, part: ParseSlice) -> Node | None:
    """The items below a checkpoint; the text above tells whether the first has a gap above it."""
    node = checkpoint.apply_to(node)
    if not node.children or not node.continued:
        return node
    above = safe_text(part.text[max(0, part.start - 200) : part.start]).split("\n")
    blank = len(above) > 1 and not above[-2].strip(" \t>")
    first = replace(node.children[0], blank_above=blank)
    return replace(node, children=(first, *node.children[1:]))


def draw_footnote(node: Node, width: int, context: RenderContext) -> list[Line]:
    """The note, hanging from its number."""
    sign = footnote_mark(node.info, context.references)
    head = [Segment(f"{sign} ", context.palette.bullet)]
    if not context.fits(head, width):
        return [Line(tuple(head), node.source), *context.render_blocks(node.children, width)]
    lines = context.render_blocks(node.children, width - cell_width(head))
    return _hang(lines or [BLANK], head, context)


LIST = BlockType(draw_list, split_list, resume=resume_list)


def _item_mark(node: Node, number: int) -> str:
    if node.kind == "ordered_list":
        return f"{number}{node.markup} "
    return _BULLETS.get(node.markup, "• ")


def _draw_item(item: Node, mark: str, width: int, context: RenderContext) -> list[Line]:
    children, box = _task(item.children)
    if box:
        mark = f"{mark}{box} " if mark[0].isdigit() else f"{box} "
    head = [Segment(mark, context.palette.bullet)]
    if not context.fits(head, width):
        marks = [Line(tuple(row), item.source) for row in wrap(head, width)]
        return marks + context.render_blocks(children, width, spaced=False)
    lines = context.render_blocks(children, width - cell_width(head), spaced=False)
    return _hang(lines or [Line((), item.source)], head, context)


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
    first, *rest = lines
    space = [blank_segment(cell_width(head), context.palette.text)]
    below = (line.with_prefix(space) if line.segments else line for line in rest)
    return [first.with_prefix(head), *below]
