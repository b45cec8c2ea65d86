"""Captions of pictures, files, tools and sources as lines, at their places in a message."""

from collections.abc import Iterable, Iterator
from itertools import chain, groupby
from operator import attrgetter
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style

from fakegpt_tui.domain import ChatMessage
from fakegpt_tui.domain.captions import PlacedCaption, placed_captions
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.markdown.lines import Line, PlacedLines
from fakegpt_tui.ui.markdown.parser_rules import can_open
from fakegpt_tui.ui.markdown.plain_text import wrap_plain_text
from fakegpt_tui.ui.widgets.drawing import truncate
from fakegpt_tui.ui.widgets.transcript.appearance import MessageStyles

_MAX_LENGTH = 1_000


class CaptionLines(NamedTuple):
    """The lines above the text of a message, those within it, and those below it."""

    above: tuple[Line, ...]
    within: tuple[PlacedLines, ...]
    below: tuple[Line, ...]


def caption_lines(message: ChatMessage, width: int, styles: MessageStyles) -> CaptionLines:
    """All that is said of the parts of a message: sources last, all else where it stands."""
    text = message.text
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    above: list[PlacedLines] = []
    within: list[PlacedLines] = []
    below: list[PlacedLines] = []
    for offset, group in groupby(placed_captions(message.parts), key=attrgetter("offset")):
        placed = PlacedLines(offset, tuple(_lines_of(group, width, styles)))
        place = below if offset >= end else above if offset <= start else within
        place.append(placed)
    return CaptionLines(_joined(above), tuple(within), _joined(below))


def part_lines(placed: PlacedCaption, width: int, styles: MessageStyles) -> Iterable[Line]:
    """What shows a part: its caption; of a source the whole address, as a link."""
    text, url = safe_line(placed.caption.text, _MAX_LENGTH), placed.caption.url
    if not url:
        return (Line((Segment(truncate(text, width), styles.note),)),)
    link = Style.from_meta({"href": url}) if can_open(url) else Style.null()
    return wrap_plain_text(text, width, styles.note + link)


def _lines_of(
    captions: Iterable[PlacedCaption], width: int, styles: MessageStyles
) -> Iterator[Line]:
    return chain.from_iterable(part_lines(each, width, styles) for each in captions)


def _joined(placed: Iterable[PlacedLines]) -> tuple[Line, ...]:
    return tuple(chain.from_iterable(each.lines for each in placed))
