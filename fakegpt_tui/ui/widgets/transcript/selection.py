"""Text selection in the transcript, and the text that is copied for it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from textual.geometry import Offset
from textual.selection import Selection

from fakegpt_tui.domain import ChatMessage
from fakegpt_tui.text import clipboard_text
from fakegpt_tui.ui.markdown.blocks import SECTIONS
from fakegpt_tui.ui.widgets.transcript.line_ids import (
    LINE_ID_BITS,
    WRITTEN_ZONES,
    MessageZone,
    unpack_line_id,
)
from fakegpt_tui.ui.widgets.transcript.message_layout import MessageLayout
from fakegpt_tui.ui.widgets.transcript.virtual_list import LinePosition, VirtualList

_OPENING_TAG = re.compile(rf"^ {{0,3}}<({'|'.join(SECTIONS)})>[ \t]*$\n*", re.MULTILINE)
"""What is indented further is code."""


def without_unclosed_tag(text: str, start: int, end: int) -> str:
    """A range of whole blocks, without the tag before a thought that ends beyond the range.

    Of such a tag no letter is shown, and alone it would make a thought of all that follows.
    """
    whole = text[start:end].rstrip("\n")
    tags = list(_OPENING_TAG.finditer(whole))
    if not tags:
        return whole
    last = tags[-1]
    closing = f"</{last[1]}>"
    if whole.find(closing, last.end()) >= 0 or text.find(closing, end) < 0:
        return whole
    return (whole[: last.start()] + whole[last.end() :]).rstrip("\n")


_ROWS_PER_MESSAGE = 1 << LINE_ID_BITS
"""More than any line's name: a selection's rows count in these, so that heights above it may be
put right without moving it."""

_RULE = re.compile(r"[ ▌┊]*[─╌┼]+$")
_WRAPPED = "↳"
"""What stands before code that goes on from the row above."""
_CONTINUED = re.compile(f"[ │┊▌]*{_WRAPPED}")
_MAX_READ_LINES = 400
"""Lines at either end of a selection that are looked at. Between them nothing is cut."""


def selection_row(place: LinePosition) -> int:
    """The row that a place has for Textual's selection."""
    return place.message * _ROWS_PER_MESSAGE + place.line


def position_at_row(row: int) -> LinePosition:
    return LinePosition(*divmod(row, _ROWS_PER_MESSAGE))


def message_selection(index: int) -> Selection:
    return Selection(
        Offset(0, index * _ROWS_PER_MESSAGE), Offset(0, (index + 1) * _ROWS_PER_MESSAGE - 1)
    )


def selected_span(selection: Selection, place: LinePosition, length: int) -> tuple[int, int] | None:
    """The characters of a line, of `length` characters, that are selected."""
    span = selection.get_span(selection_row(place))
    if span is None:
        return None
    start, end = span
    start, end = max(0, start), length if end < 0 else min(end, length)
    return (start, end) if start < end else None


def selected_messages(selection: Selection, column: VirtualList) -> Sequence[ChatMessage]:
    """The messages that a selection touches."""
    first = 0 if selection.start is None else position_at_row(selection.start.y).message
    last = (
        len(column.messages) if selection.end is None else position_at_row(selection.end.y).message
    )
    return column.messages[first : last + 1]


def selected_text(selection: Selection, column: VirtualList) -> str:
    """What to copy: whatever is selected whole as it was written, and parts as they are shown.

    Parts of code have neither the lines nor the margin that they are shown with.
    """
    last = len(column.messages) - 1
    start = LinePosition(0, 0) if selection.start is None else position_at_row(selection.start.y)
    end = (
        LinePosition(last, _ROWS_PER_MESSAGE - 1)
        if selection.end is None
        else position_at_row(selection.end.y)
    )
    texts = []
    for index in range(start.message, min(end.message, last) + 1):
        first = start.line if index == start.message else 0
        final = end.line if index == end.message else _ROWS_PER_MESSAGE - 1
        texts.append(_text_of(selection, column, index, first, final))
    return clipboard_text("\n\n".join(text for text in texts if text))


def _text_of(selection: Selection, column: VirtualList, index: int, first: int, final: int) -> str:
    if first == 0 and final == _ROWS_PER_MESSAGE - 1:
        return column.messages[index].text
    layout = column.layout(index)
    last = min(final, layout.last_line)
    lines = list(
        _selected_lines(selection, layout, LinePosition(index, first), LinePosition(index, last))
    )
    if not lines:
        return ""
    # A paragraph whose other lines are not selected is not selected whole.
    if first:
        before, _ = layout.moved(first, -1)
        lines[0].is_cut |= _block(layout, before) == lines[0].block
    after, beyond = layout.moved(last, 1)
    if not beyond:
        lines[-1].is_cut |= _block(layout, after) == lines[-1].block
    lines = list(_join_wrapped((line for line in lines if not line.is_rule), layout.message))
    written = "\n".join(_join_blocks(lines, layout.message)).strip("\n")
    return written or "\n".join(line.shown for line in lines).strip("\n")


_Block = tuple[MessageZone, tuple[int, int] | None]


@dataclass(slots=True)
class _SelectedLine:
    """A line that is selected, whole or in part; `is_cut` if some of its block is not.

    `goes_on` if it is a line of code that began in the row above.
    """

    block: _Block
    said: str
    is_cut: bool
    is_continued: bool = False

    @property
    def shown(self) -> str:
        return self.said.rstrip()

    @property
    def is_rule(self) -> bool:
        """Whether it is drawn between the rows of a table, and was written by nobody."""
        part, source = self.block
        return part in WRITTEN_ZONES and source is None and bool(_RULE.match(self.shown))


def _selected_lines(
    selection: Selection, layout: MessageLayout, first: LinePosition, last: LinePosition
) -> Iterator[_SelectedLine]:
    """The lines of a message from `first` to `last`; of very many the ends, and all between."""
    index = first.message
    upper = [line for line in layout.lines_from(first.line, _MAX_READ_LINES) if line <= last.line]
    yield from (_selected_line(selection, layout, LinePosition(index, line)) for line in upper)
    if not upper or upper[-1] >= last.line:
        return
    top, _ = layout.moved(last.line, 1 - _MAX_READ_LINES)
    lower = [
        line for line in layout.lines_from(top, _MAX_READ_LINES) if upper[-1] < line <= last.line
    ]
    yield from _between(layout, upper[-1], lower[0])
    yield from (_selected_line(selection, layout, LinePosition(index, line)) for line in lower)


def _between(layout: MessageLayout, above: int, below: int) -> Iterator[_SelectedLine]:
    """All that stands between two lines, which is selected whole, without drawing it."""
    (part, start), (last, end) = layout.anchor_at(above), layout.anchor_at(below)
    if part is last:
        yield _SelectedLine((part, (start.source, end.source)), "", is_cut=False)
    else:
        yield _SelectedLine((part, (start.source, len(layout.message.reasoning))), "", is_cut=False)
        yield _SelectedLine((last, (0, end.source)), "", is_cut=False)


def _block(layout: MessageLayout, line: int) -> _Block:
    return unpack_line_id(line)[0], layout.line(line).source


def _selected_line(
    selection: Selection, layout: MessageLayout, place: LinePosition
) -> _SelectedLine:
    said = layout.line(place.line).without_controls
    span = selected_span(selection, place, len(said))
    start, end = span or (0, 0)
    is_cut = bool(said[:start].strip() or said[end:].strip())
    block = _block(layout, place.line)
    written = _source_text(block, layout.message)
    mark = None if _WRAPPED in written else _CONTINUED.match(said)
    if mark is not None:
        text = said[max(start, mark.end()) : end]
    else:
        text = said[start:end] if start else _indented(said[:end], written)
    return _SelectedLine(block, text, is_cut, is_continued=mark is not None)


def _source_text(block: _Block, message: ChatMessage) -> str:
    """What a line was made of; nothing for what was not said."""
    part, source = block
    if part not in WRITTEN_ZONES or source is None:
        return ""
    return (message.reasoning if part is MessageZone.REASONING else message.text)[slice(*source)]


def _indented(said: str, written: str) -> str:
    """The beginning of a line of code, as far from the edge as it was written."""
    words = said.strip()
    at = written.find(words) if "\n" not in written.rstrip("\n") else -1
    if at < 0 or not words or not said.startswith(" "):
        return said
    before = written[:at]
    return before[len(before.rstrip()) :] + said.lstrip()


def _join_wrapped(lines: Iterable[_SelectedLine], message: ChatMessage) -> Iterator[_SelectedLine]:
    """Lines of code that were broken at the edge in one again."""
    last: _SelectedLine | None = None
    for line in lines:
        if last is not None and line.is_continued and line.block == last.block:
            text = last.said + line.said
            # A wide character that does not fit leaves a cell that nobody wrote.
            tight = last.said.removesuffix(" ") + line.said
            is_tight = tight.strip() in _source_text(line.block, message)
            said = tight if is_tight else text
            last = _SelectedLine(line.block, said, last.is_cut or line.is_cut)
            continue
        if last is not None:
            yield last
        last = line
    if last is not None:
        yield last


def _join_blocks(lines: Iterable[_SelectedLine], message: ChatMessage) -> Iterator[str]:
    """Blocks that are selected whole with the markup in and between them, others as shown."""
    run: tuple[MessageZone, int, int] | None = None
    gap: list[str] = []
    for (part, source), group in groupby(lines, key=lambda line: line.block):
        block = list(group)
        if part in WRITTEN_ZONES and source is not None and not any(line.is_cut for line in block):
            if run is not None and run[0] is part:
                run = part, min(run[1], source[0]), max(run[2], source[1])
            else:
                yield from (*_source_slice(run, message), *gap)
                run = part, *source
            gap = []
        elif run is not None and source is None and run[0] is part:
            gap = [line.shown for line in block]
        else:
            yield from (*_source_slice(run, message), *gap, *(line.shown for line in block))
            run, gap = None, []
    yield from (*_source_slice(run, message), *gap)


def _source_slice(run: tuple[MessageZone, int, int] | None, message: ChatMessage) -> Iterator[str]:
    if run is not None:
        part, start, end = run
        if part is MessageZone.REASONING:
            yield message.reasoning[start:end].rstrip("\n")
        elif whole := without_unclosed_tag(message.text, start, end):
            yield whole
