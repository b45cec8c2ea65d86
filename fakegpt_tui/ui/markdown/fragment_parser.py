"""Fragment parser: a message, or the rest of one, as fragments of blocks that settle one by one."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from fakegpt_tui.text import safe_text
from fakegpt_tui.ui.markdown.block_rules import SECTION_START
from fakegpt_tui.ui.markdown.block_types import BLOCK_TYPES
from fakegpt_tui.ui.markdown.blocks import (
    BlockFragment,
    Limits,
    Node,
    ParseOptions,
    ParserCheckpoint,
    ParseSlice,
)
from fakegpt_tui.ui.markdown.parser import parse_blocks
from fakegpt_tui.ui.markdown.split_points import LINE_ENDS

_LINE_END = re.compile(f"\r\n|[{LINE_ENDS}]")
"""What safe text shows as a line feed; keeping to it keeps lines and offsets in step."""

_MAY_DEFINE = re.compile(r"\s*[\[\"'(]")
"""How a paragraph begins that may prove to define a target, or to be the title of one."""

_PLAIN, _PLAIN_BELOW = ParserCheckpoint("plain"), ParserCheckpoint("plain", number=2)
_PLAIN_END = re.compile(rf"\n(?:[ \t]*\r?\n(?=\S)|(?= {{0,3}}(?:```|~~~))|(?={SECTION_START}))")
"""Where plain text ends: above a fence, a tag, or a line at the margin below a blank one.

Split points are looked for without knowing what is plain, so that a fence has to be one in it, too.
"""
_PLAIN_NOTE = "Plain text from here on: this block is longer than {size} KB."


@dataclass(frozen=True, slots=True)
class ParsedFragments:
    """The fragments, and how many of them no further text can change.

    They are `misread` if what seemed the rest of a block shows that it never was one.
    """

    fragments: tuple[BlockFragment, ...]
    settled: int
    misread: bool = False


def parse_fragments(
    text: str, start: int, checkpoint: ParserCheckpoint | None, options: ParseOptions
) -> ParsedFragments:
    """Parse `text` from `start`, where `checkpoint` tells what is open there."""
    part = ParseSlice(text, start, checkpoint, options)
    if checkpoint is not None and checkpoint.kind == _PLAIN.kind:
        return _parse_plain(part)
    raw = text[start:]
    ends = [start + match.end() for match in _LINE_END.finditer(raw)]
    prefix = checkpoint.prefix if checkpoint else ""
    offsets = [*[start] * prefix.count("\n"), start, *ends, len(text)]
    nodes = parse_blocks(prefix + safe_text(raw), offsets, options.references)
    misread = False
    if checkpoint:
        block_type = BLOCK_TYPES[checkpoint.kind]
        misread = block_type.is_misread(nodes, checkpoint, part)
        first = block_type.resume(nodes[0], checkpoint, part) if nodes else None
        nodes[:1] = [first] if first else []
        part = part if first else replace(part, checkpoint=None)
    fragments: list[BlockFragment] = []
    for index, node in enumerate(nodes):
        below = replace(part, checkpoint=None) if index else part
        fragments.extend(BLOCK_TYPES[node.kind].split(node, below))
    if fragments:
        # What stands before the first block belongs to it, so that nothing is left between any two.
        fragments[0] = replace(fragments[0], start=start, checkpoint=checkpoint)
    settled = min(_settled_by_lines(fragments, ends), _settled_by_definitions(fragments, part))
    parsed = ParsedFragments(tuple(fragments), settled, misread)
    return parsed if misread else _limit_blocks(parsed, text, options)


def _settled_by_lines(fragments: Sequence[BlockFragment], ends: Sequence[int]) -> int:
    """The index of the last fragment whose beginning is certain; those before it cannot change."""
    for index in range(len(fragments) - 1, 0, -1):
        fragment = fragments[index]
        needed = BLOCK_TYPES[fragment.node.kind].title_lines
        if fragment.joins or (len(ends) >= needed and ends[-needed] > fragment.start):
            return index
    return 0


def _settled_by_definitions(fragments: Sequence[BlockFragment], part: ParseSlice) -> int:
    """The index of the last fragment that is shown for certain.

    A title may end below it, so what is defined above it would have to be parsed again.
    """
    first = last = max(0, len(fragments) - 1)
    if not part.options.references or not fragments:
        return last
    while first and fragments[first].joins:
        first -= 1
    node = fragments[first].node
    may_define = node.kind == "paragraph" and not fragments[first].joins
    if may_define and _MAY_DEFINE.match(part.text, node.source[0]):
        return max(0, first - 1)
    return last


def _limit_blocks(parsed: ParsedFragments, text: str, options: ParseOptions) -> ParsedFragments:
    """Show as plain text what is beyond the limit of a block that cannot be split."""
    fragments, unit = parsed.fragments, 0
    for index, fragment in enumerate(fragments):
        unit = unit if fragment.joins else index
        first = fragments[unit]
        begin = first.start + 1 - first.node.number if first.joins else first.node.source[0]
        cut = _plain_start(begin, fragments[index : index + 2], text, options.limits)
        if cut is None:
            continue
        if first.joins:
            # How a paragraph is split depends on where it ends: it is split anew.
            return replace(parsed, misread=True)
        again = parse_fragments(text[:cut], first.start, first.checkpoint, options)
        below = parse_fragments(text, cut, _PLAIN, options)
        above = (*fragments[:unit], *again.fragments)
        return ParsedFragments((*above, *below.fragments), len(above) + below.settled)
    return parsed


def _plain_start(
    first: int, fragments: Sequence[BlockFragment], text: str, limits: Limits
) -> int | None:
    """Where plain text begins in a block that began at `first`, if it is too long.

    That depends on nothing that more text may change, so that a growing message shows what the
    whole one does: the line below belongs to the block, and with the next one it is certain.
    """
    node = fragments[0].node
    least, end = first + limits.block, node.source[1]
    if len(text) <= least or not BLOCK_TYPES[node.kind].limited:
        return None
    most = least + limits.longest_fragment
    line_end = text.find("\n", least, most)
    if line_end >= 0:
        # Blank lines at its end belong to the block only until more text comes.
        last = least + len(text[least:end].rstrip()) + 1
        below = text.find("\n", line_end + 1, last)
        is_next_known = text.find("\n", below + 1) >= 0 or len(text) - below > limits.fragment
        return line_end + 1 if below >= 0 and is_next_known else None
    # Such a long line belonged to the block, until the line below made it the header of a table.
    is_header = fragments[-1].node.kind == "table" and fragments[-1].start == end
    is_within = most < end or (is_header and text.rfind("\n", 0, least) + 1 == end)
    return most if is_within and most < len(text) else None


def _parse_plain(part: ParseSlice) -> ParsedFragments:
    """Text as it was written up to where it ends for certain, and the blocks below it."""
    end = _PLAIN_END.search(part.text, part.start - 1)
    stop = end.end() if end else len(part.text)
    plain = list(_plain_fragments(part, stop))
    if end is None:
        return ParsedFragments(tuple(plain), max(0, len(plain) - 1))
    below = parse_fragments(part.text, stop, None, part.options)
    # What is below may show nothing, as it only defines link targets.
    settled = len(plain) + below.settled - (not below.fragments)
    return ParsedFragments((*plain, *below.fragments), max(0, settled))


def _plain_fragments(part: ParseSlice, end: int) -> Iterator[BlockFragment]:
    start, limits = part.start, part.options.limits
    checkpoint = part.checkpoint
    note = _PLAIN_NOTE.format(size=limits.block // 1024)
    while start < end:
        stop = _line_end(part.text, start + limits.fragment, end, limits) or end
        is_first = checkpoint == _PLAIN
        node = Node(
            "literal",
            content=safe_text(part.text[start:stop]).rstrip("\n"),
            info=note if is_first else "",
            source=(start, stop),
            continued=not is_first,
        )
        yield BlockFragment(node, start, checkpoint, blank_above=is_first)
        start, checkpoint = stop, _PLAIN_BELOW


def _line_end(text: str, start: int, end: int, limits: Limits) -> int | None:
    """The end of the line at `start`, or a place within one that is very long, before `end`."""
    most = start + limits.longest_fragment
    line_end = text.find("\n", start, min(most, end))
    cut = line_end + 1 if line_end >= 0 else most
    return cut if cut < end else None
