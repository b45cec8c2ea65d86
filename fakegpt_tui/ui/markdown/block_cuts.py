"""Cuts within a long list or table, found without parsing it: between items, and between rows.

As with split points, what is not certain is no cut.
"""

import re
from collections.abc import Iterator, Sequence

from fakegpt_tui.ui.markdown.blocks import BlockFragment, Chunk, ParserCheckpoint

_PLAIN = r"(?=[A-Za-z0-9\"'(\u00c0-\U0010ffff]|\*\*[^\s*]|`[^`\s]|\[[ xX]\] |\[[^\]\n]+\]\()"
"""How the text of an item begins that is a paragraph."""
_ITEM = re.compile(rf"(?P<mark>[-*+]|\d{{1,9}}[.)]) {{1,3}}{_PLAIN}")
_MAY_READ_ON = ("$$", "\\[")
"""Signs of formulas, which may go on below an item."""
_KINDS = ("bullet_list", "ordered_list", "table")


def find_block_cuts(
    text: str, fragments: Sequence[BlockFragment], settled: int, size: int, most: int
) -> Iterator[Chunk]:
    """Chunks at least `size` long, which begin in the block that is certain to begin there.

    Args:
        text: It ends where the block does, or before.
        fragments: Those of the beginning, of which so many are `settled`.
        size: How much is parsed together.
        most: How long an item may be that is no plain text.
    """
    if not fragments or any(each.node.kind.startswith("section") for each in fragments):
        return
    known = fragments[settled]
    if known.node.kind not in _KINDS:
        return
    begins = _rows(text, known) if known.node.kind == "table" else _items(text, known)
    last = known.start
    for start, checkpoint in begins:
        if start - last > most:
            return
        if start - last >= size:
            last = start
            yield Chunk(start, checkpoint)


def _rows(text: str, known: BlockFragment) -> Iterator[tuple[int, ParserCheckpoint]]:
    """The rows below one that is not the first, with what has to be known of the header."""
    if known.checkpoint is None or not known.checkpoint.prefix:
        return
    for start, line in _lines(text, known.start):
        if not line.startswith("|"):
            return
        yield start, known.checkpoint


def _items(text: str, known: BlockFragment) -> Iterator[tuple[int, ParserCheckpoint]]:
    """The items of the list at the margin to which a known one belongs."""
    number, sign, indent = known.node.number, "", ""
    for start, line in _lines(text, known.start):
        item = _ITEM.match(line)
        if any(each in line for each in _MAY_READ_ON):
            return
        if item is not None and sign in ("", item["mark"][-1]):
            sign, indent = item["mark"][-1], " " * item.end()
            yield start, ParserCheckpoint(known.node.kind, number=number)
            number += 1
        elif not indent or (line.strip() and not line.startswith(indent)):
            return


def _lines(text: str, start: int) -> Iterator[tuple[int, str]]:
    """The lines from one on, with where each begins."""
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield start, text[start:end]
        start = end
