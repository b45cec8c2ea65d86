"""How a block is split into pieces that settle one by one while it grows.

A piece can be read again from where it begins, without what is before it: `Resume` says which
lines to put in front so that the parser is where it was.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from fakegpt_tui.ui.markdown.blocks import DEFAULT_LIMITS, Limits, Node
from fakegpt_tui.ui.markdown.parser import References


@dataclass(frozen=True, slots=True)
class ParserCheckpoint:
    """What reading has to know to begin in the middle of a block of this kind.

    The `prefix` is put above what is read, and the `suffix` below what is read of the text above.
    `number` is that of the item of a list, of the line of code, or of the character of those that
    a paragraph shows without a new line.
    """

    kind: str
    prefix: str = ""
    number: int = 1
    column_widths: tuple[int, ...] = ()
    joiner: str = ""
    suffix: str = ""

    def apply_to(self, node: Node) -> Node:
        """`node`, read behind the prefix, as the piece it is."""
        if node.kind != self.kind:
            return node
        return replace(
            node, continued=True, number=self.number, widths=self.column_widths, glue=self.joiner
        )


@dataclass(frozen=True, slots=True)
class BlockFragment:
    """A block, or a part of one, that is drawn and cached by itself.

    `start` is where to read it again from, in the state that `resume` describes. `spaced` says
    whether a blank line stands above it.
    """

    node: Node
    start: int
    resume: ParserCheckpoint | None = None
    blank_above: bool = True

    @property
    def joins(self) -> bool:
        """Whether the first line of this piece replaces the last one of the piece before."""
        return self.node.continued and self.node.kind == "paragraph"


@dataclass(frozen=True, slots=True)
class ParseOptions:
    """How a message is read, wherever reading begins."""

    references: References
    keep_breaks: bool
    limits: Limits = DEFAULT_LIMITS


@dataclass(frozen=True, slots=True)
class ParseSlice:
    """What a block may be split by: the message's text, and where and how reading began."""

    text: str
    start: int
    checkpoint: ParserCheckpoint | None
    options: ParseOptions

    def whole_fragment(self, node: Node) -> BlockFragment:
        """`node` as one piece."""
        return BlockFragment(node, node.source[0], self.checkpoint, blank_above=not node.continued)


SplitBlock = Callable[[Node, ParseSlice], list[BlockFragment]]


def keep_whole(node: Node, part: ParseSlice) -> list[BlockFragment]:
    """How blocks are split that never grow long."""
    return [part.whole_fragment(node)]
