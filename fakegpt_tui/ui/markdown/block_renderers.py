"""Formulas: between dollars or LaTeX's own brackets, in a line or on lines of their own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.segment import Segment

from fakegpt_tui.text import safe_text
from fakegpt_tui.ui.markdown.latex import latex_to_unicode
from fakegpt_tui.ui.markdown.lines import Line
from fakegpt_tui.ui.markdown.wrapping import wrap

if TYPE_CHECKING:
    from fakegpt_tui.ui.markdown.blocks import Node
    from fakegpt_tui.ui.markdown.render_context import RenderContext
from collections.abc import Mapping
from types import MappingProxyType

from fakegpt_tui.ui.markdown.blocks import Node
from fakegpt_tui.ui.markdown.code_blocks import draw_code, split_code
from fakegpt_tui.ui.markdown.fragments import SplitBlock
from fakegpt_tui.ui.markdown.nested_blocks import (
    draw_footnote,
    draw_list,
    draw_quote,
    split_list,
    split_quote,
)
from fakegpt_tui.ui.markdown.paragraphs import (
    draw_heading,
    draw_literal,
    draw_paragraph,
    split_paragraph,
)
from fakegpt_tui.ui.markdown.render_context import RenderBlock, RenderContext
from fakegpt_tui.ui.markdown.sections import draw_section, draw_section_end
from fakegpt_tui.ui.markdown.tables import draw_table, split_table

_DELIMITED = re.compile(r"\s*(?:\$\$(.*)\$\$|\\\[(.*)\\\])\s*", re.DOTALL)
_INDENT = "  "


def draw_math(node: Node, width: int, drawing: RenderContext) -> list[Line]:
    """The formula in Unicode, else as it was written."""
    formula = _DELIMITED.fullmatch(node.content)
    text = latex_to_unicode((formula[1] or formula[2] or "").strip()) if formula else None
    if text is None:
        return _formula_rows(node, node.content.strip("\n"), width, drawing)
    text = safe_text(text)
    indent = [Segment(_INDENT, drawing.palette.text)]
    if not drawing.fits(indent, width):
        return _formula_rows(node, text, width, drawing)
    return [
        line.with_prefix(indent)
        for line in _formula_rows(node, text, width - len(_INDENT), drawing)
    ]


def _formula_rows(node: Node, text: str, width: int, drawing: RenderContext) -> list[Line]:
    rows = wrap([Segment(text.replace("\t", "    "), drawing.palette.text)], width)
    return [Line(tuple(row), node.source) for row in rows]


def draw_rule(node: Node, width: int, drawing: RenderContext) -> list[Line]:
    """A line across."""
    return [Line((Segment("─" * width, drawing.palette.rule),), node.source)]


RENDERERS: Mapping[str, RenderBlock] = MappingProxyType(
    {
        "paragraph": draw_paragraph,
        "heading": draw_heading,
        "literal": draw_literal,
        "bullet_list": draw_list,
        "ordered_list": draw_list,
        "blockquote": draw_quote,
        "fence": draw_code,
        "code_block": draw_code,
        "table": draw_table,
        "hr": draw_rule,
        "math": draw_math,
        "footnote_reference": draw_footnote,
        "section": draw_section,
        "section_end": draw_section_end,
    }
)

SPLITTERS: Mapping[str, SplitBlock] = MappingProxyType(
    {
        "paragraph": split_paragraph,
        "bullet_list": split_list,
        "ordered_list": split_list,
        "blockquote": split_quote,
        "fence": split_code,
        "code_block": split_code,
        "table": split_table,
    }
)
"""Only constructs that can grow long are split."""
