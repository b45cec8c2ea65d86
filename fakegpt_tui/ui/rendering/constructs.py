"""The constructs there are: how each kind of block is drawn, and how it is split.

A new construct is a module with a function that draws, and a line here.
"""

from collections.abc import Mapping
from types import MappingProxyType

from fakegpt_tui.ui.rendering.drawing import RenderBlock
from fakegpt_tui.ui.rendering.fences import draw_code, split_code
from fakegpt_tui.ui.rendering.footnotes import draw_footnote
from fakegpt_tui.ui.rendering.lists import draw_list, split_list
from fakegpt_tui.ui.rendering.math import draw_math
from fakegpt_tui.ui.rendering.paragraphs import (
    draw_heading,
    draw_literal,
    draw_paragraph,
    split_paragraph,
)
from fakegpt_tui.ui.rendering.pieces import SplitBlock
from fakegpt_tui.ui.rendering.quotes import draw_quote, split_quote
from fakegpt_tui.ui.rendering.rules import draw_rule
from fakegpt_tui.ui.rendering.sections import draw_section, draw_section_end
from fakegpt_tui.ui.rendering.tables import draw_table, split_table

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
