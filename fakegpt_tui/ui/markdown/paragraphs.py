"""Paragraphs, headings, and text that is shown as it was written."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from rich.segment import Segment

from fakegpt_tui.text import safe_text
from fakegpt_tui.ui.markdown.blocks import Limits, Node
from fakegpt_tui.ui.markdown.fragments import (
    BlockFragment,
    ParseOptions,
    ParserCheckpoint,
    ParseSlice,
)
from fakegpt_tui.ui.markdown.inline import render_inline
from fakegpt_tui.ui.markdown.lines import Line
from fakegpt_tui.ui.markdown.paragraph_splits import flow_end
from fakegpt_tui.ui.markdown.render_context import RenderContext
from fakegpt_tui.ui.markdown.split_points import LINE_ENDS
from fakegpt_tui.ui.markdown.wrapping import chop, wrap

_HTML = re.compile(r" {0,3}(?:(?:</?[A-Za-z][\w-]*(?=[\s/>])|<!)[^\n]{0,900}>[ \t]*\r?\n|<!--)")
"""How HTML begins that is shown as it is: a tag, alone on its line or with others."""
_IS_HTML, _IS_TEXT = "html", "text"
"""What parts of a long paragraph are marked as, whatever each of them begins with."""
_RESUMED_HTML = "x<"
"""Stands for HTML that is read on, and is a paragraph whatever follows."""

_QUOTED = "> "
_MOST_INDENT = 3
_INK = re.compile(r"\S")
_BOUNDARY = re.compile(
    r"(?P<formula>\$\$|\$(?![\s$])|\\[(\[])"
    r"|(?P<skip>\\.|(?<=\s)[*_~]+(?=\s)|(?<=\w)_+(?=\w))"
    r"|(?P<mark>[*_~]+|`+|\]\(|[\[\])])"
    r"|(?P<end>(?<![\s\\])\n|(?<!\s) +(?=\S)|[。！？](?=\S))"
)
"""Inline marks, and the places between words, lines or sentences where a paragraph may be cut."""

_CLOSING = {
    "$": re.compile(r"(?<![\s\\])\$|\n|`"),
    "$$": re.compile(r"\$\$|`"),
    "\\(": re.compile(r"\\\)"),
    "\\[": re.compile(r"\\\]"),
}
"""What ends a formula, or shows that there is none."""
_LONGEST_FORMULA = 1_000


def draw_paragraph(node: Node, width: int, drawing: RenderContext) -> list[Line]:
    """The lines of a paragraph, or of its first piece."""
    return _lines(wrap(_paragraph_segments(node, drawing), width), node)


def continue_paragraph(node: Node, last: Line, width: int, drawing: RenderContext) -> list[Line]:
    """The lines of a further piece, beginning with the `last` line of the piece before."""
    text = _paragraph_segments(node, drawing)
    glue = [Segment(node.glue, drawing.palette.text)] if node.glue and text else []
    return _lines(wrap([*last.segments, *glue, *text], width), node)


def _paragraph_segments(node: Node, drawing: RenderContext) -> list[Segment]:
    """The text of a paragraph; HTML keeps its lines, as nothing else parts its tags."""
    if is_html(node):
        drawing = replace(drawing, keep_breaks=True)
    return render_inline(node.content, drawing)


def draw_heading(node: Node, width: int, drawing: RenderContext) -> list[Line]:
    """The lines of a heading, in the style of its level."""
    style = drawing.palette.heading(int(node.markup[1:]))
    return _lines(wrap(render_inline(node.content, drawing, style), width), node)


def draw_literal(node: Node, width: int, drawing: RenderContext) -> list[Line]:
    """Text that nests deeper than can be drawn, as it was written."""
    rows = (
        chop([Segment(row.replace("\t", "    "), drawing.palette.text)], width)
        for row in node.content.split("\n")
    )
    return _lines([line for row in rows for line in row], node)


def split_paragraph(node: Node, part: ParseSlice) -> list[BlockFragment]:
    """`node` in pieces that are drawn alone, so that a growing paragraph is not drawn whole."""
    start, end = node.source
    resume = part.checkpoint if part.checkpoint and part.checkpoint.kind == "paragraph" else None
    if resume:
        start = part.start
    lengths = part.options.limits
    if end - start <= lengths.fragment and not resume:
        return [part.whole_fragment(node)]
    node = mark_html(node, resume, lengths)
    pieces: list[BlockFragment] = []
    at, flow = start, start + 1 - (resume.number if resume else 1)
    flow_stop = flow_end(part.text, flow, end, lengths)
    while True:
        cut = _cut(part.text, at, flow_stop or end, lengths)
        if cut is None and flow_stop is not None:
            cut = flow = flow_stop
            flow_stop = flow_end(part.text, flow, end, lengths)
        stop = cut or end
        number = resume.number if resume else 1
        piece = replace(
            node,
            content=safe_text(part.text[at:stop]).strip(),
            number=number,
            continued=number > 1,
            glue=resume.joiner if resume else "",
            source=(at, stop),
        )
        pieces.append(BlockFragment(piece, at, resume, blank_above=resume is None))
        if cut is None:
            return pieces
        resume = _resume(part.text[cut - 1], cut - flow, part.options, html=is_html(node))
        at = cut


def mark_html(node: Node, resume: ParserCheckpoint | None, lengths: Limits) -> Node:
    """`node`, which is drawn in parts, marked as HTML or not, like those that are above it."""
    if resume:
        html = resume.prefix.removeprefix(_QUOTED).startswith(_RESUMED_HTML)
    else:
        # Less than is in the first part, so that more text changes nothing.
        html = _HTML.match(node.content[: lengths.fragment - _MOST_INDENT]) is not None
    return replace(node, markup=_IS_HTML if html else _IS_TEXT)


def is_html(node: Node) -> bool:
    """Whether a paragraph is HTML, as it is marked, or else as it begins."""
    if node.markup:
        return node.markup == _IS_HTML
    return _HTML.match(node.content) is not None


def resume_flow(kind: str, ending: str, lengths: Limits, *, html: bool = False) -> ParserCheckpoint:
    """What reading has to know to begin on a new line of a paragraph, behind a character.

    The `kind` is `paragraph`, or `quoted` if it is the paragraph of a quote.
    """
    return _flow(kind, lengths.header, is_line=ending in LINE_ENDS, html=html)


@lru_cache
def _flow(kind: str, head: int, *, is_line: bool, html: bool) -> ParserCheckpoint:
    above = _QUOTED * (kind == "quoted") + (_RESUMED_HTML if html else "x") + "x" * head
    if is_line:
        return ParserCheckpoint(kind, prefix=f"{above}\n")
    # A line may be something else up to where it is cut: this makes text of it.
    return ParserCheckpoint(kind, prefix=above, suffix="x`")


def _resume(ending: str, above: int, manner: ParseOptions, *, html: bool) -> ParserCheckpoint:
    if not above:
        return resume_flow("paragraph", ending, manner.limits, html=html)
    return ParserCheckpoint(
        "paragraph",
        prefix=(_RESUMED_HTML if html else "x") + "\n" * (ending in LINE_ENDS),
        number=1 + above,
        joiner=_glue(ending, manner.keep_breaks or html),
    )


def _glue(ending: str, keep_breaks: bool) -> str:
    if ending in LINE_ENDS:
        return "\n" if keep_breaks else " "
    return " " if ending == " " else ""


def _cut(text: str, start: int, end: int, lengths: Limits) -> int | None:
    """Where the piece that begins at `start` ends, or `None` if all of the rest is one.

    Looks at nothing behind the cut but that there is something, so that more text moves no cut.
    """
    if end - start <= lengths.fragment:
        return None
    opened: set[str] = set()
    last = start
    for match in _boundaries(text, start, min(end, start + lengths.longest_fragment)):
        if mark := match["mark"]:
            _toggle_mark(mark, opened)
        elif match["end"]:
            last = match.end()
            if last - start > lengths.fragment and not opened:
                return last if _INK.search(text, last, end) else None
    if end - start <= lengths.longest_fragment:
        return None
    return last if last - start > lengths.fragment else start + lengths.longest_fragment


def _boundaries(text: str, start: int, end: int) -> Iterator[re.Match[str]]:
    """Marks and places to cut that are in no formula."""
    formula_end = start
    for match in _BOUNDARY.finditer(text, start, end):
        if match.start() < formula_end:
            continue
        if formula := match["formula"]:
            formula_end = _formula_end(text, match.end(), formula)
        else:
            yield match


def _formula_end(text: str, start: int, sign: str) -> int:
    """How far to look on for the end of a formula, which is where it is or as long as it may be."""
    most = start + _LONGEST_FORMULA
    closing = _CLOSING[sign].search(text, start, most)
    return closing.end() if closing else most


def _toggle_mark(mark: str, opened: set[str]) -> None:
    """Keep the account of what is open, roughly: a wrong guess only moves a cut."""
    match mark:
        case "[":
            opened.add("]")
        case "](":
            opened.discard("]")
            opened.add(")")
        case "]" | ")":
            opened.discard(mark)
        case _:
            opened ^= {mark}


def _lines(rows: list[list[Segment]], node: Node) -> list[Line]:
    return [Line(tuple(row), node.source) for row in rows]
