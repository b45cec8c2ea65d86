"""Paragraphs, headings, and text that is shown as it was written."""

import re
from dataclasses import replace

from rich.segment import Segment

from fakegpt_tui.text import safe_text
from fakegpt_tui.ui.rendering.cells import chop, wrap
from fakegpt_tui.ui.rendering.drawing import Drawing
from fakegpt_tui.ui.rendering.flows import LONGEST_HEAD, flow_end
from fakegpt_tui.ui.rendering.inline import spans
from fakegpt_tui.ui.rendering.line import Line
from fakegpt_tui.ui.rendering.node import Node
from fakegpt_tui.ui.rendering.pieces import Piece, Resume, Slice

_LEAST = 1_024
_MOST = 8_192
"""A paragraph is cut after its first `_LEAST` characters at the first place where nothing is open,
or after `_MOST` where something still is."""

_INK = re.compile(r"\S")
_BOUNDARY = re.compile(
    r"(?P<skip>\\.|(?<=\s)[*_~]+(?=\s)|(?<=\w)_+(?=\w))"
    r"|(?P<mark>[*_~]+|`+|\]\(|[\[\])])"
    r"|(?P<end>(?<![\s\\])\n|(?<!\s) +(?=[^ \n])|[。！？])"
)
"""Inline marks, and the places between words, lines or sentences where a paragraph may be cut."""


def draw_paragraph(node: Node, width: int, drawing: Drawing) -> list[Line]:
    """The lines of a paragraph, or of its first piece."""
    return _lines(wrap(spans(node.content, drawing), width), node)


def resume_paragraph(node: Node, last: Line, width: int, drawing: Drawing) -> list[Line]:
    """The lines of a further piece, beginning with the `last` line of the piece before."""
    text = spans(node.content, drawing)
    glue = [Segment(node.glue, drawing.palette.text)] if node.glue and text else []
    return _lines(wrap([*last.segments, *glue, *text], width), node)


def draw_heading(node: Node, width: int, drawing: Drawing) -> list[Line]:
    """The lines of a heading, in the style of its level."""
    style = drawing.palette.heading(int(node.markup[1:]))
    return _lines(wrap(spans(node.content, drawing, style), width), node)


def draw_literal(node: Node, width: int, drawing: Drawing) -> list[Line]:
    """Text that nests deeper than can be drawn, as it was written."""
    rows = (
        chop([Segment(row.replace("\t", "    "), drawing.palette.text)], width)
        for row in node.content.split("\n")
    )
    return _lines([line for row in rows for line in row], node)


def split_paragraph(node: Node, part: Slice) -> list[Piece]:
    """`node` in pieces that are drawn alone, so that a growing paragraph is not drawn whole."""
    start, end = node.source
    resume = part.resume if part.resume and part.resume.kind == "paragraph" else None
    if resume:
        start = part.start
    raw = part.text[start:end]
    if len(raw) <= _LEAST and not resume:
        return [part.whole(node)]
    pieces: list[Piece] = []
    at, flow = 0, 1 - resume.number if resume else 0
    while True:
        flow_stop = flow_end(raw, flow, len(raw))
        cut = _cut(raw, at, len(raw) if flow_stop is None else flow_stop)
        if cut is None and flow_stop is not None:
            cut = flow = flow_stop
        stop = len(raw) if cut is None else cut
        number = resume.number if resume else 1
        piece = replace(
            node,
            content=safe_text(raw[at:stop]).strip(),
            number=number,
            continued=number > 1,
            glue=resume.glue if resume else "",
            source=(start + at, start + stop),
        )
        pieces.append(Piece(piece, start + at, resume, spaced=resume is None))
        if cut is None:
            return pieces
        resume, at = _resume(raw[cut - 1], cut - flow, part.keep_breaks), cut


def resume_flow(ending: str) -> Resume:
    """What reading has to know to begin on a new line of a paragraph, behind a character."""
    return Resume("paragraph", prefix="x" * LONGEST_HEAD + "x\n"[: 1 + (ending == "\n")])


def _resume(ending: str, above: int, keep_breaks: bool) -> Resume:
    if not above:
        return resume_flow(ending)
    return Resume(
        "paragraph",
        prefix="x\n" if ending == "\n" else "x",
        number=1 + above,
        glue=_glue(ending, keep_breaks),
    )


def _glue(ending: str, keep_breaks: bool) -> str:
    if ending == "\n":
        return "\n" if keep_breaks else " "
    return " " if ending == " " else ""


def _cut(raw: str, start: int, end: int) -> int | None:
    """Where the piece that begins at `start` ends, or `None` if all of the rest is one.

    Looks at nothing behind the cut but that there is something, so that more text moves no cut.
    """
    if end - start <= _LEAST:
        return None
    opened: set[str] = set()
    last = start
    for match in _BOUNDARY.finditer(raw, start, min(end, start + _MOST)):
        if mark := match["mark"]:
            _note(mark, opened)
        elif match["end"]:
            last = match.end()
            if last - start > _LEAST and not opened:
                return last if _INK.search(raw, last, end) else None
    if end - start <= _MOST:
        return None
    return last if last - start > _LEAST else start + _MOST


def _note(mark: str, opened: set[str]) -> None:
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
