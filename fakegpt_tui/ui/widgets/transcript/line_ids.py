"""Line ids, line anchors and reading positions: names of lines that outlive a change of layout."""

from dataclasses import dataclass
from enum import IntEnum, auto
from typing import NamedTuple

from fakegpt_tui.domain import Bookmark
from fakegpt_tui.ui.markdown.lines import LineId, TextAnchor


class MessageZone(IntEnum):
    """What a line of a message belongs to, from the top down."""

    HEAD = 0
    GIST = auto()
    LABEL = auto()
    REASONING = auto()
    TEXT = auto()
    END = auto()


WRITTEN_ZONES = (MessageZone.REASONING, MessageZone.TEXT)
"""The parts that somebody wrote, and not this program."""


class LineAnchor(NamedTuple):
    """A line, by what it shows: it is found again at any width and in any later run."""

    zone: MessageZone
    anchor: TextAnchor


_START_BITS, _NUMBER_BITS = 40, 24
LINE_ID_BITS = 3 + _START_BITS + _NUMBER_BITS
"""A line's number takes no more."""


def pack_line_id(part: MessageZone, spot: LineId) -> int:
    """The name that a line has as long as the width is the same, in the order of the lines.

    Those of the head are 0 and 1. What comes below may be higher than was thought, and is named by
    where its text begins.
    """
    return (part << _START_BITS | spot.fragment_start) << _NUMBER_BITS | spot.line


def unpack_line_id(line: int) -> tuple[MessageZone, LineId]:
    """What a line belongs to, and which of its lines it is."""
    start, number = divmod(line, 1 << _NUMBER_BITS)
    part, start = divmod(start, 1 << _START_BITS)
    return MessageZone(part), LineId(start, number)


@dataclass(frozen=True, slots=True)
class ReadingPosition:
    """Where somebody stopped reading, good at any width and in any later run.

    `mark` is what the line at the top shows.
    """

    message_id: str
    anchor: LineAnchor
    sticks_to_end: bool

    @classmethod
    def from_bookmark(cls, bookmark: Bookmark | None) -> "ReadingPosition | None":
        """The position that was kept; `None` where there is none, or none that is understood."""
        if bookmark is None or bookmark.part not in MessageZone.__members__:
            return None
        anchor = TextAnchor(bookmark.source, bookmark.letters, bookmark.above)
        return cls(
            bookmark.message_id, LineAnchor(MessageZone[bookmark.part], anchor), sticks_to_end=False
        )

    def to_bookmark(self, conversation_id: str) -> Bookmark | None:
        """What is to be kept of it: nothing where the end is followed."""
        if self.sticks_to_end:
            return None
        part, anchor = self.anchor
        return Bookmark(conversation_id, self.message_id, part.name, *anchor)
