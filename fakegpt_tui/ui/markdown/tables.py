"""Tables: aligned columns that fit the width, or lists of names and values where none would."""

from collections.abc import Sequence
from dataclasses import replace

from rich.cells import cell_len
from rich.segment import Segment

from fakegpt_tui.text import safe_text
from fakegpt_tui.ui.markdown.blocks import BlockFragment, Node, ParserCheckpoint, ParseSlice
from fakegpt_tui.ui.markdown.inline import render_inline
from fakegpt_tui.ui.markdown.lines import BETWEEN_CELLS, BLANK, CROSSING, ROW_RULE, RULE, Line
from fakegpt_tui.ui.markdown.palette import Palette
from fakegpt_tui.ui.markdown.render_context import BlockType, RenderContext
from fakegpt_tui.ui.markdown.wrapping import padded, wrap, wrapped_lines

_SAMPLE = 24
"""Rows whose cells decide the widths of columns; later cells wrap, so that no column moves."""

_STEP = 8
_NARROWEST = 8
"""Columns are not made narrower than this, or than what they hold."""

Cells = list[list[Segment]]


def draw_table(node: Node, width: int, context: RenderContext) -> list[Line]:
    """The rows, below their header unless this continues a fragment above."""
    header, *rows = node.children
    heads = _cells(header, context)
    cells = [_cells(row, context) for row in rows]
    natural = node.column_widths or _natural([heads, *cells])
    columns = _fitted(natural, width)
    if columns is None:
        return _as_pairs(node, heads, cells, width, context)
    grid = _Grid(columns, [cell.align for cell in header.children], context.palette)
    lines = [] if node.continued else [*grid.row(heads, header.source), grid.rule(RULE)]
    for index, (row, source) in enumerate(zip(cells, (row.source for row in rows), strict=True)):
        if sum(natural) > sum(columns) and (index or node.continued):
            lines.append(grid.rule(ROW_RULE))
        lines.extend(grid.row(row, source))
    return lines


def split_table(node: Node, part: ParseSlice) -> list[BlockFragment]:
    """`node` in fragments of a few rows that share the widths of the first ones."""
    header, *rows = node.children
    if len(rows) <= (_STEP if node.continued else _SAMPLE):
        return [part.whole_fragment(node)]
    prefix = part.checkpoint.prefix if part.checkpoint and node.continued else ""
    prefix = prefix or safe_text(part.text[node.source[0] : rows[0].source[0]])
    widths = node.column_widths or _sampled((header, *rows[:_SAMPLE]), part)
    resumed = ParserCheckpoint("table", prefix=prefix, column_widths=widths)
    fragments: list[BlockFragment] = []
    at = 0
    while at < len(rows):
        continued = node.continued or at > 0
        group = rows[at : at + (_STEP if continued else _SAMPLE)]
        start = group[0].source[0] if continued else node.source[0]
        table = replace(
            node,
            children=(header, *group),
            continued=continued,
            column_widths=widths,
            source=(start, group[-1].source[1]),
        )
        checkpoint = resumed if at else part.checkpoint
        fragments.append(BlockFragment(table, start, checkpoint, blank_above=not continued))
        at += len(group)
    return fragments


TABLE = BlockType(draw_table, split_table, title_lines=2, is_wide=True)


class _Grid:
    """Lays cells out in columns."""

    def __init__(self, columns: Sequence[int], aligns: Sequence[str], palette: Palette) -> None:
        self._columns = columns
        self._aligns = aligns
        self._palette = palette

    def rule(self, dash: str) -> Line:
        text = f"{dash}{CROSSING}{dash}".join(dash * column for column in self._columns)
        return Line((Segment(text, self._palette.table_border),))

    def row(self, cells: Cells, source: tuple[int, int]) -> list[Line]:
        wrapped = [wrap(cell, column) for cell, column in zip(cells, self._columns, strict=True)]
        height = max(map(len, wrapped))
        return [
            Line(
                tuple(self._line([rows[at] if at < len(rows) else [] for rows in wrapped])), source
            )
            for at in range(height)
        ]

    def _line(self, parts: Cells) -> list[Segment]:
        line: list[Segment] = []
        for part, column, align in zip(parts, self._columns, self._aligns, strict=True):
            if line:
                line.append(Segment(BETWEEN_CELLS, self._palette.table_border))
            line.extend(padded(part, column, self._palette.text, align))
        return line


def _cells(row: Node, context: RenderContext) -> Cells:
    header = row.children and row.children[0].kind == "th"
    style = context.palette.table_header if header else None
    return [render_inline(cell.content, context, style, in_cell=True) for cell in row.children]


def _natural(rows: Sequence[Cells]) -> tuple[int, ...]:
    return tuple(max(map(_widest_line, column)) for column in zip(*rows, strict=True))


def _widest_line(cell: Sequence[Segment]) -> int:
    text = "".join(segment.text for segment in cell)
    return max(1, *(cell_len(line) for line in text.split("\n")))


def _sampled(rows: Sequence[Node], part: ParseSlice) -> tuple[int, ...]:
    options = part.options
    context = RenderContext(Palette.colourless(), 80, {}, options.references, options.keep_breaks)
    return _natural([_cells(row, context) for row in rows])


def _fitted(natural: Sequence[int], width: int) -> tuple[int, ...] | None:
    """Column widths that fit, taken from the widest columns; `None` if there is too little room."""
    room = width - len(BETWEEN_CELLS) * (len(natural) - 1)
    least = [min(column, _NARROWEST) for column in natural]
    if sum(least) > room:
        return None
    columns = list(natural)
    over = sum(columns) - room
    while over > 0:
        widest = max(columns)
        wide = [at for at, column in enumerate(columns) if column == widest]
        next_widest = max((column for column in columns if column < widest), default=0)
        floor = max(next_widest, _NARROWEST)
        take = min(over, (widest - floor) * len(wide)) or 1
        for at in wide:
            part = min(columns[at] - floor, -(-take // len(wide)))
            part = min(max(part, 1), take)
            columns[at] -= part
            take -= part
            over -= part
            if take <= 0:
                break
    return tuple(columns)


def _as_pairs(
    node: Node, heads: Cells, rows: Sequence[Cells], width: int, context: RenderContext
) -> list[Line]:
    palette = context.palette
    header, *body = node.children
    if not rows and not node.continued:
        return [line for head in heads for line in wrapped_lines(head, width, header.source)]
    lines: list[Line] = []
    for index, (row, source) in enumerate(zip(rows, (row.source for row in body), strict=True)):
        if index or node.continued:
            lines.append(BLANK)
        for head, cell in zip(heads, row, strict=True):
            name = [*head, Segment(": ", palette.table_header)] if head else []
            lines += wrapped_lines([*name, *cell], width, source)
    return lines
