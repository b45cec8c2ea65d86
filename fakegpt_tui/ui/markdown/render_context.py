"""What constructs are drawn with: the palette, the width, and how to draw what is inside them."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from rich.segment import Segment

from fakegpt_tui.ui.markdown.blocks import Node
from fakegpt_tui.ui.markdown.lines import BLANK, Line
from fakegpt_tui.ui.markdown.palette import Palette
from fakegpt_tui.ui.markdown.parser import References
from fakegpt_tui.ui.markdown.wrapping import cell_width

_MOST = 4_000
_ENOUGH = 12
"""Cells that a nested block keeps for itself; indentation that would take them is left out."""


class BlockCache:
    """The blocks that were drawn last, a few screenfuls."""

    def __init__(self) -> None:
        self._blocks: OrderedDict[tuple[Node, int], list[Line]] = OrderedDict()
        self._lines = 0

    def get(self, node: Node, width: int) -> list[Line] | None:
        """The lines of a block, if it was drawn not long ago."""
        lines = self._blocks.get((node, width))
        if lines is not None:
            self._blocks.move_to_end((node, width))
        return lines

    def put(self, node: Node, width: int, lines: list[Line]) -> list[Line]:
        """Keep the lines of a block in place of the oldest ones."""
        self._blocks[node, width] = lines
        self._lines += len(lines)
        while self._lines > _MOST and len(self._blocks) > 1:
            _, oldest = self._blocks.popitem(last=False)
            self._lines -= len(oldest)
        return lines


@dataclass(frozen=True, slots=True)
class RenderContext:
    """How to draw any block at one width of the message."""

    palette: Palette
    width: int
    renderers: Mapping[str, "RenderBlock"]
    references: References
    keep_breaks: bool = False
    turned: frozenset[int] = frozenset()
    unfold_all: bool = False
    wrap_code: bool = True
    code_offset: int = 0

    _cache: BlockCache = field(default_factory=BlockCache, init=False, compare=False, repr=False)

    @property
    def folds(self) -> tuple[frozenset[int], bool]:
        """What decides which sections are folded."""
        return self.turned, self.unfold_all

    def is_folded(self, section: int) -> bool:
        """Whether only the label of the section that begins there is shown."""
        return (section in self.turned) == self.unfold_all

    def render_block(self, node: Node, width: int) -> list[Line]:
        """The lines of one block."""
        return self.renderers[node.kind](node, width, self)

    def render_cached(self, node: Node, width: int) -> list[Line]:
        """The lines of a block inside another one, which is drawn whenever that one grows."""
        return self._cache.get(node, width) or self._cache.put(
            node, width, self.render_block(node, width)
        )

    def render_blocks(
        self, nodes: Sequence[Node], width: int, *, spaced: bool = True
    ) -> list[Line]:
        """The lines of blocks one below the other.

        A blank line stands between any two if they are `spaced`, else where one was written.
        """
        lines: list[Line] = []
        for index, node in enumerate(nodes):
            if index and (spaced or node.blank):
                lines.append(BLANK)
            # The last one grows whenever the block around it does, and need not be kept for it.
            draw = self.render_block if index == len(nodes) - 1 else self.render_cached
            lines.extend(draw(node, width))
        return lines

    def fits(self, prefix: Sequence[Segment], width: int) -> bool:
        """Whether there is enough room for text behind `prefix`."""
        return width - cell_width(prefix) >= max(2, min(_ENOUGH, self.width // 2))


RenderBlock = Callable[[Node, int, RenderContext], list[Line]]
