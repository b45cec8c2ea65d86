"""Sections: what folds in a text, between tags for thoughts or details, also inside each other.

A section is no block of its own but all that stands between two tags, so that it grows and settles
like any text.
"""

from collections.abc import Sequence
from itertools import accumulate, zip_longest

from rich.segment import Segment
from rich.style import Style

from fakegpt_tui.fast_import import lazy_pattern
from fakegpt_tui.ui.markdown.block_rules import CLOSED, DETAILS, OPENS, THOUGHTS
from fakegpt_tui.ui.markdown.blocks import BlockFragment, Node, OpenSection
from fakegpt_tui.ui.markdown.lines import BLANK, Line
from fakegpt_tui.ui.markdown.parser import parse_blocks
from fakegpt_tui.ui.markdown.render_context import BlockType, RenderContext
from fakegpt_tui.ui.markdown.wrapping import chop, wrapped_lines

_LABELS = {"think": "Thinking", "thought": "Thoughts"}
_SIGN = 2
"""Characters before a label."""
_LAST_TAG = lazy_pattern(rf"</({'|'.join(THOUGHTS)}|(?i:{DETAILS}))>\Z")
_LONGEST_TAG = len("</reasoning>")
_MOST_OPEN = 20
"""Sections inside each other; what is deeper folds with the one around it."""
_CODE = ("fence", "code_block")
_LISTS = ("bullet_list", "ordered_list", "list_item")


def draw_section(node: Node, width: int, context: RenderContext) -> list[Line]:
    """The label of a section, which tells a click what to fold by `{"fold": start}`.

    Folded, the section shows its label alone.
    """
    start = node.source[0]
    is_folded = context.is_folded(start, opens=OPENS in node.markup)
    style = context.palette.muted + Style.from_meta({"fold": start})
    label = node.info if node.markup else _LABELS.get(node.info, node.info.capitalize())
    lines = wrapped_lines([Segment(label, style)], max(1, width - _SIGN), node.source)
    signs = ["▸ " if is_folded else "▾ ", *["  "] * len(lines)]
    shown = [
        line.with_prefix([Segment(sign[:width], style)])
        for sign, line in zip(signs, lines, strict=False)
    ]
    if node.content and not is_folded:
        content = Node("paragraph", content=node.content, source=node.source)
        shown += [BLANK, *context.render_block(content, width)]
    return shown


def draw_section_end(node: Node, width: int, context: RenderContext) -> list[Line]:
    """The closing tag as it was written, which is all there is if nothing was opened."""
    rows = chop([Segment(f"</{node.info}>", context.palette.muted)], width)
    return [Line(tuple(row), node.source) for row in rows]


SECTION = BlockType(draw_section, limited=False)


def sections_of(
    fragments: Sequence[BlockFragment], sections: tuple[OpenSection, ...]
) -> list[tuple[OpenSection, ...]]:
    """For each fragment the sections that it is inside of, the outermost first.

    `sections` are those that are open before the first fragment.
    """
    inside: list[tuple[OpenSection, ...]] = []
    for fragment, after in zip_longest(fragments, fragments[1:]):
        node = fragment.node
        if node.kind == "section":
            # Thoughts end where others begin.
            sections = sections[:-1] if _ends_thought(sections, node) else sections
            inside.append(sections)
            sections = (*sections, *_opened(node))[:_MOST_OPEN]
            continue
        inside.append(sections)
        if sections and not (after and after.joins) and (tag := _closing_tag(node)):
            places = [place for place, each in enumerate(sections) if each.tag == tag]
            sections = sections[: places[-1]] if places else sections
    return inside


def sections_after(
    fragments: Sequence[BlockFragment], sections: tuple[OpenSection, ...]
) -> tuple[OpenSection, ...]:
    """The sections that are open below `fragments`."""
    if not fragments:
        return sections
    end = BlockFragment(Node("hr"), fragments[-1].start)
    return sections_of((*fragments, end), sections)[-1]


def section_text(text: str, start: int) -> str:
    """What was written in the section that begins at `start`, without its own tags."""
    rows = (len(row) + 1 for row in text[start:].split("\n"))
    nodes = parse_blocks(text[start:], list(accumulate(rows, initial=start)), {})
    if not nodes or nodes[0].kind != "section":
        return ""
    inside = sections_of([BlockFragment(each, each.source[0]) for each in nodes], ())
    own = [
        node
        for node, around in zip(nodes, inside, strict=True)
        if any(each.start == start for each in around)
    ]
    written = ""
    if own:
        last = own.pop() if own[-1].kind == "section_end" else None
        end = last.source[0] if last else own[-1].source[1]
        written = text[nodes[0].source[1] : end].rstrip()
        written = written if last else _LAST_TAG.sub("", written)
    return f"{nodes[0].content}\n{written}".strip()


def _opened(node: Node) -> tuple[OpenSection, ...]:
    marks = node.markup.split()
    if CLOSED in marks:
        return ()
    tag = DETAILS if marks else THOUGHTS[0]
    return (OpenSection(node.source[0], tag, OPENS in marks),)


def _ends_thought(sections: Sequence[OpenSection], node: Node) -> bool:
    return bool(sections) and not node.markup and sections[-1].tag == THOUGHTS[0]


def _closing_tag(node: Node) -> str:
    """The kind of section that ends with a node: with its tag, or as its text ends with one."""
    while node.children and node.kind in _LISTS:
        node = node.children[-1]
    if node.kind == "section_end":
        name = node.info
    else:
        ending = node.content.rstrip()[-_LONGEST_TAG:] if node.kind not in _CODE else ""
        found = _LAST_TAG.search(ending)
        name = found[1] if found else ""
    if name.lower() == DETAILS:
        return DETAILS
    return THOUGHTS[0] if name else ""
