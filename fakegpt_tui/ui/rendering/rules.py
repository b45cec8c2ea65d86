"""Horizontal rules."""

from rich.segment import Segment

from fakegpt_tui.ui.rendering.drawing import RenderContext
from fakegpt_tui.ui.rendering.line import Line
from fakegpt_tui.ui.rendering.node import Node


def draw_rule(node: Node, width: int, drawing: RenderContext) -> list[Line]:
    """A line across."""
    return [Line((Segment("─" * width, drawing.palette.rule),), node.source)]
