"""Line ids, line anchors and reading positions: names of lines that outlive a change of layout."""

from enum import IntEnum, auto
from typing import NamedTuple

from fakegpt_tui.domain import Bookmark
from fakegpt_tui.domain.fast_dataclass import dataclass
from fakegpt_tui.ui.markdown.lines import LineId, TextAnchor


class MessageZone(IntEnum):
    """What a line of a message belongs to, from the top down. The names are stored in bookmarks."""

    HEAD = 0
    GIST = auto()
    LABEL = auto()
    REASONING = auto()
    TEXT = auto()
    END = auto()


WRITTEN_ZONES = (MessageZone.REASONING, MessageZone.TEXT)
"""The zones that show the message's own text."""


class LineAnchor(NamedTuple):
    """A line, by what it shows: it is found again at any width and in any later run."""

    zone: MessageZone
    anchor: TextAnchor


_START_BITS, _NUMBER_BITS = 40, 24
LINE_ID_BITS = 3 + _START_BITS + _NUMBER_BITS
"""A line id takes no more bits."""


def pack_line_id(zone: MessageZone, line_id: LineId) -> int:
    """A line's id within its message, valid for one width; ids are in the order of the lines.

    The two lines of the header have the ids 0 and 1. Other ids say where the text of a line begins,
    as the number of lines above it may be an estimate.
    """
    return (zone << _START_BITS | line_id.fragment_start) << _NUMBER_BITS | line_id.line


def unpack_line_id(line: int) -> tuple[MessageZone, LineId]:
    """The zone of a line, and its id in there."""
    start, number = divmod(line, 1 << _NUMBER_BITS)
    zone, start = divmod(start, 1 << _START_BITS)
    return MessageZone(zone), LineId(start, number)


@dataclass(frozen=True, slots=True)
class ReadingPosition:
    """Where a conversation was left, valid at any width and in any later run.

    `anchor` is what the line at the top shows.
    """

    message_id: str
    anchor: LineAnchor
    sticks_to_end: bool

    @classmethod
    def from_bookmark(cls, bookmark: Bookmark | None) -> "ReadingPosition | None":
        """The position of a bookmark; `None` without one, or for one of an unknown zone."""
        if bookmark is None or bookmark.part not in MessageZone.__members__:
            return None
        anchor = TextAnchor(bookmark.source, bookmark.letters, bookmark.above)
        zone = MessageZone[bookmark.part]
        return cls(bookmark.message_id, LineAnchor(zone, anchor), sticks_to_end=False)

    def to_bookmark(self, conversation_id: str) -> Bookmark | None:
        """The bookmark to store; `None` at the end of a conversation."""
        if self.sticks_to_end:
            return None
        zone, anchor = self.anchor
        return Bookmark(conversation_id, self.message_id, zone.name, *anchor)
