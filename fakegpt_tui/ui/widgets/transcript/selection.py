"""Text selection in the transcript, and the text that is copied for it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from textual.geometry import Offset
from textual.selection import Selection

from fakegpt_tui.domain import ChatMessage
from fakegpt_tui.text import clipboard_text
from fakegpt_tui.ui.markdown.block_rules import THOUGHTS
from fakegpt_tui.ui.markdown.lines import (
    CROSSING,
    LINE_PREFIXES,
    QUOTE_BAR,
    ROW_RULE,
    RULE,
    THOUGHT_BAR,
    WRAPPED,
)
from fakegpt_tui.ui.widgets.transcript.line_ids import (
    WRITTEN_ZONES,
    MessageZone,
    placed_text,
    unpack_line_id,
    written_text,
)
from fakegpt_tui.ui.widgets.transcript.message_layout import MessageLayout
from fakegpt_tui.ui.widgets.transcript.virtual_list import (
    ROWS_PER_MESSAGE,
    LinePosition,
    VirtualList,
)

_OPENING_TAG = re.compile(rf"^ {{0,3}}<({'|'.join(THOUGHTS)})>[ \t]*$\n*", re.MULTILINE)
"""What is indented further is code."""
_RULE = re.compile(f"[{QUOTE_BAR}{THOUGHT_BAR}]*[{RULE}{ROW_RULE}{CROSSING}]+$")
_CONTINUED = re.compile(f"[{LINE_PREFIXES}]*{WRAPPED}")
_MAX_READ_LINES = 400
"""Lines at either end of a selection that are read. Between them every block is whole."""


def message_selection(index: int) -> Selection:
    first = index * ROWS_PER_MESSAGE
    return Selection(Offset(0, first), Offset(0, first + ROWS_PER_MESSAGE - 1))


def selected_span(
    selection: Selection, position: LinePosition, length: int
) -> tuple[int, int] | None:
    """The characters of a line, of `length` characters, that are selected."""
    span = selection.get_span(position.row)
    if span is None:
        return None
    start, end = max(0, span[0]), length if span[1] < 0 else min(span[1], length)
    return (start, end) if start < end else None


def selected_messages(
    selection: Selection, messages: Sequence[ChatMessage]
) -> Sequence[ChatMessage]:
    """The messages that a selection touches."""
    first, last = _ends(selection, len(messages) - 1)
    return messages[first.message : last.message + 1]


def selected_text(selection: Selection, message_list: VirtualList) -> str:
    """The text to copy: blocks that are selected whole as written, parts of blocks as shown.

    Parts of code have neither the line breaks nor the margin that they are shown with.
    """
    last = len(message_list.messages) - 1
    start, end = _ends(selection, last)
    texts = []
    for index in range(start.message, min(end.message, last) + 1):
        first = start.line if index == start.message else 0
        final = end.line if index == end.message else ROWS_PER_MESSAGE - 1
        if first == 0 and final == ROWS_PER_MESSAGE - 1:
            texts.append(message_list.messages[index].text)
        else:
            part = _MessageSelection(selection, message_list.layout(index), index)
            texts.append(part.text(first, final, is_only=start.message == end.message))
    return clipboard_text("\n\n".join(text for text in texts if text))


def _ends(selection: Selection, last: int) -> tuple[LinePosition, LinePosition]:
    start, end = selection.start, selection.end
    return (
        LinePosition(0, 0) if start is None else LinePosition.at_row(start.y),
        LinePosition(last, ROWS_PER_MESSAGE - 1) if end is None else LinePosition.at_row(end.y),
    )


_Block = tuple[MessageZone, tuple[int, int] | None]
"""The zone of a line and the range of the zone's text that it was made of."""


def goes_on(layout: MessageLayout, above: int, line: int) -> bool:
    """Was a line written as one with the line above it?"""
    if layout.line(line).gap is not None:
        return True
    block = _block_of(layout, line)
    written = _written_in(layout.message, block).rstrip("\n")
    return block == _block_of(layout, above) and bool(written) and "\n" not in written


def _block_of(layout: MessageLayout, line: int) -> _Block:
    return unpack_line_id(line)[0], layout.line(line).source


def _written_in(message: ChatMessage, block: _Block) -> str:
    """The text that a line was made of; empty for lines that are not part of it."""
    zone, source = block
    if zone not in WRITTEN_ZONES or source is None:
        return ""
    return placed_text(message, zone)[slice(*source)]


@dataclass(slots=True)
class _SelectedLine:
    """A line that is selected, whole or in part; `is_cut` if some of its block is not."""

    block: _Block
    text: str
    is_cut: bool
    gap: str | None = None
    """What was written between the row above and this one, if the text went on there."""
    is_code: bool = False

    @property
    def is_rule(self) -> bool:
        """Is it a line between the rows of a table, which is drawn and not written?"""
        zone, source = self.block
        return zone in WRITTEN_ZONES and source is None and bool(_RULE.match(self.text.rstrip()))


@dataclass(frozen=True, slots=True)
class _MessageSelection:
    """The part of a message that is selected."""

    selection: Selection
    layout: MessageLayout
    index: int

    def text(self, first: int, final: int, *, is_only: bool) -> str:
        """The text from one line to another; of a header only where there is nothing else."""
        last = min(final, self.layout.last_line)
        lines = list(self._lines(first, last))
        if not lines:
            return ""
        # A paragraph whose other lines are not selected is not selected whole.
        if first and not self.layout.line(first).is_drawing:
            before, _ = self.layout.moved(first, -1)
            lines[0].is_cut |= _block_of(self.layout, before) == lines[0].block
        after, beyond = self.layout.moved(last, 1)
        if not (beyond or self.layout.line(last).is_drawing):
            lines[-1].is_cut |= _block_of(self.layout, after) == lines[-1].block
        lines = list(self._join_wrapped(line for line in lines if not line.is_rule))
        own = [line for line in lines if line.block[0] is not MessageZone.HEAD]
        written = "\n".join(self._join_blocks(own)).strip("\n")
        if not is_only and not own:
            return ""
        return written or "\n".join(line.text.rstrip() for line in lines).strip("\n")

    def _lines(self, first: int, last: int) -> Iterator[_SelectedLine]:
        """The selected lines; of very many those at both ends, and what is between as one."""
        upper = [line for line in self.layout.lines_from(first, _MAX_READ_LINES) if line <= last]
        # Of a picture only its caption can be copied.
        yield from (self._line(each) for each in upper if self.layout.line(each).picture is None)
        if not upper or upper[-1] >= last:
            return
        top, _ = self.layout.moved(last, 1 - _MAX_READ_LINES)
        below = self.layout.lines_from(top, _MAX_READ_LINES)
        lower = [line for line in below if upper[-1] < line <= last]
        yield from self._between(upper[-1], lower[0])
        yield from (self._line(each) for each in lower if self.layout.line(each).picture is None)

    def _between(self, above: int, below: int) -> Iterator[_SelectedLine]:
        """Everything between two lines, without drawing it."""
        zone, start = self.layout.anchor_at(above)
        last, end = self.layout.anchor_at(below)
        if zone is last:
            yield _SelectedLine((zone, (start.source, end.source)), "", is_cut=False)
        else:
            reasoning = len(self.layout.message.reasoning)
            yield _SelectedLine((zone, (start.source, reasoning)), "", is_cut=False)
            yield _SelectedLine((last, (0, end.source)), "", is_cut=False)

    def _line(self, line: int) -> _SelectedLine:
        drawn = self.layout.line(line)
        shown = drawn.without_controls
        start, end = selected_span(self.selection, LinePosition(self.index, line), len(shown)) or (
            0,
            0,
        )
        is_cut = not drawn.is_drawing and bool(shown[:start].strip() or shown[end:].strip())
        block = _block_of(self.layout, line)
        written = _written_in(self.layout.message, block)
        mark = None if WRAPPED in written else _CONTINUED.match(shown)
        if mark is not None:
            text = shown[max(start, mark.end()) : end]
            return _SelectedLine(block, text, is_cut, gap="", is_code=True)
        if drawn.gap is not None:
            return _SelectedLine(block, shown[max(start, drawn.margin) : end], is_cut, drawn.gap)
        text = shown[start:end] if start else _indented(shown[:end], written)
        return _SelectedLine(block, text, is_cut)

    def _join_wrapped(self, lines: Iterable[_SelectedLine]) -> Iterator[_SelectedLine]:
        """Join rows that were wrapped at the edge."""
        joined: list[_SelectedLine] = []
        for line in lines:
            if joined and line.gap is not None and line.block == joined[-1].block:
                before = joined.pop()
                text = before.text + line.gap + line.text
                # A wide character that does not fit leaves a cell that is not in the text.
                tight = before.text.removesuffix(" ") + line.text
                if line.is_code and tight.strip() in _written_in(self.layout.message, line.block):
                    text = tight
                is_cut = before.is_cut or line.is_cut
                joined.append(_SelectedLine(line.block, text, is_cut, before.gap))
            else:
                joined.append(line)
        return iter(joined)

    def _join_blocks(self, lines: Iterable[_SelectedLine]) -> Iterator[str]:
        """Whole blocks with the markup in and between them, others as shown."""
        run: tuple[MessageZone, tuple[int, int]] | None = None
        gap: list[str] = []
        for (zone, own), group in groupby(lines, key=attrgetter("block")):
            block, source = list(group), own
            shown = [line.text.rstrip() for line in block]
            is_same_run = run is not None and run[0] is zone
            if zone in WRITTEN_ZONES and source and not any(line.is_cut for line in block):
                if run is not None and is_same_run:
                    source = min(run[1][0], source[0]), max(run[1][1], source[1])
                else:
                    yield from (*self._slice(run), *gap)
                run, gap = (zone, source), []
            elif source is None and is_same_run:
                gap = shown
            else:
                yield from (*self._slice(run), *gap, *shown)
                run, gap = None, []
        yield from (*self._slice(run), *gap)

    def _slice(self, run: tuple[MessageZone, tuple[int, int]] | None) -> Iterator[str]:
        if run is None:
            return
        zone, (start, end) = run
        text = placed_text(self.layout.message, zone)
        # What is drawn as a block of code has a fence above it that was not written.
        start = max(start, len(text) - len(written_text(self.layout.message, zone)))
        if zone is MessageZone.REASONING:
            yield text[start:end].rstrip("\n")
        elif whole := _without_unclosed_tag(text, start, end):
            yield whole


def _indented(shown: str, written: str) -> str:
    """The beginning of a line of code, indented as it was written."""
    words = shown.strip()
    at = written.find(words) if "\n" not in written.rstrip("\n") else -1
    if at < 0 or not words or not shown.startswith(" "):
        return shown
    before = written[:at]
    return before[len(before.rstrip()) :] + shown.lstrip()


def _without_unclosed_tag(text: str, start: int, end: int) -> str:
    """A range of whole blocks, without the tag before reasoning that ends beyond the range.

    Such a tag is not shown, and alone it would turn all that follows into reasoning.
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
