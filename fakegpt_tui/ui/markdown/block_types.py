"""Block types: one row per kind of Markdown block, and the blocks that are drawn in a few lines.

A new kind of block is a module with a function that draws, and a row here.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from rich.segment import Segment

from fakegpt_tui.text import safe_text
from fakegpt_tui.ui.markdown.blocks import Node
from fakegpt_tui.ui.markdown.code_blocks import INDENTED_CODE
from fakegpt_tui.ui.markdown.diagrams import FENCE
from fakegpt_tui.ui.markdown.latex import latex_to_unicode
from fakegpt_tui.ui.markdown.lines import Line
from fakegpt_tui.ui.markdown.lists import LIST, draw_footnote
from fakegpt_tui.ui.markdown.paragraphs import PARAGRAPH, QUOTE, draw_heading, draw_literal
from fakegpt_tui.ui.markdown.render_context import BlockType, RenderContext
from fakegpt_tui.ui.markdown.sections import SECTION, draw_section_end
from fakegpt_tui.ui.markdown.tables import TABLE
from fakegpt_tui.ui.markdown.wrapping import wrapped_lines

_DELIMITED = re.compile(r"\s*(?:\$\$(.*)\$\$|\\\[(.*)\\\])\s*", re.DOTALL)
_INDENT = "  "


def draw_math(node: Node, width: int, context: RenderContext) -> list[Line]:
    """The formula in Unicode, else as it was written."""
    formula = _DELIMITED.fullmatch(node.content)
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
    return [Line((Segment("─" * width, context.palette.rule),), node.source)]


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
        "fence": FENCE,
        "code_block": INDENTED_CODE,
        "table": TABLE,
        "hr": BlockType(draw_rule),
        "math": BlockType(draw_math),
        "footnote_reference": BlockType(draw_footnote),
        "section": SECTION,
        "section_end": BlockType(draw_section_end),
    }
)
