"""Render context: palette and width that blocks are drawn with, and the types of blocks."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING

from rich.segment import Segment

from fakegpt_tui.fast_import import dataclass
from fakegpt_tui.ui.markdown.blocks import (
    BlockFragment,
    Node,
    ParserCheckpoint,
    ParseSlice,
    References,
    SplitBlock,
)
from fakegpt_tui.ui.markdown.lines import BLANK, Line, PlacedLines, cell_width
from fakegpt_tui.ui.markdown.palette import PROSE_WIDTH, Palette

if TYPE_CHECKING:
    from fakegpt_tui.pictures.diagrams import Drawing

_MAX_LINES = 4_000
_ENOUGH = 12
"""Cells that a nested block keeps for itself; indentation that would take them is left out."""


class BlockCache:
    """The blocks that were drawn last, a few screenfuls."""

    def __init__(self) -> None:
        self._blocks: OrderedDict[tuple[Node, int], list[Line]] = OrderedDict()
        self._lines = 0

    def get(self, node: Node, width: int) -> list[Line] | None:
        """The lines of a block, if they are cached."""
        lines = self._blocks.get((node, width))
        if lines is not None:
            self._blocks.move_to_end((node, width))
        return lines

    def put(self, node: Node, width: int, lines: list[Line]) -> list[Line]:
        """Cache the lines of a block in place of the oldest ones."""
        self._blocks[node, width] = lines
        self._lines += len(lines)
        while self._lines > _MAX_LINES and len(self._blocks) > 1:
            _, oldest = self._blocks.popitem(last=False)
            self._lines -= len(oldest)
        return lines


@dataclass(frozen=True, slots=True)
class RenderContext:
    """How to draw any block at one width of the message."""

    palette: Palette
    width: int
    types: Mapping[str, BlockType]
    references: References
    keep_breaks: bool = False
    toggled: frozenset[int] = frozenset()
    unfold_all: bool = False
    wrap_code: bool = True
    code_offset: int = 0
    placed: tuple[PlacedLines, ...] = ()
    diagrams: Callable[[str], Sequence[Drawing]] | None = None
    """Gives the drawings of a diagram, once there are any; without it there is its source."""

    _cache: BlockCache = field(default_factory=BlockCache, init=False, compare=False, repr=False)

    @property
    def folds(self) -> tuple[frozenset[int], bool]:
        """What decides which sections are folded."""
        return self.toggled, self.unfold_all

    def is_folded(self, section: int, *, opens: bool = False) -> bool:
        """Whether only the label is shown of the section there, which may be one that `opens`."""
        return (section in self.toggled) == (self.unfold_all or opens)

    def render_block(self, node: Node, width: int) -> list[Line]:
        """The lines of one block; prose is not as wide as code and tables may be."""
        kind = self.types[node.kind]
        return kind.draw(node, width if kind.is_wide else min(width, PROSE_WIDTH), self)

    def render_cached(self, node: Node, width: int) -> list[Line]:
        """The lines of a block inside another one, which is drawn whenever that one grows."""
        lines = self._cache.get(node, width)
        return lines or self._cache.put(node, width, self.render_block(node, width))

    def render_blocks(
        self, nodes: Sequence[Node], width: int, *, spaced: bool = True
    ) -> list[Line]:
        """The lines of blocks one below the other.

        A blank line stands between any two if they are `spaced`, else where one was written.
        """
        lines: list[Line] = []
        for index, node in enumerate(nodes):
            if index and (spaced or node.blank_above):
                lines.append(BLANK)
            # The last one grows whenever the block around it does, and need not be cached for it.
            draw = self.render_block if index == len(nodes) - 1 else self.render_cached
            lines.extend(draw(node, width))
        return lines

    def fits(self, prefix: Sequence[Segment], width: int) -> bool:
        """Whether there is enough room for text behind `prefix`."""
        return width - cell_width(prefix) >= max(2, min(_ENOUGH, self.width // 2))


RenderBlock = Callable[[Node, int, RenderContext], list[Line]]


def keep_whole(node: Node, part: ParseSlice) -> list[BlockFragment]:
    """How blocks are split that never grow long."""
    return [part.whole_fragment(node)]


def resume_block(node: Node, checkpoint: ParserCheckpoint, part: ParseSlice) -> Node | None:  # noqa: ARG001 - the signature of `resume`
    """How most blocks go on from a checkpoint."""
    return checkpoint.apply_to(node)


def is_never_misread(
    nodes: Sequence[Node],  # noqa: ARG001 - the signature of `is_misread`
    checkpoint: ParserCheckpoint,  # noqa: ARG001
    part: ParseSlice,  # noqa: ARG001
) -> bool:
    """What goes on from a checkpoint of most blocks is what it was."""
    return False


def draw_below(node: Node, last: Line, width: int, context: RenderContext) -> list[Line]:
    """How most fragments would join the last line of the one before: below it."""
    return [last, *context.render_block(node, width)]


@dataclass(frozen=True, slots=True)
class BlockType:
    """All that the parser and the layout have to know of one type of block.

    `draw` makes its lines. The rest is for blocks that can grow long: `split` makes fragments of
    one, which settle one by one; `resume` returns what there is, below a checkpoint, of a block
    that was open there, if anything; `is_misread` tells that it is of another type after all;
    `draw_joined` draws a fragment that begins in the last line of the one before. So many
    `title_lines` have to be complete before it is certain that such a block begins. Only `limited`
    ones can be too long. A type that `is_wide` uses the whole width, others the width of prose.
    """

    draw: RenderBlock
    split: SplitBlock = keep_whole
    resume: Callable[[Node, ParserCheckpoint, ParseSlice], Node | None] = resume_block
    is_misread: Callable[[Sequence[Node], ParserCheckpoint, ParseSlice], bool] = is_never_misread
    draw_joined: Callable[[Node, Line, int, RenderContext], list[Line]] = draw_below
    title_lines: int = 1
    limited: bool = True
    is_wide: bool = False
