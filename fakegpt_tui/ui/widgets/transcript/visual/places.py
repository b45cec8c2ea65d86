"""Places of characters that outlive another width, another fold and a reply that grows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fakegpt_tui.ui.widgets.transcript.line_ids import LineAnchor
from fakegpt_tui.ui.widgets.transcript.virtual_list import LinePosition, VirtualList
from fakegpt_tui.ui.widgets.transcript.visual.cursor import TextPosition

if TYPE_CHECKING:
    from fakegpt_tui.ui.markdown.lines import Line


class CharacterAnchor(NamedTuple):
    """A character, by the letters that the text has before it.

    `column` is where it is on a line that is no text, such as a header.
    """

    message_id: str
    line: LineAnchor
    column: int


def anchor_of(message_list: VirtualList, position: TextPosition) -> CharacterAnchor:
    """What a position shows, whatever is laid out anew."""
    (index, line), column = position
    layout = message_list.layout(index)
    zone, anchor = layout.anchor_at(line)
    drawn = layout.line(line)
    if drawn.source is not None:
        letters = anchor.letters_before + _count_letters(drawn.plain[:column])
        anchor = anchor._replace(letters_before=letters)
    return CharacterAnchor(layout.message.id, LineAnchor(zone, anchor), column)


def position_of(message_list: VirtualList, anchor: CharacterAnchor) -> TextPosition:
    """Where that character of a message that is shown is now."""
    index = message_list.index_of(anchor.message_id) or 0
    layout = message_list.layout(index)
    line = layout.line_of(anchor.line)
    drawn, column = layout.line(line), anchor.column
    if drawn.source is not None:
        before = layout.anchor_at(line).anchor.letters_before
        column = _column_behind(drawn, anchor.line.anchor.letters_before - before)
    return TextPosition(LinePosition(index, line), column)


def _count_letters(text: str) -> int:
    return len(text) - text.count(" ")


def _column_behind(line: Line, letters: int) -> int:
    """The column of the letter that has so many before it on its line."""
    for column, character in enumerate(line.plain):
        if character != " ":
            if letters <= 0:
                return column
            letters -= 1
    return len(line.plain)
