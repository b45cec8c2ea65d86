"""Captions of pictures, files, tools and sources as lines, at their places in a message."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, groupby
from operator import attrgetter
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style

from fakegpt_tui.domain import ChatMessage
from fakegpt_tui.domain.captions import PlacedCaption, placed_captions, tool_text
from fakegpt_tui.domain.media_types import can_decode
from fakegpt_tui.domain.parts import (
    Blob,
    FilePart,
    ImagePart,
    Part,
    ReasoningSpan,
    TextSpan,
)
from fakegpt_tui.pictures.decoding import why_not_shown
from fakegpt_tui.pictures.placement import CellSize, place_picture
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.markdown.lines import Line, PictureRow, PlacedLines
from fakegpt_tui.ui.markdown.parser_rules import can_open
from fakegpt_tui.ui.markdown.plain_text import wrap_plain_text
from fakegpt_tui.ui.widgets.drawing import truncate
from fakegpt_tui.ui.widgets.transcript.appearance import Appearance, MessageStyles, prose_width

PART_FOLD = "part "
"""Before the number of a part, the style meta `fold` of the line of a tool."""
_MAX_LENGTH = 1_000
_MOST_SHOWN = 20_000
"""Characters of what a tool was asked, or answered, that are laid out."""


class CaptionLines(NamedTuple):
    """The lines above the text of a message, those within it, and those below it."""

    above: tuple[Line, ...]
    within: tuple[PlacedLines, ...]
    below: tuple[Line, ...]


def caption_lines(
    message: ChatMessage, width: int, appearance: Appearance, is_open: Callable[[str], bool]
) -> CaptionLines:
    """All that is said of the parts of a message: sources last, all else where it stands.

    What a tool was asked or answered is folded, unless its fold `is_open`.
    """
    numbers = {id(part): number for number, part in enumerate(message.parts)}
    start, end = _ends_of(message.text)
    above: list[PlacedLines] = []
    within: list[PlacedLines] = []
    below: list[PlacedLines] = []
    for offset, group in groupby(placed_captions(message.parts), key=attrgetter("offset")):
        lines: list[Line] = []
        for each in group:
            if tool_text(each.part):
                fold = f"{PART_FOLD}{numbers[id(each.part)]}"
                lines += _tool_lines(each, fold, width, appearance.styles, is_open=is_open(fold))
            else:
                lines += part_lines(each, width, appearance)
        placed = PlacedLines(offset, tuple(lines))
        place = below if offset >= end else above if offset <= start else within
        place.append(placed)
    return CaptionLines(_joined(above), tuple(within), _joined(below))


class ToolTexts(NamedTuple):
    """What tools say above the text, behind so many of its characters, and below it."""

    above: str = ""
    within: tuple[tuple[int, str], ...] = ()
    below: str = ""


def tool_texts(message: ChatMessage) -> ToolTexts:
    """As much as is shown of what tools were asked and answered."""
    start, end = _ends_of(message.text)
    above, below, within = "", "", []
    for offset, _, part in placed_captions(message.parts):
        if shown := tool_text(part)[:_MOST_SHOWN]:
            if offset >= end:
                below += f"{shown}\n"
            elif offset <= start:
                above += f"{shown}\n"
            else:
                within.append((offset, shown))
    return ToolTexts(above, tuple(within), below)


def _ends_of(text: str) -> tuple[int, int]:
    """What stands above the first of these characters of a text or below the last is not in it."""
    return len(text) - len(text.lstrip()), len(text.rstrip())


def part_lines(placed: PlacedCaption, width: int, appearance: Appearance) -> Iterator[Line]:
    """What shows a part: its caption, and the cells of a picture or why it has none."""
    yield from _caption(placed, width, appearance.styles)
    if isinstance(placed.part, ImagePart):
        blob = placed.part.blob
        if reason := why_not_shown(blob.media_type, blob.width, blob.height):
            yield from wrap_plain_text(reason, width, appearance.styles.note)
        elif cell := appearance.picture_cell:
            yield from _picture_rows(blob, width, cell)


def _caption(placed: PlacedCaption, width: int, styles: MessageStyles) -> Sequence[Line]:
    """The line of a part; of a source the whole address, as a link.

    The style meta `blob` says of which bytes a picture or a file is, and whether it is a picture.
    """
    text, url, part = safe_line(placed.caption.text, _MAX_LENGTH), placed.caption.url, placed.part
    if not url:
        style = styles.note
        if isinstance(part, ImagePart | FilePart):
            style += Style.from_meta({"blob": (part.blob.digest, isinstance(part, ImagePart))})
        return (Line((Segment(truncate(text, width), style),)),)
    link = Style.from_meta({"href": url}) if can_open(url) else Style.null()
    return wrap_plain_text(text, width, styles.note + link)


def _tool_lines(
    placed: PlacedCaption, fold: str, width: int, styles: MessageStyles, *, is_open: bool
) -> Iterator[Line]:
    """The line of a tool, which folds, and all that it was asked or answered where it is open."""
    label = f"{'▾' if is_open else '▸'} {safe_line(placed.caption.text, _MAX_LENGTH)}"
    yield Line((Segment(truncate(label, width), styles.note + Style.from_meta({"fold": fold})),))
    if is_open:
        text = tool_text(placed.part)
        more = len(text) - _MOST_SHOWN
        shown = f"{text[:_MOST_SHOWN]}\n… {more:,} more characters" if more > 0 else text
        # Where they stand in the message's text, they are no part of it.
        for line in wrap_plain_text(shown, width, styles.note):
            yield Line(line.segments, gap=line.gap)


def part_of(fold: str, parts: Sequence[Part]) -> Part | None:
    """The part that the style meta `fold` of a line names, if it names one."""
    number = fold.removeprefix(PART_FOLD)
    is_known = number != fold and number.isdecimal() and int(number) < len(parts)
    return parts[int(number)] if is_known else None


def _picture_rows(blob: Blob, width: int, cell: CellSize) -> Iterator[Line]:
    """The cells of a picture, which are counted without its bytes."""
    if area := place_picture(blob.width, blob.height, width, cell):
        blanks = (Segment(" " * area.columns),)
        for row in range(area.rows):
            yield Line(blanks, picture=PictureRow(blob.digest, *area, row))


def estimate_parts(parts: Iterable[Part], width: int, cell: CellSize | None) -> int:
    """How many lines the parts of a message take in a transcript of so many columns."""
    columns, lines = prose_width(width), 0
    for part in parts:
        lines += not isinstance(part, TextSpan | ReasoningSpan)
        if isinstance(part, ImagePart) and cell is not None:
            blob = part.blob
            if can_decode(blob.media_type, blob.width, blob.height):
                area = place_picture(blob.width, blob.height, columns, cell)
                lines += area.rows if area else 0
    return lines


def _joined(placed: Iterable[PlacedLines]) -> tuple[Line, ...]:
    return tuple(chain.from_iterable(each.lines for each in placed))
