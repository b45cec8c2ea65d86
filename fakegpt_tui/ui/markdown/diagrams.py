"""Diagrams in Markdown: a Mermaid fence as a drawing, where there is one that fits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment

from fakegpt_tui.ui.markdown.blocks import BlockFragment, Node, ParseSlice
from fakegpt_tui.ui.markdown.code_blocks import (
    code_rows,
    draw_code,
    draw_label,
    fence_language,
    split_code,
)
from fakegpt_tui.ui.markdown.lines import Line
from fakegpt_tui.ui.markdown.render_context import BlockType, RenderContext
from fakegpt_tui.ui.markdown.wrapping import padded

if TYPE_CHECKING:
    from fakegpt_tui.pictures.diagrams import Drawing

_LANGUAGE = "mermaid"
_MOST_ROWS = 400
_MARGIN = " "
_FENCES = 2
"""Lines of a fence that are not in it, once it is closed."""


def draw_fence(node: Node, width: int, context: RenderContext) -> list[Line]:
    """The drawing of a whole diagram that is no wider than there is room; else the source."""
    drawing = _fitting(node, width, context) if _is_diagram(node) else None
    if drawing is None:
        return draw_code(node, width, context)
    style = context.palette.fence
    rows = (padded([Segment(f"{_MARGIN}{text}", style)], width, style) for text, _ in drawing)
    label = draw_label(node, (), width, context)
    above = [Line(each.segments, node.source, is_drawing=True) for each in label]
    return [*above, *(Line(tuple(row), node.source, is_drawing=True) for row in rows)]


def split_fence(node: Node, part: ParseSlice) -> list[BlockFragment]:
    """A diagram stays whole, other code is split where it is long."""
    return [part.whole_fragment(node)] if _is_diagram(node) else split_code(node, part)


FENCE = BlockType(draw_fence, split_fence, limited=False, is_wide=True)


def _is_diagram(node: Node) -> bool:
    is_whole = not node.continued and len(code_rows(node.content)) <= _MOST_ROWS
    return is_whole and fence_language(node) == _LANGUAGE


def _fitting(node: Node, width: int, context: RenderContext) -> Drawing | None:
    """The first drawing that fits and is as wide as it was made to be, once the fence is closed."""
    is_closed = len(node.line_starts) == len(code_rows(node.content)) + _FENCES + 1
    drawings: Sequence[Drawing] = ()
    if is_closed and context.diagrams is not None:
        drawings = context.diagrams(node.content)
    room = width - len(_MARGIN)
    return next((each for each in drawings if each and _fits(each, room)), None)


def _fits(drawing: Drawing, room: int) -> bool:
    return all(cell_len(text) == cells <= room for text, cells in drawing)
