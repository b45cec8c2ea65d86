"""What constructs are drawn with: the palette, the width, and how to draw what is inside them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rich.segment import Segment

from fakegpt_tui.ui.rendering.cells import width_of
from fakegpt_tui.ui.rendering.line import BLANK, Line
from fakegpt_tui.ui.rendering.node import Node
from fakegpt_tui.ui.rendering.palette import Palette
from fakegpt_tui.ui.rendering.parsing import References

_ENOUGH = 12
"""Cells that a nested block keeps for itself; indentation that would take them is left out."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """How to draw any block at one width of the message."""

    palette: Palette
    width: int
    draws: Mapping[str, "Draw"]
    references: References
    keep_breaks: bool = False
    unfolded: frozenset[int] = frozenset()
    wrap_code: bool = True
    code_offset: int = 0

    def block(self, node: Node, width: int) -> list[Line]:
        """The lines of one block."""
        return self.draws[node.kind](node, width, self)

    def blocks(self, nodes: Sequence[Node], width: int, *, spaced: bool = True) -> list[Line]:
        """The lines of blocks one below the other.

        A blank line stands between any two if they are `spaced`, else where one was written.
        """
        lines: list[Line] = []
        for index, node in enumerate(nodes):
            if index and (spaced or node.blank):
                lines.append(BLANK)
            lines.extend(self.block(node, width))
        return lines

    def fits(self, prefix: Sequence[Segment], width: int) -> bool:
        """Whether there is enough room for text behind `prefix`."""
        return width - width_of(prefix) >= max(2, min(_ENOUGH, self.width // 2))


Draw = Callable[[Node, int, Drawing], list[Line]]
