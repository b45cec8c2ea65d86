"""Code blocks: fences with a language, and indented code, coloured by pygments."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from sys import intern
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from fakegpt_tui.fast_import import lazy_pattern
from fakegpt_tui.text import safe_text
from fakegpt_tui.ui.markdown.blocks import BlockFragment, Node, ParserCheckpoint, ParseSlice
from fakegpt_tui.ui.markdown.lines import WRAPPED, Line, cell_width
from fakegpt_tui.ui.markdown.palette import PROSE_WIDTH
from fakegpt_tui.ui.markdown.render_context import BlockType, RenderContext
from fakegpt_tui.ui.markdown.wrapping import blank_segment, chop, padded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pygments.lexer import Lexer

Token = tuple[str, str]
"""The name of a kind of token, such as `Name.Function`, and its text."""

_LINES_AT_A_TIME, _MOST_LINES = 40, 400
"""Lines that are coloured together, and up to how many while a string or comment is open."""

_LONGEST_LINE = 2_000
"""A longer line is data, and some lexers take minutes over it."""

_OPENS = lazy_pattern(r"""\"{3}|'{3}|`|/\*|<!--|\{-|\(\*|<<|\[\[|=begin""")
"""What begins a string or a comment of several lines in one language or another."""

_BEFORE, _AFTER = "‹", "›"
_COPY = "copy"
_CUT = "cut ›"
_CUT_FROM = 20
"""The narrowest line with room for the words."""
_GUTTER_FROM = 4
"""The narrowest line with room for the mark."""

_INDENTED = ParserCheckpoint("code_block", prefix="    x\n")
"""Blank lines are code only below other lines of it."""

_TAB = 4
_ROOM = 1
"""Cells beside the code where lines are cut: a sign at its left."""


def draw_code(node: Node, width: int, context: RenderContext) -> list[Line]:
    """The code on a background of its own, below its language.

    Long lines are wrapped behind a mark, or cut and scrolled, which suits tables and logs better.
    The label says that lines are cut, or the first of them where there is no label.
    """
    rows = code_rows(node.content)
    sizes = list(_sizes(rows, node))
    if len(sizes) > 1:
        parts = _code_parts(node, rows, sizes)
        return [line for part in parts for line in context.render_cached(part, width)]
    width = _box_width(rows, width)
    lines = [] if node.continued else draw_label(node, rows, width, context)
    if not rows and node.continued:
        return lines
    sign = _AFTER if width < _CUT_FROM or _says_cut(lines) else _CUT
    for index, tokens in enumerate(_by_line(tokenize("\n".join(rows), fence_language(node)))):
        segments = [Segment(text, context.palette.token(kind)) for kind, text in tokens]
        lines.extend(_code_line(segments, _source(node, index), width, context, sign))
        if _says_cut(lines[-1:]):
            sign = _AFTER
    return lines


def _box_width(rows: Sequence[str], width: int) -> int:
    """As wide as prose, or as all there is where a line needs more than that."""
    if width <= PROSE_WIDTH or any(cell_len(row) > PROSE_WIDTH - _ROOM for row in rows):
        return width
    return PROSE_WIDTH


def split_code(node: Node, part: ParseSlice) -> list[BlockFragment]:
    """`node` in fragments of about forty lines, each coloured by itself."""
    rows = code_rows(node.content)
    is_fence = node.kind == "fence"
    sizes = list(_sizes(rows, node))
    if len(sizes) <= 1:
        return [part.whole_fragment(node)]
    opened = part.checkpoint if part.checkpoint and node.continued else _opened(node, part)
    fragments: list[BlockFragment] = []
    for code in _code_parts(node, rows, sizes):
        first = not fragments
        start = node.source[0] if first else code.line_starts[is_fence]
        checkpoint = part.checkpoint if first else replace(opened, number=code.number)
        fragments.append(BlockFragment(code, start, checkpoint, blank_above=not code.continued))
    return fragments


def resume_indented(node: Node, checkpoint: ParserCheckpoint, part: ParseSlice) -> Node | None:  # noqa: ARG001 - the signature of `resume`
    """Indented code without the line that it was parsed behind."""
    node = checkpoint.apply_to(node)
    if node.kind != checkpoint.kind:
        return node
    return replace(node, content=node.content.partition("\n")[2], line_starts=node.line_starts[1:])


INDENTED_CODE = BlockType(
    draw_code, split_code, resume=resume_indented, limited=False, is_wide=True
)


@lru_cache(maxsize=16)
def tokenize(code: str, language: str) -> tuple[Token, ...]:
    """`code` as tokens whose texts make up `code` again. Languages are never guessed."""
    lexer = _lexer(language)
    if lexer is None or max(map(len, code.split("\n"))) > _LONGEST_LINE:
        return (("", code),)
    kinds = groupby(lexer.get_tokens(code), key=itemgetter(0))
    tokens = tuple((intern(str(kind)[6:]), "".join(text for _, text in run)) for kind, run in kinds)
    return tokens if "".join(text for _, text in tokens) == code else (("", code),)


@lru_cache(maxsize=32)
def _lexer(language: str) -> Lexer | None:
    if not language:
        return None
    # Imported on first use: the first paint must not wait for it.
    from pygments import lexers  # noqa: PLC0415
    from pygments.util import ClassNotFound  # noqa: PLC0415

    try:
        return lexers.get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None


def _code_parts(node: Node, rows: Sequence[str], sizes: Iterable[int]) -> Iterator[Node]:
    """The code in steps, each of which keeps the line above it in its `line_starts`."""
    at = 0
    for size in sizes:
        yield replace(
            node,
            content="\n".join(rows[at : at + size]) + "\n",
            continued=node.continued or at > 0,
            number=node.number + at,
            line_starts=(node.line_starts[at], *node.line_starts[at + 1 : at + size + 2]),
        )
        at += size


def fence_language(node: Node) -> str:
    """The first word behind the opening fence."""
    return next(iter(node.info.split()), "").lower()


def _opened(node: Node, part: ParseSlice) -> ParserCheckpoint:
    if node.kind != "fence":
        return _INDENTED
    start, end = node.line_starts[:2]
    return ParserCheckpoint("fence", prefix=safe_text(part.text[start:end]))


def _sizes(rows: Sequence[str], node: Node) -> Iterator[int]:
    at = 0
    while (left := len(rows) - at) > 0:
        size = min(_LINES_AT_A_TIME, left)
        while size < min(_MOST_LINES, left) and _is_open(
            rows[at : at + size], fence_language(node)
        ):
            size = min(size + _LINES_AT_A_TIME, left)
        # Only what ends with a line of code is code when it is parsed without what is below.
        while node.kind != "fence" and size < left and not rows[at + size - 1].strip():
            size += 1
        yield size
        at += size


def _is_open(rows: Sequence[str], name: str) -> bool:
    code = "\n".join(rows) + "\n"
    # Saves tokenizing twice where nothing can be open.
    if not _OPENS.search(code):
        return False
    kind = tokenize(code, name)[-1][0]
    return kind.startswith(("Literal.String", "Comment.Multiline"))


def code_rows(content: str) -> list[str]:
    return content.removesuffix("\n").expandtabs(_TAB).split("\n") if content else []


def draw_label(node: Node, code: Sequence[str], width: int, context: RenderContext) -> list[Line]:
    """The language and what else stands behind the fence, and the control that copies the code.

    Its style meta `copy` is the range of the opening line, as growing code has no end yet. It says
    that lines are cut if any in its fragment is: the others may not have been drawn.
    """
    if node.kind != "fence":
        return []
    palette = context.palette
    words = " ".join(safe_text(node.info).split())
    rows = chop([Segment(f" {words}", palette.fence_label)] if words else [], width)
    if width - cell_width(rows[-1]) <= len(_COPY) + 1 < width:
        rows.append([])
    room = width - cell_width(rows[-1])
    copy = palette.fence_mark + Style.from_meta({"copy": _source(node, -1)})
    marks = [Segment(_COPY, copy)]
    if not context.wrap_code and any(cell_len(row) > width - _ROOM for row in code):
        marks = [_sideways(_CUT, 1, context), Segment("  ", palette.fence), *marks]
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
    context: RenderContext,
    sign: str,
) -> Iterator[Line]:
    palette = context.palette
    gutter = width >= _GUTTER_FROM
    if not context.wrap_code and gutter:
        yield Line(tuple(_window(segments, width, context, sign)), source)
        return
    for index, row in enumerate(chop(segments, width - gutter)):
        mark = [Segment(WRAPPED, palette.fence_mark) if index else blank_segment(1, palette.fence)]
        line = padded([*(mark if gutter else ()), *row], width, palette.fence)
        yield Line(tuple(line), source)


def _window(
    segments: Sequence[Segment], width: int, context: RenderContext, sign: str
) -> list[Segment]:
    """The visible part of a scrolled line, between signs that there is more."""
    palette, offset = context.palette, context.code_offset
    strip = Strip(segments)
    more = len(sign) if strip.cell_length - offset > width - _ROOM else 0
    before = _sideways(_BEFORE, -1, context) if offset else blank_segment(1, palette.fence)
    shown = strip.crop(offset, offset + width - _ROOM - more)
    line = padded([before, *shown], width - more, palette.fence)
    return [*line, _sideways(sign, 1, context)] if more else line


def _says_cut(lines: Iterable[Line]) -> bool:
    """Whether one of the lines says in words that it is cut."""
    said = (segment for line in lines for segment in line.segments if segment.text == _CUT)
    # Code may have the same words in it.
    return any(segment.style is not None and "sideways" in segment.style.meta for segment in said)


def _sideways(sign: str, direction: int, context: RenderContext) -> Segment:
    """A sign for code beyond an edge; its style meta `sideways` says which edge: -1 or 1."""
    return Segment(sign, context.palette.fence_mark + Style.from_meta({"sideways": direction}))


def _source(node: Node, index: int) -> tuple[int, int]:
    at = index + (node.kind == "fence")
    if at + 1 < len(node.line_starts):
        return node.line_starts[at], node.line_starts[at + 1]
    return node.source
