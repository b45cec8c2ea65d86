"""Layout of one chat message: header, reasoning, text and how it ended, as lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from rich.segment import Segment
from textual.strip import Strip

from fakegpt_tui.domain import ChatMessage, Role
from fakegpt_tui.ui.markdown.lines import (
    BLANK,
    THOUGHT_BAR,
    Line,
    LineId,
    LineList,
    LineSource,
    LineSpan,
    PlacedLines,
)
from fakegpt_tui.ui.markdown.plain_text import last_lines, plain_lines, wrap_plain_text
from fakegpt_tui.ui.widgets.transcript.appearance import (
    Appearance,
    MessageLabel,
    bar_width,
    ending_text,
    header_line,
    prose_width,
    reasoning_line,
    summary_line,
    text_width,
)
from fakegpt_tui.ui.widgets.transcript.line_ids import (
    Fold,
    FoldedSection,
    FoldState,
    LineAnchor,
    MessageZone,
    pack_line_id,
    unpack_line_id,
)

if TYPE_CHECKING:
    from fakegpt_tui.ui.markdown.palette import Palette

_THOUGHTS = 4
"""Lines of reasoning that are shown as it comes, as long as there is nothing else."""
_SPACE = Strip([Segment(" ")], 1)


class MessageBody(Protocol):
    """Text that can be drawn. Lines that did not change stay the same objects."""

    def update(self, text: str, *, complete: bool) -> None: ...
    def layout(self, width: int) -> LineSource: ...
    def place(self, placed: Sequence[PlacedLines]) -> None: ...
    def restyle(self, palette: Palette) -> None: ...
    def remeasure(self) -> None: ...
    def fold(self, toggled: Iterable[int] = (), *, unfold_all: bool = False) -> None: ...
    def wrap_code(self, wrap: bool, *, offset: int = 0) -> None: ...


class MessageLayout:
    """A message laid out for one width at a time; only what is looked at is drawn.

    Its lines have ids instead of numbers, see `line_ids`. Prompts are plain text, replies Markdown.
    """

    def __init__(
        self,
        message: ChatMessage,
        appearance: Appearance,
        make_document: Callable[[Palette], MessageBody],
    ) -> None:
        self.message = message
        self._appearance = appearance
        self._make_document = make_document
        self._folds: FoldState = (Fold.TEXT, frozenset())
        self._label = MessageLabel()
        self._width = 0
        self._documents: dict[MessageZone, MessageBody] = {}
        self._plain: tuple[tuple[str, int, tuple[PlacedLines, ...]], LineSource] | None = None
        self._zones: list[tuple[MessageZone, LineSource]] = []
        self._drawn: dict[int, Line] = {}

    def update(
        self,
        message: ChatMessage,
        folds: FoldState,
        label: MessageLabel,
        appearance: Appearance,
        width: int,
    ) -> None:
        """Take over what the message is now, and how it is to be shown."""
        is_same = message is self.message and appearance is self._appearance
        is_same = is_same and (folds, label, width) == (self._folds, self._label, self._width)
        if is_same and self._zones:
            return
        if appearance is not self._appearance:
            for document in self._documents.values():
                document.restyle(appearance.palette)
                document.wrap_code(appearance.wraps_code, offset=appearance.code_offset)
        folds_otherwise = folds != self._folds
        self.message, self._label, self._folds = message, label, folds
        if folds_otherwise:
            for zone in self._documents:
                self._fold_sections(zone)
        self._appearance, self._width = appearance, width
        self._zones, self._drawn = self._lay_out(text_width(width), prose_width(width)), {}

    def remeasure(self) -> None:
        """Wrap all lines again, as the width of characters has changed."""
        for document in self._documents.values():
            document.remeasure()
        self._zones, self._plain = [], None

    @property
    def height(self) -> int:
        """The number of lines; of those that were never drawn, an estimate."""
        return sum(len(lines) for _, lines in self._zones)

    @property
    def last_line(self) -> int:
        return self.line_at(self.height - 1)

    def line_at(self, number: int) -> int:
        """The id of the line with about `number` lines above it, or of the last one."""
        for zone, lines in self._zones:
            if number < len(lines):
                return pack_line_id(zone, lines.line_id(max(0, number)))
            number -= len(lines)
        return self.last_line

    def line_number(self, line: int) -> int:
        """How many lines are above a line, some of them estimated."""
        index, number = self._locate(line)
        return number + sum(len(lines) for _, lines in self._zones[:index])

    def line(self, line: int) -> Line:
        """What a line shows."""
        drawn = self._drawn.get(line)
        if drawn is None:
            index, number = self._locate(line)
            drawn = self._zones[index][1][number]
        return drawn

    def strip(self, line: int, shown: Sequence[Segment] | None = None) -> Strip:
        """The line, or `shown` in its place, with the bar of a prompt or the room for one."""
        drawn = self.line(line) if shown is None else Line(tuple(shown))
        styles = self._appearance.styles
        if unpack_line_id(line)[0] is MessageZone.REASONING:
            drawn = drawn.with_prefix([Segment(THOUGHT_BAR, styles.note)])
        if line and bar_width(self._width):
            bar = "▌ " if self.message.role is Role.USER else "  "
            drawn = drawn.with_prefix([Segment(bar, styles.of(self.message.role))])
        # Textual looks up what the pointer is on by the segment below it, so there is always one.
        return drawn.strip or _SPACE

    def moved(self, line: int, count: int) -> tuple[int, int]:
        """The line exactly `count` lines further down, or up, and how many it takes beyond."""
        index, number = self._locate(line)
        while True:
            zone, lines = self._zones[index]
            if len(lines):
                number = lines.reveal(number, count + (1 if count >= 0 else -1))
            number += count
            if 0 <= number < len(lines):
                return pack_line_id(zone, lines.line_id(number)), 0
            beyond = number - len(lines) if number >= 0 else number + 1
            if number >= 0 and index + 1 < len(self._zones):
                index, number, count = index + 1, 0, beyond
            elif number < 0 and index > 0:
                index, count = index - 1, beyond
                number = len(self._zones[index][1]) - 1
            else:
                return (self.last_line, beyond + 1) if number >= 0 else (0, beyond - 1)

    def lines_from(self, line: int, count: int) -> list[int]:
        """The lines from one on, at most `count`."""
        found: list[int] = []
        index, number = self._locate(line)
        for zone, lines in self._zones[index:]:
            wanted = count - len(found)
            if wanted and len(lines):
                number = lines.reveal(number, wanted)
                for drawn in range(number, min(number + wanted, len(lines))):
                    found.append(pack_line_id(zone, lines.line_id(drawn)))
                    self._drawn[found[-1]] = lines[drawn]
            number = 0
        return found

    def measure_below(self, line: int, *, most: int) -> None:
        """Correct the heights of a line and of all below it, in at most `most` chunks."""
        index, number = self._locate(line)
        for _, lines in self._zones[index:]:
            lines.measure(number, most=most)
            number = 0

    def span_at(self, zone: MessageZone, offset: int) -> LineSpan | None:
        """The lines drawn around an offset of a zone's text; `None` if the zone is not shown."""
        lines = dict(self._zones).get(zone)
        return None if lines is None else lines.span_at(offset)

    def anchor_at(self, line: int) -> LineAnchor:
        """What a line shows, in a way that outlives a change of width."""
        index, number = self._locate(line)
        zone, lines = self._zones[index]
        return LineAnchor(zone, lines.anchor_at(number))

    def line_of(self, anchor: LineAnchor) -> int:
        """The line that shows what is at an anchor now."""
        for zone, lines in self._zones:
            if zone is anchor.zone and len(lines):
                return pack_line_id(zone, lines.line_id(lines.find_anchor(anchor.anchor)))
        return self.line_at(self.line_number(pack_line_id(anchor.zone, LineId(0, 0))))

    def _locate(self, line: int) -> tuple[int, int]:
        """The zone that has a line, as an index, and the line's number in there."""
        wanted, line_id = unpack_line_id(line)
        at = max(index for index, (zone, _) in enumerate(self._zones) if zone <= wanted)
        zone, lines = self._zones[at]
        return at, lines.line_number(line_id) if zone is wanted else max(0, len(lines) - 1)

    def _lay_out(self, width: int, prose: int) -> list[tuple[MessageZone, LineSource]]:
        message, styles = self.message, self._appearance.styles
        head = LineList((BLANK, header_line(message, self._label, prose, styles)))
        zones: list[tuple[MessageZone, LineSource]] = [(MessageZone.HEAD, head)]
        fold, _ = self._folds
        if fold is Fold.NOTHING:
            gist = LineList((summary_line(message, prose, styles),))
            return [*zones, (MessageZone.GIST, gist)]
        if message.reasoning:
            is_open = fold is Fold.EVERYTHING
            label = reasoning_line(message, prose, styles, is_open=is_open)
            zones.append((MessageZone.LABEL, LineList((label,))))
            if not (is_open or message.text or message.status.is_final):
                thoughts = last_lines(message.reasoning, prose - 2, _THOUGHTS, styles.note)
                zones.append((MessageZone.REASONING, thoughts))
            if is_open:
                document = self._document(MessageZone.REASONING, message.reasoning)
                zones.append((MessageZone.REASONING, document.layout(max(1, width - 2))))
        zones += self._lay_out_text(width, prose)
        ending = [*wrap_plain_text(ending_text(message, self._label.hint), prose, styles.error)]
        if self._label.hint:
            ending += wrap_plain_text(self._label.hint, prose, styles.note)
        return [*zones, (MessageZone.END, LineList(ending))]

    def _lay_out_text(self, width: int, prose: int) -> list[tuple[MessageZone, LineSource]]:
        """The text, with the captions of parts above it, in it and below it."""
        message = self.message
        if not message.parts:
            return [(MessageZone.TEXT, self._text_lines(width, prose))]
        from fakegpt_tui.ui.widgets.transcript.part_captions import caption_lines  # noqa: PLC0415 - few have parts

        captions = caption_lines(message, prose, self._appearance, self._is_open)
        return [
            (MessageZone.FIRST_PARTS, LineList(captions.above)),
            (MessageZone.TEXT, self._text_lines(width, prose, captions.within)),
            (MessageZone.PARTS, LineList(captions.below)),
        ]

    def _text_lines(
        self, width: int, prose: int, placed: tuple[PlacedLines, ...] = ()
    ) -> LineSource:
        """A reply is Markdown; a prompt has its own line breaks, and none of its Markdown."""
        if self.message.role is Role.USER:
            key = self.message.text.rstrip(), prose, placed
            if self._plain is None or self._plain[0] != key:
                self._plain = key, plain_lines(*key)
            return self._plain[1]
        document = self._document(MessageZone.TEXT, self.message.text)
        document.place(placed)
        return document.layout(width)

    def _is_open(self, fold: str) -> bool:
        """Is something shown, the style meta `fold` of which has this value?"""
        shown, toggled = self._folds
        return (fold in toggled) is not (shown is Fold.EVERYTHING)

    def _fold_sections(self, zone: MessageZone) -> None:
        """Show the sections of a zone as they are wanted; those of open reasoning begin folded."""
        fold, keys = self._folds
        sections = (key for key in keys if isinstance(key, FoldedSection))
        toggled = (key.start for key in sections if key.zone is zone)
        unfolds_all = zone is MessageZone.TEXT and fold is Fold.EVERYTHING
        self._documents[zone].fold(toggled, unfold_all=unfolds_all)

    def _document(self, zone: MessageZone, text: str) -> MessageBody:
        """The document of a zone, made when it is first shown, with the text as it is now."""
        document = self._documents.get(zone)
        if document is None:
            appearance = self._appearance
            document = self._documents[zone] = self._make_document(appearance.palette)
            document.wrap_code(appearance.wraps_code, offset=appearance.code_offset)
            self._fold_sections(zone)
        document.update(text, complete=self.message.status.is_final)
        return document
