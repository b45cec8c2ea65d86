"""Code: fences with a language, and indented blocks."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from fakegpt_tui.text import safe_text
from fakegpt_tui.ui.markdown.block_splits import LINES_AT_A_TIME, LINES_TOGETHER
from fakegpt_tui.ui.markdown.blocks import Node
from fakegpt_tui.ui.markdown.fragments import BlockFragment, ParserCheckpoint, ParseSlice
from fakegpt_tui.ui.markdown.highlighting import CodeToken as Token
from fakegpt_tui.ui.markdown.highlighting import tokenize
from fakegpt_tui.ui.markdown.lines import Line
from fakegpt_tui.ui.markdown.render_context import RenderContext
from fakegpt_tui.ui.markdown.wrapping import blank_segment, cell_width, chop, padded

_MOST = 400
"""Lines that are coloured at a time, or `LINES_AT_A_TIME` if no string or comment is open.

After every `LINES_TOGETHER` colours begin anew, so that they do not depend on all code above.
"""

_OPENS = re.compile(r"""\"{3}|'{3}|`|/\*|<!--|\{-|\(\*|<<|\[\[|=begin""")
"""What begins a string or a comment of several lines in one language or another."""

_WRAPPED, _BEFORE, _AFTER = "↳", "‹", "›"
_COPY = "copy"
_CUT = "cut ›"
_CUT_FROM = 20
"""Cells that a line must have to spare some of them for the words."""
_GUTTER_FROM = 4
"""Cells that a line must have to spare one of them for the mark."""

CODE_CHECKPOINT = ParserCheckpoint("code_block", prefix="    x\n", suffix="    x")
"""Blank lines are code only between other lines of it."""

_TAB = 4
_ROOM = 1
"""Cells beside the code where lines are cut: a sign at its left."""


def draw_code(node: Node, width: int, drawing: RenderContext) -> list[Line]:
    """The code on a ground of its own, behind its language.

    Long lines go on behind a mark, or are scrolled, which tells the eye more about tables and logs.
    That they are cut is told by the label, or by the first of them where no label tells it.
    """
    rows = _rows(node.content)
    lines = [] if node.continued else _label(node, rows, width, drawing)
    if not rows and node.continued:
        return lines
    sizes = list(_sizes(rows, node))
    if len(sizes) > 1:
        parts = _code_parts(node, rows, sizes)
        return [line for part in parts for line in drawing.render_cached(part, width)]
    sign = _AFTER if width < _CUT_FROM or _is_told(lines) else _CUT
    for index, tokens in enumerate(_by_line(tokenize("\n".join(rows), language(node)))):
        segments = [Segment(text, drawing.palette.token(kind)) for kind, text in tokens]
        lines.extend(_code_line(segments, _source(node, index), width, drawing, sign))
        if _is_told(lines[-1:]):
            sign = _AFTER
    return lines


def split_code(node: Node, part: ParseSlice) -> list[BlockFragment]:
    """`node` in pieces of about forty lines, each coloured by itself."""
    rows = _rows(node.content)
    is_fence = node.kind == "fence"
    sizes = list(_sizes(rows, node))
    if len(sizes) <= 1:
        return [part.whole_fragment(node)]
    opened = part.checkpoint if part.checkpoint and node.continued else _opened(node, part)
    pieces: list[BlockFragment] = []
    for piece in _code_parts(node, rows, sizes):
        first = not pieces
        start = node.source[0] if first else piece.rows[is_fence]
        resume = part.checkpoint if first else replace(opened, number=piece.number)
        pieces.append(BlockFragment(piece, start, resume, blank_above=not piece.continued))
    return pieces


def _code_parts(node: Node, rows: Sequence[str], sizes: Iterable[int]) -> Iterator[Node]:
    """The code in steps, each of which keeps the line above it in its `rows`."""
    at = 0
    for size in sizes:
        yield replace(
            node,
            content="\n".join(rows[at : at + size]) + "\n",
            continued=node.continued or at > 0,
            number=node.number + at,
            rows=(node.rows[at], *node.rows[at + 1 : at + size + 2]),
        )
        at += size


def language(node: Node) -> str:
    """The first word of what stands behind the opening fence."""
    return next(iter(node.info.split()), "").lower()


def _opened(node: Node, part: ParseSlice) -> ParserCheckpoint:
    if node.kind != "fence":
        return CODE_CHECKPOINT
    return ParserCheckpoint("fence", prefix=safe_text(part.text[node.rows[0] : node.rows[1]]))


def drop_first_line(node: Node) -> Node:
    """Indented code without the line that it was read behind."""
    return replace(node, content=node.content.partition("\n")[2], rows=node.rows[1:])


def drop_last_line(node: Node) -> Node:
    """Indented code without the line that was read below it."""
    rest = node.content.removesuffix("\n").rpartition("\n")[0]
    return replace(node, content=f"{rest}\n" if rest else "", rows=node.rows[:-1])


def _sizes(rows: Sequence[str], node: Node) -> Iterator[int]:
    name = language(node)
    at = 0
    while (left := len(rows) - at) > 0:
        most = min(left, LINES_TOGETHER - (node.number - 1 + at) % LINES_TOGETHER)
        size = min(LINES_AT_A_TIME, most)
        while size < min(_MOST, most) and _is_open(rows[at : at + size], name):
            size = min(size + LINES_AT_A_TIME, most)
        yield size
        at += size


def _is_open(rows: Sequence[str], name: str) -> bool:
    code = "\n".join(rows) + "\n"
    # Colouring twice is spared where nothing can be open.
    if not _OPENS.search(code):
        return False
    kind = tokenize(code, name)[-1][0]
    return kind.startswith(("Literal.String", "Comment.Multiline"))


def _rows(content: str) -> list[str]:
    return content.removesuffix("\n").expandtabs(_TAB).split("\n") if content else []


def _label(node: Node, code: Sequence[str], width: int, drawing: RenderContext) -> list[Line]:
    """The language, if there is one, and what to press to copy the code.

    Its style meta `copy` is the range of the opening line: where it ends, growing code cannot say.
    It tells if lines are cut, of those that are drawn with it: more may never be known at once.
    """
    if node.kind != "fence":
        return []
    palette = drawing.palette
    words = safe_text(node.info).split()
    rows = chop([Segment(f" {words[0]}", palette.fence_label)] if words else [], width)
    room = width - cell_width(rows[-1])
    copy = palette.fence_mark + Style.from_meta({"copy": _source(node, -1)})
    marks = [Segment(_COPY, copy)]
    if not drawing.wrap_code and any(cell_len(row) > width - _ROOM for row in code):
        marks = [_sideways(_CUT, 1, drawing), Segment("  ", palette.fence), *marks]
    if room <= cell_width(marks) + 1:
        marks = marks[-1:]
    if room > cell_width(marks) + 1:
        rows[-1] = [*padded(rows[-1], width - cell_width(marks) - 1, palette.fence), *marks]
    elif not words:
        return []
    return [Line(tuple(padded(row, width, palette.fence)), _source(node, -1)) for row in rows]


def _by_line(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    line: list[Token] = []
    for kind, text in tokens:
        first, *rest = text.split("\n")
        line.append((kind, first))
        for part in rest:
            yield line
            line = [(kind, part)]
    yield line


def _code_line(
    segments: Sequence[Segment],
    source: tuple[int, int],
    width: int,
    drawing: RenderContext,
    sign: str,
) -> Iterator[Line]:
    palette = drawing.palette
    gutter = width >= _GUTTER_FROM
    if not drawing.wrap_code and gutter:
        yield Line(tuple(_window(segments, width, drawing, sign)), source)
        return
    for index, row in enumerate(chop(segments, width - gutter)):
        mark = [Segment(_WRAPPED, palette.fence_mark) if index else blank_segment(1, palette.fence)]
        line = padded([*(mark if gutter else ()), *row], width, palette.fence)
        yield Line(tuple(line), source)


def _window(
    segments: Sequence[Segment], width: int, drawing: RenderContext, sign: str
) -> list[Segment]:
    """The part of a line that is scrolled to, between signs that there is more."""
    palette, offset = drawing.palette, drawing.code_offset
    strip = Strip(segments)
    more = len(sign) if strip.cell_length - offset > width - _ROOM else 0
    before = _sideways(_BEFORE, -1, drawing) if offset else blank_segment(1, palette.fence)
    shown = strip.crop(offset, offset + width - _ROOM - more)
    line = padded([before, *shown], width - more, palette.fence)
    return [*line, _sideways(sign, 1, drawing)] if more else line


def _is_told(lines: Iterable[Line]) -> bool:
    """Does one of these say in words that there is more?"""
    said = (segment for line in lines for segment in line.segments if segment.text == _CUT)
    # Code may have the same words in it.
    return any(segment.style is not None and "sideways" in segment.style.meta for segment in said)


def _sideways(sign: str, direction: int, drawing: RenderContext) -> Segment:
    """A sign for code beyond an edge, whose style meta `sideways` says which: -1 or 1."""
    return Segment(sign, drawing.palette.fence_mark + Style.from_meta({"sideways": direction}))


def _source(node: Node, index: int) -> tuple[int, int]:
    at = index + (node.kind == "fence")
    if at + 1 < len(node.rows):
        return node.rows[at], node.rows[at + 1]
    return node.source
