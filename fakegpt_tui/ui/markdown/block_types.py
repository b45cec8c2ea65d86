"""Block types: one row per kind of Markdown block, and formulas, rules and diagrams as lines."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment

from fakegpt_tui.fast_import import lazy_pattern
from fakegpt_tui.text import safe_text
from fakegpt_tui.ui.markdown.code_blocks import (
    INDENTED_CODE,
    code_rows,
    draw_code,
    draw_label,
    fence_language,
    split_code,
)
from fakegpt_tui.ui.markdown.latex import latex_to_unicode
from fakegpt_tui.ui.markdown.lines import RULE, Line
from fakegpt_tui.ui.markdown.lists import LIST, draw_footnote
from fakegpt_tui.ui.markdown.paragraphs import PARAGRAPH, draw_heading, draw_literal
from fakegpt_tui.ui.markdown.quotes import QUOTE
from fakegpt_tui.ui.markdown.render_context import BlockType, RenderContext
from fakegpt_tui.ui.markdown.sections import SECTION, draw_section_end
from fakegpt_tui.ui.markdown.tables import TABLE
from fakegpt_tui.ui.markdown.wrapping import padded, wrapped_lines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fakegpt_tui.pictures.diagrams import Drawing
    from fakegpt_tui.ui.markdown.blocks import BlockFragment, Node, ParseSlice


_DIAGRAM = "mermaid"
_MOST_ROWS = 400
_MARGIN = " "
"""Left of a diagram."""
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


def _is_diagram(node: Node) -> bool:
    is_whole = not node.continued and len(code_rows(node.content)) <= _MOST_ROWS
    return is_whole and fence_language(node) == _DIAGRAM


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


_FORMULA = lazy_pattern(r"\s*(?:\$\$(.*)\$\$|\\\[(.*)\\\])\s*", re.DOTALL)
_INDENT = "  "
"""Left of a formula."""


def draw_math(node: Node, width: int, context: RenderContext) -> list[Line]:
    """The formula in Unicode, else as it was written."""
    formula = _FORMULA.fullmatch(node.content)
    text = latex_to_unicode((formula[1] or formula[2] or "").strip()) if formula else None
    if text is None:
        return _formula_rows(node, node.content.strip("\n"), width, context)
    text = safe_text(text)
    indent = [Segment(_INDENT, context.palette.text)]
    if not context.fits(indent, width):
        return _formula_rows(node, text, width, context)
    rows = _formula_rows(node, text, width - len(_INDENT), context)
    return [line.with_prefix(indent) for line in rows]


def draw_rule(node: Node, width: int, context: RenderContext) -> list[Line]:
    """A line across."""
    return [Line((Segment(RULE * width, context.palette.rule),), node.source)]


def _formula_rows(node: Node, text: str, width: int, context: RenderContext) -> list[Line]:
    segment = Segment(text.replace("\t", "    "), context.palette.text)
    return wrapped_lines([segment], width, node.source)


BLOCK_TYPES: Mapping[str, BlockType] = MappingProxyType(
    {
        "paragraph": PARAGRAPH,
        "heading": BlockType(draw_heading),
        "literal": BlockType(draw_literal),
        "bullet_list": LIST,
        "ordered_list": LIST,
        "blockquote": QUOTE,
        "fence": BlockType(draw_fence, split_fence, limited=False, is_wide=True),
        "code_block": INDENTED_CODE,
        "table": TABLE,
        "hr": BlockType(draw_rule),
        "math": BlockType(draw_math),
        "footnote_reference": BlockType(draw_footnote),
        "section": SECTION,
        "section_end": BlockType(draw_section_end),
    }
)
