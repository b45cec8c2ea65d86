"""Reading a message, or the rest of one, into pieces."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from fakegpt_tui.text import safe_text
from fakegpt_tui.ui.markdown.block_renderers import SPLITTERS
from fakegpt_tui.ui.markdown.block_splits import FIRST_ROWS, BlockSplit
from fakegpt_tui.ui.markdown.blocks import Node
from fakegpt_tui.ui.markdown.code_blocks import CODE_CHECKPOINT, drop_first_line, drop_last_line
from fakegpt_tui.ui.markdown.fragments import (
    BlockFragment,
    ParseOptions,
    ParserCheckpoint,
    ParseSlice,
    keep_whole,
)
from fakegpt_tui.ui.markdown.nested_blocks import rest_of_quote
from fakegpt_tui.ui.markdown.paragraphs import resume_flow
from fakegpt_tui.ui.markdown.parser import parse_blocks
from fakegpt_tui.ui.markdown.split_points import LINE_ENDS

_LINE_END = re.compile(f"\r\n|[{LINE_ENDS}]")
"""What safe text shows as a line feed; keeping to it keeps lines and offsets in step."""

_BARS = re.compile(r"(?:[^\n]*\n)?[|: \t\r-]*(?:\n|\Z)")
"""The rest of a line, or one and the next, that may be what makes a table of the line above."""

_MAY_DEFINE = re.compile(r"\s*[\[\"'(]")
"""How a paragraph begins that may prove to define a target, or to be the title of one."""

_FLOWS = ("paragraph", "quoted")
_TITLE_LINES = {"table": 2}
"""Lines that have to be whole before a block is what it seems to be; one for all others."""


@dataclass(frozen=True, slots=True)
class ParsedFragments:
    """What was read: the pieces, and how many of them no further text can change.

    It is `broken` if what seemed the rest of a paragraph shows that it never was one.
    """

    fragments: tuple[BlockFragment, ...]
    settled: int
    broken: bool = False


def parse_fragments(
    text: str, start: int, resume: ParserCheckpoint | None, manner: ParseOptions, suffix: str = ""
) -> ParsedFragments:
    """Read `text` from `start`, where `resume` tells what is open there.

    The `suffix` is of what is read below it.
    """
    raw = text[start:]
    ends = [start + match.end() for match in _LINE_END.finditer(raw)]
    prefix = resume.prefix if resume else ""
    offsets = [*[start] * prefix.count("\n"), start, *ends, len(text)]
    lines = prefix + safe_text(raw) + suffix
    nodes = parse_blocks(lines, offsets, manner.references, manner.limits.header)
    broken = _is_broken(nodes, resume, start, raw)
    opened = resume
    if resume and nodes:
        first = _resume_block(nodes[0], resume, text, start)
        nodes[:1] = [first] if first else []
        is_over = first is None or (resume.kind == "quoted" and first.continued)
        opened = None if is_over else resume
    if nodes and suffix == CODE_CHECKPOINT.suffix:
        nodes[-1] = drop_last_line(nodes[-1])
    pieces: list[BlockFragment] = []
    for index, node in enumerate(nodes):
        part = ParseSlice(text, start, None if index else opened, manner)
        split = SPLITTERS.get(node.kind, keep_whole)
        pieces.extend(split(node, part))
    if pieces:
        # What stands before the first block belongs to it, so that nothing is left between pieces.
        pieces[0] = replace(pieces[0], start=start, resume=resume)
    settled = min(_settled_by_lines(pieces, ends), _settled_by_definitions(pieces, text, manner))
    return ParsedFragments(tuple(pieces), settled, broken)


def find_checkpoints(
    seams: Iterable[BlockSplit], text: str, manner: ParseOptions
) -> Iterator[ParserCheckpoint | None]:
    """For each seam of `text` what has to be known to read on from there."""
    block, first = -1, ParserCheckpoint("")
    for seam in seams:
        if seam.at == seam.block:
            yield None
        elif seam.kind in _FLOWS:
            yield resume_flow(seam.kind, text[seam.at - 1], manner.limits)
        else:
            if seam.block != block:
                block, first = seam.block, _find_checkpoint(seam, text, manner)
            yield replace(first, number=seam.number)


def _find_checkpoint(seam: BlockSplit, text: str, manner: ParseOptions) -> ParserCheckpoint:
    lines = {"fence": 1, "table": 2 + FIRST_ROWS + 1}.get(seam.kind, 0)
    end = seam.block
    for _ in range(lines):
        end = text.index("\n", end) + 1
    if seam.kind == "table":
        pieces = parse_fragments(text[:end], seam.block, None, manner).fragments
        return pieces[-1].resume or ParserCheckpoint("table")
    if seam.kind == "code_block":
        return CODE_CHECKPOINT
    return ParserCheckpoint(seam.kind, prefix=safe_text(text[seam.block : end]))


def _is_broken(nodes: list[Node], resume: ParserCheckpoint | None, start: int, raw: str) -> bool:
    # What begins a new line of a paragraph is that, whatever comes below it.
    if resume is None or resume.kind != "paragraph" or resume.number == 1:
        return False
    if not nodes or nodes[0].kind != "paragraph" or nodes[0].source[1] <= start:
        return True
    # The line above, or one that was cut in the middle, may be the header of a table.
    return _BARS.match(raw) is not None


def _resume_block(node: Node, resume: ParserCheckpoint, text: str, start: int) -> Node | None:
    """What there is from `start` on of a block that was open there, if anything."""
    if resume.kind in _FLOWS and node.source[1] <= start:
        return None
    if resume.kind == "quoted":
        return rest_of_quote(node, start)
    node = resume.apply_to(node)
    if node.kind == resume.kind == CODE_CHECKPOINT.kind:
        return drop_first_line(node)
    if node.children and resume.kind in ("bullet_list", "ordered_list") and node.continued:
        above = safe_text(text[max(0, start - 200) : start]).split("\n")
        first = replace(node.children[0], blank=len(above) > 1 and not above[-2].strip(" \t>"))
        node = replace(node, children=(first, *node.children[1:]))
    return node


def _settled_by_lines(pieces: list[BlockFragment], ends: list[int]) -> int:
    """The index of the last piece whose beginning is certain; those before it cannot change."""
    for index in range(len(pieces) - 1, 0, -1):
        piece = pieces[index]
        needed = _title_lines(piece.node)
        is_within = piece.joins or (piece.resume is not None and piece.resume.suffix)
        if is_within or (len(ends) >= needed and ends[-needed] > piece.start):
            return index
    return 0


def _title_lines(node: Node) -> int:
    if node.kind == "blockquote" and node.children:
        node = node.children[0]
    return 1 if node.continued else _TITLE_LINES.get(node.kind, 1)


def _settled_by_definitions(pieces: list[BlockFragment], text: str, manner: ParseOptions) -> int:
    """The index of the last piece that is shown for certain.

    A title may end below it, so what is defined above it would have to be read again.
    """
    first = last = max(0, len(pieces) - 1)
    if not manner.references:
        return last
    while first and _continues_paragraph(pieces[first]):
        first -= 1
    may_define = (
        pieces
        and pieces[first].node.kind == "paragraph"
        and not _continues_paragraph(pieces[first])
    )
    if may_define and _MAY_DEFINE.match(text, pieces[first].node.source[0]):
        return max(0, first - 1)
    return last


def _continues_paragraph(piece: BlockFragment) -> bool:
    return piece.resume is not None and piece.resume.kind == "paragraph"
