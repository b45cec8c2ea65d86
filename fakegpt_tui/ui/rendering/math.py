"""Formulas: between dollars or LaTeX's own brackets, in a line or on lines of their own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.segment import Segment

from fakegpt_tui.text import safe_text
from fakegpt_tui.ui.rendering.cells import wrap
from fakegpt_tui.ui.rendering.latex import latex_to_unicode
from fakegpt_tui.ui.rendering.line import Line

if TYPE_CHECKING:
    from fakegpt_tui.ui.rendering.drawing import RenderContext
    from fakegpt_tui.ui.rendering.node import Node

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
