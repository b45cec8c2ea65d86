"""Sections that fold: what a model thinks aloud between `<think>` and `</think>`.

A section is no block of its own but all pieces between two marks, so that it grows and settles
like any text. Closed, it shows its label alone.
"""

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style

from fakegpt_tui.ui.markdown.blocks import SECTIONS, Node
from fakegpt_tui.ui.markdown.fragments import BlockFragment
from fakegpt_tui.ui.markdown.lines import Line
from fakegpt_tui.ui.markdown.render_context import RenderContext
from fakegpt_tui.ui.markdown.wrapping import chop

_LABELS = {"think": "Thinking", "thought": "Thoughts"}
_CLOSING = tuple(f"</{name}>" for name in SECTIONS)


def draw_section(node: Node, width: int, drawing: RenderContext) -> list[Line]:
    """The label, which tells a click what to fold by `{"fold": start}`."""
    start = node.source[0]
    sign = "▸" if drawing.is_folded(start) else "▾"
    style = drawing.palette.muted + Style.from_meta({"fold": start})
    label = f"{sign} {_LABELS.get(node.info, node.info.capitalize())}"
    return [Line((Segment(label[:width], style),), node.source)]


def draw_section_end(node: Node, width: int, drawing: RenderContext) -> list[Line]:
    """The closing tag as it was written, which is all there is if nothing was opened."""
    rows = chop([Segment(f"</{node.info}>", drawing.palette.muted)], width)
    return [Line(tuple(row), node.source) for row in rows]


def sections_of(pieces: Sequence[BlockFragment], section: int | None) -> list[int | None]:
    """For each piece the start of the section that it is inside of, if any.

    `section` is the one that is open before the first piece.
    """
    inside: list[int | None] = []
    for index, piece in enumerate(pieces):
        kind = piece.node.kind
        inside.append(None if kind == "section" else section)
        if kind == "section":
            section = piece.node.source[0]
        elif kind == "section_end":
            section = None
        elif section is not None and piece.node.content.rstrip().endswith(_CLOSING):
            goes_on = index + 1 < len(pieces) and pieces[index + 1].joins
            section = section if goes_on else None
    return inside


def section_after(pieces: Sequence[BlockFragment], section: int | None) -> int | None:
    """The section that is open below `pieces`."""
    if not pieces:
        return section
    end = BlockFragment(Node("hr"), pieces[-1].start)
    return sections_of((*pieces, end), section)[-1]
