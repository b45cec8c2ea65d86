"""Split points: where Markdown can be cut so that each part reads the same alone as in its place.

A place that is not certain is no split point, so that the worst text is one part. Markdown without
HTML blocks is expected. Within a long list or table, cuts are between items and rows.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from fakegpt_tui.fast_import import lazy_pattern
from fakegpt_tui.ui.markdown.blocks import BlockFragment, Chunk, ParserCheckpoint

PARAGRAPH_START = r"(?:[A-Za-z\"'(\u00c0-\U0010ffff]|\*\*[^\s*]|\d++(?=[^\d.)]))"
"""How a line begins that can only be text."""


_HIDING = lazy_pattern(
    r"^(?P<indent> {0,3})(?P<fence>`{3,}|~{3,})(?P<info>[^\n]*)$"
    r"|^<(?P<section>/?)(?:think|thinking|thought|reasoning|analysis)>[ \t]*\r?$"
    r"|^(?: {0,3}<(?P<details>)(?i:details)[ \t>](?![^\n]*(?i:</details>)[ \t]*\r?$)"
    r"|</(?P<details_end>)(?i:details)>[ \t]*\r?$)"
    r"|^ {0,3}(?:\$\$|\\\[)[ \t]*\r?\n(?P<formula>(?:[ \t]*[^ \t\r\n][^\n]*\n)*+)",
    re.MULTILINE,
)
"""What may hide split points: fences, sections, and a `formula`, up to the next blank line.

Wherever details may begin, they may be open; only a tag at the margin is certain to end them.
"""

_NOT_IN_FORMULA = lazy_pattern(r"^ {0,3}(?:```|~~~|<)", re.MULTILINE)
"""A line that begins another block inside what looks like a formula."""

_SIGNS = ("```", "~~~", "<", "$$", "\\[")
"""What is in every line that may hide split points."""

_UNUSUAL_LINE_ENDS = "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
UNUSUAL_LINE_END = lazy_pattern(f"[{_UNUSUAL_LINE_ENDS}]")
"""Line ends that split points are not looked for beside."""

LINE_ENDS = f"\n{_UNUSUAL_LINE_ENDS}"
"""All line ends of text that is safe to show."""

_ITEM_TEXT = r"(?=[A-Za-z0-9\"'(\u00c0-\U0010ffff]|\*\*[^\s*]|`[^`\s]|\[[ xX]\] |\[[^\]\n]+\]\()"
"""How the text of an item begins that is a paragraph."""
_ITEM = lazy_pattern(rf"(?P<mark>[-*+]|\d{{1,9}}[.)]) {{1,3}}{_ITEM_TEXT}")
STAND_IN = "x"
"""Stands in the place of what is above in an item, and is a paragraph whatever follows."""
_MAY_READ_ON = ("$$", "\\[")
"""Signs of formulas, which may go on below an item."""
_CUT_KINDS = ("bullet_list", "ordered_list", "table")


def find_split_points(text: str, size: int) -> list[int]:
    """Offsets, at least `size` apart, at which a block begins that depends on none above."""
    # Long texts are looked through for signs one by one, which takes a tenth of a pattern's time.
    if len(text) <= size or any(end in text for end in _UNUSUAL_LINE_ENDS):
        return []
    points: list[int] = []
    first = len(text) - len(text.lstrip(" \t\r\n"))
    at: int | None = 0
    in_thought, details = False, 0
    lines = _SignedLines(text)
    while at is not None:
        hiding = _find_hiding(lines, at)
        if not (in_thought or details):
            end = hiding.start() if hiding else len(text)
            points.extend(_points_between(text, at, end, points[-1] if points else first, size))
        if hiding is None:
            break
        at = _scan_end(text, hiding)
        if hiding["section"] is not None:
            in_thought = not hiding["section"]
        details += hiding["details"] is not None
        details -= details > 0 and hiding["details_end"] is not None
    return points


class _SignedLines:
    """The lines of a text in which there is a sign of something that may hide split points."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._next = {sign: text.find(sign) for sign in _SIGNS}

    def next_start(self, at: int) -> int | None:
        """Where the next such line begins that begins at a place or behind it."""
        while True:
            for sign, place in self._next.items():
                if -1 < place < at:
                    self._next[sign] = self.text.find(sign, at)
            place = min((each for each in self._next.values() if each >= 0), default=-1)
            if place < 0:
                return None
            start = self.text.rfind("\n", at - 1 if at else 0, place) + 1
            if start >= at:
                return start
            # Its line begins further up, and has no more to say, however many signs are on it.
            at = self.text.find("\n", place) + 1 or len(self.text)


def _find_hiding(lines: _SignedLines, at: int) -> re.Match[str] | None:
    """What may hide split points next."""
    while (start := lines.next_start(at)) is not None:
        if found := _HIDING.match(lines.text, start):
            return found
        at = (lines.text.find("\n", start) + 1) or len(lines.text)
    return None


def _points_between(text: str, at: int, end: int, last: int, size: int) -> Iterator[int]:
    """Split points at least `size` behind the `last` one and each other, and no others."""
    while True:
        line = text.rfind("\n", at, last + size - 1) + 1
        match = _point().search(text, max(at, line), end)
        if match is None:
            return
        at = match.end()
        if at - last >= size:
            last = at
            yield last


def _scan_end(text: str, match: re.Match[str]) -> int | None:
    """Where to search on, or `None` if it is not certain which block the text belongs to."""
    if match["fence"]:
        return _fence_scan_end(text, match)
    uncertain = match["formula"] and _NOT_IN_FORMULA.search(match["formula"])
    return None if uncertain else match.end()


def find_fence_end(text: str, start: int, end: int, fence: str) -> re.Match[str] | None:
    """The line that closes a fence whose code begins at `start`, if there is one before `end`."""
    return _closing(fence).search(text, start, end)


@lru_cache
def _closing(fence: str) -> re.Pattern[str]:
    sign = re.escape(fence[0])
    return re.compile(rf"^ {{0,3}}{sign}{{{len(fence)},}}[ \t]*\r?$\n?", re.MULTILINE)


@lru_cache
def _point() -> re.Pattern[str]:
    """A blank line above one at the margin that cannot continue a block."""
    return re.compile(rf"^[ \t]*\r?\n(?=#|{PARAGRAPH_START})", re.MULTILINE)


@lru_cache
def _outside(indent: str) -> re.Pattern[str]:
    """A line with less indentation than this."""
    return re.compile(rf"^(?!{indent})[ \t]*+[^ \t\r\n]", re.MULTILINE)


def _fence_scan_end(text: str, opening: re.Match[str]) -> int | None:
    """The end of a fence; `None` if it is unclosed, or may be in a list item and end sooner."""
    fence, indent = opening["fence"], opening["indent"]
    if fence[0] == "`" and "`" in opening["info"]:
        return opening.end()
    closing = find_fence_end(text, opening.end(), len(text), fence)
    if closing is None:
        return None
    if indent and _outside(indent).search(text, opening.end() + 1, closing.end()):
        return None
    return closing.end()


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
    if known.node.kind not in _CUT_KINDS:
        return
    begins = _row_starts(text, known) if known.node.kind == "table" else _item_starts(text, known)
    last = known.start
    for start, checkpoint in begins:
        if start - last > most:
            return
        if start - last >= size:
            last = start
            yield Chunk(start, checkpoint)


def _row_starts(text: str, known: BlockFragment) -> Iterator[tuple[int, ParserCheckpoint]]:
    """The rows below one that is not the first, with what has to be known of the header."""
    if known.checkpoint is None or not known.checkpoint.prefix:
        return
    for start, line in _lines(text, known.start):
        if not line.startswith("|"):
            return
        yield start, known.checkpoint


def _item_starts(text: str, known: BlockFragment) -> Iterator[tuple[int, ParserCheckpoint]]:
    """The items of the list at the margin to which a known one belongs."""
    number, sign, indent, first = known.node.number, "", "", known.start
    if known.checkpoint is not None and (mark := item_mark(known.checkpoint)):
        # It is within an item, which the next one follows.
        number, sign, indent = number + 1, mark.strip()[-1], " " * len(mark)
        first = text.find("\n", first) + 1 if known.joins else first
    for start, line in _lines(text, first):
        item = _ITEM.match(line)
        if any(each in line for each in _MAY_READ_ON):
            return
        if item is not None and sign in ("", item["mark"][-1]):
            sign, indent = item["mark"][-1], " " * item.end()
            yield start, ParserCheckpoint(known.node.kind, number=number)
            number += 1
        elif not indent or (line.strip() and not line.startswith(indent)):
            return


def item_mark(checkpoint: ParserCheckpoint) -> str:
    """The mark of the item that a checkpoint is in, with all that is left of its text."""
    return checkpoint.prefix.partition(STAND_IN)[0]


def _lines(text: str, start: int) -> Iterator[tuple[int, str]]:
    """The lines from one on, with where each begins."""
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield start, text[start:end]
        start = end
