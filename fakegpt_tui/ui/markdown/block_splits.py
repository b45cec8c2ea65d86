"""Where one long list, table, fence or quote can be parted, without reading what is before.

Knows nothing of this program: it looks for lines of Markdown without HTML blocks of which it is
certain what they belong to. Where it is not, it looks no further, up to the next border.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from fakegpt_tui.ui.markdown.blocks import DEFAULT_LIMITS, Limits
from fakegpt_tui.ui.markdown.paragraph_splits import Quote, flow_ends, line_starts
from fakegpt_tui.ui.markdown.split_points import (
    PARAGRAPH_CONTINUATION,
    PARAGRAPH_START,
    UNUSUAL_LINE_END,
    find_fence_end,
    find_split_points,
)

FIRST_ROWS = 24
"""Rows of a table that are not parted, since they decide how wide its columns are."""

ROWS_TOGETHER = 8
"""Further rows of a table that are not parted."""

LINES_AT_A_TIME = 40
LINES_TOGETHER = 800
"""Lines of code that are drawn together, and that may be coloured by what is above them."""

_BLOCK = re.compile(
    r"(?P<blank>(?:[ \t]*\r?\n)++)"
    r"|(?P<heading>#{1,6}[ \t][^\n]*\n)"
    r"|(?P<code>(?P<fence>`{3,}(?=[^`\n]*\n)|~{3,})[^\n]*\n)"
    r"|(?P<code_block>(?: {4}| {0,3}\t)[ \t]*[^ \t\r\n][^\n]*\n)"
    r"|(?P<rule>(?:-{3,}|\*{3,}|_{3,})[ \t]*\r?\n)"
    r"|(?P<underline>=+[ \t]*\r?\n)"
    r"|(?P<quote>>)"
    r"|(?P<bullet_list> {0,3}(?P<bullet>[-+*])[ ])"
    r"|(?P<ordered_list> {0,3}(?P<number>\d{1,9})(?P<point>[.)])[ ])"
    r"|(?P<table>(?P<heads>\|[^\n]*\|)[ \t]*\r?\n(?P<bars>\|(?:[ \t]*:?-+:?[ \t]*\|)+)[ \t]*\r?\n)"
    rf"|(?P<text> {{0,3}}{PARAGRAPH_START}[^\n]*(?:\n|\Z)"
    rf"(?: {{0,3}}(?:{PARAGRAPH_START}|{PARAGRAPH_CONTINUATION})[^\n]*(?:\n|\Z))*+)"
)
_BLANK = re.compile(r"[ \t\r\n]*")
_ROWS = re.compile(r"(?:\|[^\n]*\n)*+")
_LINES = re.compile(rf"(?:[^\n]*\n){{{LINES_TOGETHER}}}")
_INDENTED = re.compile(r"(?:(?: {4}| {0,3}\t)[^\n]*\n|[ \t]*\r?\n)++")
_TABS = re.compile(r" *\t")
_PIPE = re.compile(r"(?<!\\)\|")
_MISSING_CELLS = 0x10000
"""How many cells the parser adds to rows that have too few; then the table ends."""

_DEEP = re.compile(
    r"^(?:[ \t>*+.)\d-]{20}|(?:[ >*+.)\d-]*\t){4})[ \t>*+.)\d-]*(?:>|[*+.)-](?:[ \t\r]|$))",
    re.MULTILINE,
)
"""Lines that may be nested so deep that all around them is shown as it was written."""

_TAB = 4
_PARAGRAPHS = ("text", "odd text")
_BELOW = {
    "underline": ("text",),
    "text": ("", *_PARAGRAPHS),
    "table": ("", "text"),
    "code_block": ("",),
}
"""What these may be below of, so that they are certain."""


@dataclass(frozen=True, slots=True)
class BlockSplit:
    """A place inside of a block of some kind that begins at `block`, or where one begins.

    `number` is that of the item of a list, or of the line of code.
    """

    at: int
    kind: str
    block: int
    number: int = 1


def find_block_splits(
    text: str, start: int, end: int, size: int, lengths: Limits = DEFAULT_LIMITS
) -> list[BlockSplit]:
    """Seams, at least `size` apart, in a part of `text` that begins at a border."""
    seams: list[BlockSplit] = []
    if UNUSUAL_LINE_END.search(text, start, end):
        return seams
    scan = _Scan(text, start, end, size, lengths)
    seams.extend(scan.seams())
    borders = find_split_points(text[start:end], 1) if scan.at < end else []
    while (after := bisect_right(borders, scan.at - start)) < len(borders):
        scan = _Scan(text, start + borders[after], end, size, lengths)
        seams.extend(scan.seams())
    return seams


class _Scan:
    """Goes from block to block, as long as it is certain where each one ends.

    It ends `at` where it is not. `_open` is the kind of the block above, to which a further line
    might belong.
    """

    def __init__(self, text: str, start: int, end: int, size: int, lengths: Limits) -> None:
        self._text = text
        self.at = start
        above = _BLANK.match(text, start, end)
        self._last = above.end() if above else start
        self._end = end
        self._size = size
        self._lengths = lengths
        self._open = ""
        self._seams: list[BlockSplit] = []
        self._goers: dict[str, Callable[[re.Match[str]], bool]] = {
            "code": self._code,
            "code_block": self._indented,
            "quote": self._quote,
            "bullet_list": self._list,
            "ordered_list": self._list,
            "table": self._table,
            "text": self._paragraph,
            "heading": self._heading,
        }

    def seams(self) -> list[BlockSplit]:
        while (block := _BLOCK.match(self._text, self.at, self._end)) is not None:
            kind = block.lastgroup or ""
            if not self._is_certain(kind, block) or not self._goers.get(kind, self._short)(block):
                break
        return self._seams

    def _is_certain(self, kind: str, block: re.Match[str]) -> bool:
        """Whether a block of this kind begins here, whatever is open."""
        if kind in _BELOW:
            return self._open in _BELOW[kind]
        if kind == "rule":
            return self._open != "odd text"
        is_first = kind != "ordered_list" or int(block["number"]) == 1
        return is_first or self._open not in _PARAGRAPHS

    def _begin(self, kind: str) -> None:
        if self.at - self._last >= self._size:
            self._put([BlockSplit(self.at, kind, self.at)])

    def _put(self, seams: Iterable[BlockSplit]) -> None:
        for seam in seams:
            if seam.at - self._last >= self._size:
                self._seams.append(seam)
                self._last = seam.at

    def _short(self, block: re.Match[str]) -> bool:
        self.at, self._open = block.end(), ""
        return True

    def _heading(self, line: re.Match[str]) -> bool:
        self._begin("heading")
        return self._short(line)

    def _paragraph(self, lines: re.Match[str]) -> bool:
        if self._open not in _PARAGRAPHS:
            self._begin("paragraph")
            ends = flow_ends(self._text, lines.start(), lines.end(), self._lengths)
            self._put(BlockSplit(at, "paragraph", lines.start()) for at in ends)
        # A line with bars may be the header of a table, and a long text is no heading.
        is_odd = "|" in lines[0] or len(lines[0]) > self._lengths.header
        self.at, self._open = lines.end(), "odd text" if is_odd else "text"
        return True

    def _list(self, first: re.Match[str]) -> bool:
        """Items at the margin, each with the lines below it that are indented as far as its text.

        Whatever is open in an item, the mark of the next one closes.
        """
        start = self.at
        number = int(first["number"] or 1)
        item = _item(first["bullet"] or first["point"])
        kind = "ordered_list" if first["number"] else "bullet_list"
        last, seams = self._last, list[BlockSplit]()
        while (mark := item.match(self._text, self.at, self._end)) is not None:
            if self.at - last >= self._size:
                last = self.at
                seams.append(BlockSplit(last, kind, start, number))
            number += 1
            self.at = mark.end()
            body = _body(mark.end("mark") - mark.start()).match(self._text, self.at, self._end)
            self.at = body.end() if body else self.at
        if self.at == start or _DEEP.search(self._text, start, self.at):
            return False
        self._put(seams)
        self._open = "" if self._is_below_blank() else kind
        # How far tabs indent is not looked into: they may go on with the last item.
        return _TABS.match(self._text, self.at, self._end) is None

    def _is_below_blank(self) -> bool:
        line = self._text.rfind("\n", 0, self.at - 1) + 1
        return not self._text[line : self.at].strip(" \t\r\n")

    def _table(self, head: re.Match[str]) -> bool:
        """Rows that begin with a bar, which none of what ends a table does."""
        columns = len(_PIPE.findall(head["bars"])) - 1
        if len(_PIPE.findall(head["heads"])) - 1 != columns or head["heads"].endswith("\\|"):
            return False
        rows = _ROWS.match(self._text, head.end(), self._end)
        if rows is None or _missing_cells(rows[0], columns) > _MISSING_CELLS:
            return False
        self._begin("table")
        self._put(
            BlockSplit(at, "table", head.start())
            for number, at in enumerate(line_starts(rows[0], rows.start()))
            if number > FIRST_ROWS
            and (number - FIRST_ROWS) % ROWS_TOGETHER == 0
            and at < rows.end()
        )
        self.at, self._open = rows.end(), "table"
        return True

    def _code(self, opening: re.Match[str]) -> bool:
        closing = find_fence_end(self._text, opening.end(), self._end, opening["fence"])
        if closing is None and self._end < len(self._text):
            return False
        self._begin("fence")
        end = self._end if closing is None else closing.start()
        at, number = opening.end(), 1
        while (lines := _LINES.match(self._text, at, end)) is not None and lines.end() < end:
            at, number = lines.end(), number + LINES_TOGETHER
            self._put([BlockSplit(at, "fence", opening.start(), number)])
        self.at, self._open = closing.end() if closing else self._end, ""
        return True

    def _indented(self, first: re.Match[str]) -> bool:
        """Code without a fence, up to the last of its lines that is not blank."""
        self._begin("code_block")
        lines = _INDENTED.match(self._text, first.start(), self._end)
        code = lines[0] if lines else first[0]
        rows = code.rstrip(" \t\r\n").split("\n")
        starts = list(line_starts(code, first.start()))
        self._put(
            BlockSplit(starts[number], "code_block", first.start(), number + 1)
            for number in range(LINES_AT_A_TIME, len(rows), LINES_AT_A_TIME)
        )
        self.at, self._open = first.start() + len(code), ""
        return True

    def _quote(self, mark: re.Match[str]) -> bool:
        """Lines that are marked as quoted, and text below that goes on with a paragraph of them."""
        start = mark.start()
        quote = Quote(self._text, start, self._end, self._lengths)
        if not quote.certain or _DEEP.search(self._text, start, quote.end):
            return False
        self._begin("blockquote")
        flows = set(quote.flows)
        self._put(
            BlockSplit(at, "quoted" if at in flows else "blockquote", start)
            for at in sorted(flows.union(quote.blocks))
        )
        self.at, self._open = quote.end, "quote"
        return True


def _missing_cells(rows: str, columns: int) -> int:
    if rows.count("\n") * columns <= _MISSING_CELLS:
        return 0
    cells = (row.count("|") - row.count("\\|") - 1 for row in rows.split("\n"))
    return sum(max(0, columns - count) for count in cells)


@lru_cache
def _item(mark: str) -> re.Pattern[str]:
    """The first line of an item, which has text in it and is no rule, and those that go on."""
    sign = rf"\d{{1,9}}{re.escape(mark)}" if mark in ".)" else re.escape(mark)
    rule = rf"(?!(?:{sign}[ \t]*){{2,}}\r?$)" if mark in "-*" else ""
    more = rf"(?:{PARAGRAPH_START}[^\n]*\n(?: {{0,3}}{PARAGRAPH_START}[^\n]*\n)*+|[^\n]*\n)"
    return re.compile(rf"(?P<mark> {{0,3}}{sign} {{1,4}})(?=[^ \t\r\n]){rule}{more}", re.MULTILINE)


@lru_cache
def _body(indent: int) -> re.Pattern[str]:
    """Lines that are blank or indented so far."""
    tab = r"| {0,3}\t" if indent <= _TAB else ""
    return re.compile(rf"(?:[ \t]*\r?\n|(?: {{{indent}}}{tab})[^\n]*(?:\n|\Z))*+")
