"""Items of lists: what stands in a long one, in fragments that settle one by one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fakegpt_tui.fast_import import lazy_pattern
from fakegpt_tui.text import safe_text
from fakegpt_tui.ui.markdown.blocks import BlockFragment, Node, ParserCheckpoint, ParseSlice
from fakegpt_tui.ui.markdown.split_points import STAND_IN, item_mark

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MARK = lazy_pattern(r" {0,3}(?:[-*+]|\d{1,9}[.)]) {1,4}(?=[^ \t\r\n])")
_LISTS = ("bullet_list", "ordered_list")
_MOST_INDENT = 3


def split_item(whole: BlockFragment, box: str, part: ParseSlice) -> list[BlockFragment]:
    """The list of one item in a fragment for each block of it, or in more where one is long.

    Args:
        whole: The same in one fragment.
        box: The sign of the item, if it is a task.
        part: What the list is split by.
    """
    item = whole.node.children[0]
    is_long = item.continued or item.source[1] - item.source[0] > part.options.limits.fragment
    mark = _mark_of(item, part) if is_long else ""
    if not mark:
        return [whole]
    fragments: list[BlockFragment] = []
    for is_apart, sub in _pieces(item, mark, part):
        first = not fragments
        inner = replace(
            item,
            children=(sub.node,),
            content="" if first and not item.continued else box,
            continued=item.continued or not first,
            source=(sub.start, sub.node.source[1]),
        )
        continued = whole.node.continued or not first
        node = replace(whole.node, children=(inner,), continued=continued, source=inner.source)
        fragment = replace(sub, node=node, blank_above=is_apart)
        if first:
            above = fragment.blank_above if item.continued else whole.blank_above
            start, checkpoint = whole.start, whole.checkpoint
            fragment = replace(fragment, start=start, checkpoint=checkpoint, blank_above=above)
        else:
            checkpoint = _checkpoint(whole.node, mark, box, sub)
            fragment = replace(fragment, checkpoint=checkpoint)
        fragments.append(fragment)
    return fragments or [whole]


def resume_item(node: Node, checkpoint: ParserCheckpoint, part: ParseSlice) -> Node | None:
    """What there is of a list that was parsed behind what stands in for the item above."""
    (first, *rest), inner = node.children, checkpoint.inner
    children = list(first.children[1:])
    if children and inner is not None:
        child = part.options.types[inner.kind].resume(children[0], inner, part)
        children[:1] = [child] if child else []
    elif children:
        children[0] = replace(children[0], blank_above=is_blank_above(part))
    if children:
        source = children[0].source[0], first.source[1]
        first = replace(
            first, children=tuple(children), continued=True, content=checkpoint.box, source=source
        )
        return replace(node, children=(first, *rest), source=(source[0], node.source[1]))
    return replace(node, children=tuple(rest), number=node.number + 1) if rest else None


def is_misread_item(nodes: Sequence[Node], checkpoint: ParserCheckpoint, part: ParseSlice) -> bool:
    """Whether what seemed to stand in an item does not."""
    inner = checkpoint.inner
    children = nodes[0].children[0].children[1:] if nodes and nodes[0].children else ()
    if not children or nodes[0].kind != checkpoint.kind:
        return True
    return inner is not None and is_misread_inside(children, inner, part)


def is_misread_inside(
    nodes: Sequence[Node], checkpoint: ParserCheckpoint, part: ParseSlice
) -> bool:
    """Whether what goes on in an item or a quote proves to be something else."""
    if not nodes or nodes[0].kind != checkpoint.kind:
        return True
    return part.options.types[checkpoint.kind].is_misread(nodes, checkpoint, part)


def without_containers(checkpoint: ParserCheckpoint | None) -> ParserCheckpoint | None:
    """A checkpoint whose prefix is without what stands before it in the lines of a message."""
    if checkpoint is None or checkpoint.kind not in ("fence", "table"):
        return checkpoint
    lines = checkpoint.prefix.splitlines(keepends=True)
    return replace(checkpoint, prefix="".join(line.lstrip(" >") for line in lines))


def is_blank_above(part: ParseSlice) -> bool:
    """Whether the line above a part is blank."""
    above = safe_text(part.text[max(0, part.start - 200) : part.start]).split("\n")
    return len(above) > 1 and not above[-2].strip(" \t>")


def leaf_number(node: Node) -> int:
    """The number of the innermost block that a fragment begins in."""
    while node.children and node.kind in (*_LISTS, "list_item", "blockquote"):
        node = node.children[0]
    return node.number


def _mark_of(item: Node, part: ParseSlice) -> str:
    """The mark of an item with all that is left of its text, or nothing if that is not certain."""
    if item.continued:
        return item_mark(part.checkpoint) if part.checkpoint else ""
    start = item.source[0] + part.column
    found = _MARK.match(part.text, start)
    return found[0] if found and _is_indentation(part, item.source[0]) else ""


def _is_indentation(part: ParseSlice, start: int) -> bool:
    """Whether nothing but spaces and bars stands before the column that a line begins in."""
    return not part.text[start : start + part.column].strip(" >")


def _pieces(item: Node, mark: str, part: ParseSlice) -> Iterator[tuple[bool, BlockFragment]]:
    """The fragments of the blocks in an item, and whether a blank line stands above each."""
    column = part.column + len(mark)
    for index, child in enumerate(item.children):
        is_first = not (index or item.continued)
        checkpoint = (
            part.checkpoint.inner if item.continued and not index and part.checkpoint else None
        )
        inner = replace(part, checkpoint=checkpoint, column=column)
        can_split = checkpoint or _can_split(child, inner, is_first=is_first)
        if not is_first and child.kind not in _LISTS:
            inner = replace(inner, column=0)
        if can_split:
            split = part.options.types[child.kind].split(child, inner)
        else:
            split = [inner.whole_fragment(child)]
        for at, sub in enumerate(split):
            yield sub.blank_above if at or checkpoint else child.blank_above, sub


def _can_split(child: Node, part: ParseSlice, *, is_first: bool) -> bool:
    """Whether a block in an item is written so that parts of it read alike behind another mark."""
    start = child.source[0]
    if child.kind == "paragraph":
        return True
    if is_first or not _is_indentation(part, start):
        return False
    text = part.text[start + part.column : start + part.column + 9]
    match child.kind:
        case "fence":
            return text.startswith(child.markup[:3])
        case "blockquote":
            return part.column <= _MOST_INDENT and text.startswith(">")
        case _:
            return child.kind in (*_LISTS, "table", "code_block")


def _checkpoint(node: Node, mark: str, box: str, sub: BlockFragment) -> ParserCheckpoint:
    inner, indent = without_containers(sub.checkpoint), " " * len(mark)
    lines = inner.prefix.splitlines(keepends=True) if inner else ()
    prefix = f"{mark}{STAND_IN}\n\n" + "".join(f"{indent}{line}" for line in lines)
    return ParserCheckpoint(node.kind, prefix=prefix, number=node.number, inner=inner, box=box)
