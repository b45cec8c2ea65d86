"""Paragraphs, headings, and text that is shown as it was written."""

from collections.abc import Sequence
from dataclasses import replace

from rich.segment import Segment

from fakegpt_tui.fast_import import lazy_pattern
from fakegpt_tui.text import safe_text
from fakegpt_tui.ui.markdown.blocks import (
    BlockFragment,
    Limits,
    Node,
    ParseOptions,
    ParserCheckpoint,
    ParseSlice,
)
from fakegpt_tui.ui.markdown.inline import render_inline
from fakegpt_tui.ui.markdown.lines import Line
from fakegpt_tui.ui.markdown.paragraph_cuts import find_paragraph_cut
from fakegpt_tui.ui.markdown.render_context import BlockType, RenderContext
from fakegpt_tui.ui.markdown.split_points import LINE_ENDS
from fakegpt_tui.ui.markdown.wrapping import chopped_lines, wrapped_lines

_HTML = lazy_pattern(r" {0,3}(?:(?:</?[A-Za-z][\w-]*(?=[\s/>])|<!)[^\n]{0,900}>[ \t]*\r?\n|<!--)")
"""How HTML begins that is shown as it is: a tag, alone on its line or with others."""
_IS_HTML, _IS_TEXT = "html", "text"
"""What fragments of a long paragraph are marked as, whatever each of them begins with."""
_RESUMED_HTML = "x<"
"""Stands for HTML above a fragment, and is a paragraph whatever follows."""

_MOST_INDENT = 3
QUOTED = "> "
"""The mark of a line in a quote."""
_MARK = lazy_pattern(r"(?<=\n)(?: {0,3}> ?)+")
_BARS = lazy_pattern(r"(?:[^\n]*\n)?[|:> \t\r-]*(?:\n|\Z)")
"""The rest of a line, or one and the next, that may be what makes a table of the line above."""


def draw_paragraph(node: Node, width: int, context: RenderContext) -> list[Line]:
    """The lines of a paragraph, or of its first fragment."""
    return wrapped_lines(_paragraph_segments(node, context), width, node.source)


def continue_paragraph(node: Node, last: Line, width: int, context: RenderContext) -> list[Line]:
    """The lines of a further fragment, beginning with the `last` line of the one before."""
    text = _paragraph_segments(node, context)
    glue = [Segment(node.joiner, context.palette.text)] if node.joiner and text else []
    return wrapped_lines([*last.segments, *glue, *text], width, node.source, last.gap)


def _paragraph_segments(node: Node, context: RenderContext) -> list[Segment]:
    """The text of a paragraph; HTML keeps its lines, as nothing else parts its tags."""
    if _is_html(node):
        context = replace(context, keep_breaks=True)
    return render_inline(node.content, context)


def draw_heading(node: Node, width: int, context: RenderContext) -> list[Line]:
    """The lines of a heading, in the style of its level."""
    style = context.palette.heading(int(node.markup[1:]))
    return wrapped_lines(render_inline(node.content, context, style), width, node.source)


def draw_literal(node: Node, width: int, context: RenderContext) -> list[Line]:
    """Text as it was written, below a note that tells why, if there is one."""
    note = [Segment(node.info, context.palette.muted)]
    lines = wrapped_lines(note, width, node.source) if node.info else []
    for row in node.content.split("\n"):
        segment = Segment(row.replace("\t", "    "), context.palette.text)
        lines += chopped_lines([segment], width, node.source)
    return lines


def split_paragraph(node: Node, part: ParseSlice) -> list[BlockFragment]:
    """`node` in fragments, so that a growing paragraph is not drawn whole."""
    return split_text(node, part, "paragraph", node.source[0])


def resume_paragraph(node: Node, checkpoint: ParserCheckpoint, part: ParseSlice) -> Node | None:
    """What there is of a paragraph below a checkpoint, which may have been its end."""
    return None if node.source[1] <= part.start else checkpoint.apply_to(node)


def is_misread_paragraph(
    nodes: Sequence[Node],
    checkpoint: ParserCheckpoint,  # noqa: ARG001 - the signature of `is_misread`
    part: ParseSlice,
) -> bool:
    """Whether a paragraph proves to be a heading, or its last line the header of a table."""
    if not nodes or nodes[0].kind != "paragraph" or nodes[0].source[1] <= part.start:
        return True
    return _BARS.match(part.text, part.start) is not None


PARAGRAPH = BlockType(
    draw_paragraph,
    split_paragraph,
    resume=resume_paragraph,
    is_misread=is_misread_paragraph,
    draw_joined=continue_paragraph,
)


def split_text(node: Node, part: ParseSlice, kind: str, origin: int) -> list[BlockFragment]:
    """A paragraph in fragments; `kind` is that of the block it is in, which begins at `origin`."""
    start, end = node.source
    limits = part.options.limits
    checkpoint = part.checkpoint
    if node.continued:
        start = part.start
        origin = start + 1 - node.number
    elif end - start <= limits.fragment:
        return [part.whole_fragment(node)]
    html = _is_html_at(node, checkpoint if node.continued else None, limits)
    number, joiner = node.number, node.joiner
    is_quoted = part.quoted or kind == "blockquote"
    begin = start if node.continued or kind != "paragraph" else start + _mark_length(part, start)
    fragments: list[BlockFragment] = []
    while True:
        cut = find_paragraph_cut(part.text, start, end, limits.fragment, limits.longest_fragment)
        fragment = replace(
            node,
            content=_content(part.text, begin, cut or end, quoted=is_quoted),
            markup=_IS_HTML if html else _IS_TEXT,
            number=number,
            continued=number > 1,
            joiner=joiner,
            source=(start, cut or end),
        )
        fragments.append(
            BlockFragment(fragment, start, checkpoint, blank_above=number == 1, joins=number > 1)
        )
        if cut is None:
            return fragments
        number = cut + 1 - origin
        checkpoint = _checkpoint(kind, part.text[cut - 1], number, part.options, html=html)
        joiner, start = checkpoint.joiner, cut
        begin = cut


def _mark_length(part: ParseSlice, start: int) -> int:
    """How long the mark of an item is that stands before the text of a paragraph."""
    return part.column if part.text[start : start + part.column].strip() else 0


def _content(text: str, start: int, end: int, *, quoted: bool) -> str:
    """What a paragraph says, without the marks that begin its lines in a quote."""
    content = safe_text(text[start:end])
    if quoted:
        begins_line = not start or text[start - 1] in LINE_ENDS
        content = _MARK.sub("", "\n" * begins_line + content)
    return content.strip()


def _is_html_at(node: Node, checkpoint: ParserCheckpoint | None, limits: Limits) -> bool:
    """Whether a long paragraph is HTML, as its first fragment tells."""
    if checkpoint:
        return checkpoint.prefix.removeprefix(QUOTED).startswith(_RESUMED_HTML)
    # Less than is in the first fragment, so that more text changes nothing.
    return _HTML.match(node.content[: limits.fragment - _MOST_INDENT]) is not None


def _is_html(node: Node) -> bool:
    """Whether a paragraph is HTML, as it is marked, or else as it begins."""
    if node.markup:
        return node.markup == _IS_HTML
    return _HTML.match(node.content) is not None


def _checkpoint(
    kind: str, ending: str, number: int, options: ParseOptions, *, html: bool
) -> ParserCheckpoint:
    line_end = ending in LINE_ENDS
    joiner = " " if line_end or ending == " " else ""
    if line_end and (options.keep_breaks or html):
        joiner = "\n"
    prefix = QUOTED * (kind == "blockquote") + (_RESUMED_HTML if html else "x")
    return ParserCheckpoint(kind, prefix=prefix + "\n" * line_end, number=number, joiner=joiner)
