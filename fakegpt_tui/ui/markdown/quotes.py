"""Quotes: blocks behind a bar, each of which settles by itself."""

from collections.abc import Sequence
from dataclasses import replace

from rich.segment import Segment

from fakegpt_tui.ui.markdown.blocks import BlockFragment, Node, ParserCheckpoint, ParseSlice
from fakegpt_tui.ui.markdown.items import is_misread_inside, without_containers
from fakegpt_tui.ui.markdown.lines import BLANK, QUOTE_BAR, Line, cell_width
from fakegpt_tui.ui.markdown.paragraphs import QUOTED, is_misread_paragraph, split_text
from fakegpt_tui.ui.markdown.render_context import BlockType, RenderContext

_SPLIT = ("bullet_list", "ordered_list", "table", "fence", "code_block", "blockquote")
"""What is split within a quote, besides paragraphs."""


def draw_quote(node: Node, width: int, context: RenderContext) -> list[Line]:
    """The quoted blocks behind a bar, which gives way where there is no room for it."""
    bar = _bar(width, context)
    lines = context.render_blocks(node.children, width - cell_width(bar)) or [BLANK] * len(bar)
    above = [BLANK] if node.continued and node.blank_above else []
    return [line.with_prefix(bar) for line in (*above, *lines)]


def continue_quote(node: Node, last: Line, width: int, context: RenderContext) -> list[Line]:
    """The lines of a fragment that begins within a quoted block, as `continue_paragraph`."""
    bar = _bar(width, context)
    inner = width - cell_width(bar)
    first, *rest = node.children
    above = Line(last.segments[len(bar) :], gap=last.gap)
    lines = context.types[first.kind].draw_joined(first, above, inner, context)
    if rest:
        lines += [BLANK, *context.render_blocks(rest, inner)]
    return [line.with_prefix(bar) for line in lines]


def split_quote(node: Node, part: ParseSlice) -> list[BlockFragment]:
    """`node` in one fragment per quoted block, or more for a long one."""
    groups: list[list[Node]] = []
    for child in node.children:
        # A lazy line has no mark of its own, and could not be parsed alone.
        start = child.source[0] + part.column
        marked = part.text[start : start + 4].lstrip(" ").startswith(">")
        if groups and not marked:
            groups[-1].append(child)
        else:
            groups.append([child])
    fragments: list[BlockFragment] = []
    for first, *rest in groups:
        checkpoint = part.checkpoint if not fragments else ParserCheckpoint("blockquote")
        inner = replace(part, checkpoint=checkpoint)
        origin = first.source[0] if fragments else node.source[0]
        split = _split_quoted(first, inner, origin, has_lazy=bool(rest))
        for at, fragment in enumerate(split):
            children = (fragment.node, *(rest if fragment is split[-1] else ()))
            start = fragment.start if fragments or fragment.joins else node.source[0]
            continued = node.continued or bool(fragments)
            quote = replace(
                node,
                children=children,
                number=fragment.node.number,
                continued=continued,
                blank_above=fragment.blank_above if at or first.continued else True,
                source=(start, children[-1].source[1]),
            )
            above = not (continued or fragment.joins)
            fragments.append(replace(fragment, node=quote, start=start, blank_above=above))
    return fragments or [part.whole_fragment(node)]


def _split_quoted(
    first: Node, part: ParseSlice, origin: int, *, has_lazy: bool
) -> list[BlockFragment]:
    """A quoted block in fragments, each with the checkpoint of the quote."""
    if first.kind == "paragraph":
        return split_text(first, part, "blockquote", origin)
    checkpoint = part.checkpoint
    resumed = checkpoint.inner if checkpoint is not None and first.continued else None
    is_marked = part.text.startswith(QUOTED, first.source[0] + part.column)
    if has_lazy or not (resumed or (is_marked and first.kind in _SPLIT)):
        return [part.whole_fragment(first)]
    column = part.column + len(QUOTED)
    inner = replace(part, checkpoint=resumed, column=column, quoted=True)
    head, *others = part.options.types[first.kind].split(first, inner)
    return [replace(head, checkpoint=checkpoint), *map(_in_quote, others)]


def _in_quote(fragment: BlockFragment) -> BlockFragment:
    """A fragment of a quoted block with the checkpoint of the quote around it."""
    inner = without_containers(fragment.checkpoint)
    lines = inner.prefix.splitlines(keepends=True) if inner else ()
    prefix = "".join(f"{QUOTED}{line}" for line in lines)
    number = fragment.node.number
    checkpoint = ParserCheckpoint("blockquote", prefix=prefix, number=number, inner=inner)
    return replace(fragment, checkpoint=checkpoint)


def resume_quote(node: Node, checkpoint: ParserCheckpoint, part: ParseSlice) -> Node | None:
    """What there is of a quote below a checkpoint, which may be within a paragraph of it."""
    node, inner = checkpoint.apply_to(node), checkpoint.inner
    if not node.children or (inner is None and checkpoint.number == 1):
        return node
    first, *rest = node.children
    if inner is not None:
        child = part.options.types[inner.kind].resume(first, inner, part)
        children = (child, *rest) if child else tuple(rest)
        return replace(node, children=children) if children else None
    if first.source[1] <= part.start:
        return replace(node, children=tuple(rest)) if rest else None
    resumed = replace(first, continued=True, number=checkpoint.number, joiner=checkpoint.joiner)
    return replace(node, children=(resumed, *rest))


def is_misread_quote(nodes: Sequence[Node], checkpoint: ParserCheckpoint, part: ParseSlice) -> bool:
    """Whether what seemed the rest of a quoted block is something else."""
    children = nodes[0].children if nodes and nodes[0].kind == "blockquote" else ()
    if checkpoint.inner is not None:
        return is_misread_inside(children, checkpoint.inner, part)
    if checkpoint.number == 1:
        return False
    return is_misread_paragraph(children, checkpoint, part)


# The first line of a table in a quote may go on with the paragraph above it.
QUOTE = BlockType(
    draw_quote,
    split_quote,
    resume=resume_quote,
    is_misread=is_misread_quote,
    draw_joined=continue_quote,
    title_lines=2,
)


def _bar(width: int, context: RenderContext) -> list[Segment]:
    bar = [Segment(QUOTE_BAR, context.palette.quote_bar)]
    return bar if context.fits(bar, width) else []
