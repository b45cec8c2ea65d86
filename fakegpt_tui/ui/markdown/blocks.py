"""Markdown blocks as values: nodes, the fragments they are split into, and chunks."""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from operator import attrgetter
from typing import Any, NamedTuple, Protocol

from fakegpt_tui.fast_import import dataclass

CHUNK_SIZE = 8_192
"""Characters of a chunk, if its blocks can be separated there."""

References = Mapping[str, Mapping[str, Any]]
"""What labels stand for: `references` as markdown-it keeps them, and `footnotes` by their number.

Empty until a reply is complete, since anything may still be defined.
"""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long text may be before it is split, in characters.

    `fragment`: a paragraph is split after these at the first place where no inline mark is open, or
    after `longest_fragment` where one still is. `read_step`: how much is parsed at a time. `block`:
    what cannot be split, or is one paragraph, is plain text beyond these, which are more than a
    chunk has.
    """

    fragment: int = 1_024
    longest_fragment: int = 8_192
    read_step: int = 16_384
    block: int = 32_768


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Node:
    """One block, or a fragment of one.

    `source` is where it stands in the message, `line_starts` where each of its lines begins and the
    last one ends. `blank_above` says whether the line above it is empty. `continued` marks a
    fragment that goes on from the one before; the fields after it are for such fragments.
    """

    kind: str
    content: str = ""
    markup: str = ""
    info: str = ""
    align: str = "left"
    children: "tuple[Node, ...]" = ()
    source: tuple[int, int] = (0, 0)
    line_starts: tuple[int, ...] = ()
    blank_above: bool = False
    number: int = 1
    continued: bool = False
    joiner: str = " "
    column_widths: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ParserCheckpoint:
    """What the parser has to know to begin in the middle of a block of this kind.

    The `prefix` is put above the text. `number` is that of the item of a list, of the line of code,
    or of the character of a paragraph. Within an item, `inner` is that of what goes on there, if
    anything does, and `box` the sign of a task.
    """

    kind: str
    prefix: str = ""
    number: int = 1
    column_widths: tuple[int, ...] = ()
    joiner: str = ""
    inner: "ParserCheckpoint | None" = None
    box: str = ""

    def apply_to(self, node: Node) -> Node:
        """`node`, parsed behind the prefix, as the fragment it is."""
        if node.kind != self.kind:
            return node
        return replace(
            node,
            continued=True,
            number=self.number,
            column_widths=self.column_widths,
            joiner=self.joiner,
        )


@dataclass(frozen=True, slots=True)
class BlockFragment:
    """A block, or a part of one, that is drawn and cached by itself.

    `start` is where to parse it again from, in the state that `checkpoint` describes. `blank_above`
    says whether a blank line is drawn above it, `joins` whether its first line replaces the last
    one of the fragment before.
    """

    node: Node
    start: int
    checkpoint: ParserCheckpoint | None = None
    blank_above: bool = True
    joins: bool = False


class OpenSection(NamedTuple):
    """A section that folds, of which only the beginning is known.

    `tag` is the tag that ends it. If it `opens`, it is shown until it is folded.
    """

    start: int
    tag: str
    opens: bool = False


class Splitting(Protocol):
    """What the type of a block knows of splitting one."""

    @property
    def split(self) -> "SplitBlock": ...
    @property
    def resume(self) -> "Callable[[Node, ParserCheckpoint, ParseSlice], Node | None]": ...
    @property
    def is_misread(self) -> "Callable[[Sequence[Node], ParserCheckpoint, ParseSlice], bool]": ...


@dataclass(frozen=True, slots=True)
class ParseOptions:
    """How a message is parsed, wherever that begins, and all types of blocks."""

    references: References
    keep_breaks: bool
    types: Mapping[str, Splitting]
    limits: Limits = DEFAULT_LIMITS


@dataclass(frozen=True, slots=True)
class ParseSlice:
    """What a block is split by: the message's text, and where and how parsing began.

    `column` is where the lines of the block begin, if it is in an item or `quoted`.
    """

    text: str
    start: int
    checkpoint: ParserCheckpoint | None
    options: ParseOptions
    column: int = 0
    quoted: bool = False

    def whole_fragment(self, node: Node) -> BlockFragment:
        """`node` as one fragment."""
        above = not node.continued
        return BlockFragment(node, node.source[0], self.checkpoint, blank_above=above)


SplitBlock = Callable[[Node, ParseSlice], list[BlockFragment]]


@dataclass(eq=False, slots=True)
class Chunk:
    """Some fragments one below the other, or the place where they can be parsed.

    `sections` are those that are open at its start, the outermost first.
    """

    start: int
    checkpoint: ParserCheckpoint | None = None
    sections: tuple[OpenSection, ...] = ()
    fragments: tuple[BlockFragment, ...] | None = None


class ChunkSource:
    """A text in chunks, as many as have been found so far."""

    def __init__(self, text: str, chunks: list[Chunk]) -> None:
        self.text = text
        self.chunks = chunks

    def load(self, index: int) -> None:
        """Parse a chunk if it is not parsed, which may make several of it."""
        raise NotImplementedError

    def chunk_end(self, index: int) -> int:
        """Where a chunk ends."""
        return self.chunks[index + 1].start if index + 1 < len(self.chunks) else len(self.text)

    def chunk_at(self, offset: int) -> int:
        """The chunk in which the text at `offset` stands."""
        return max(0, bisect_right(self.chunks, offset, key=attrgetter("start")) - 1)
