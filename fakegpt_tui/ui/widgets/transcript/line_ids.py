"""Line ids, line anchors and reading positions: names of lines that outlive a change of layout."""

from __future__ import annotations

from enum import Enum, IntEnum, auto
from typing import TYPE_CHECKING, NamedTuple

from fakegpt_tui.domain import Bookmark, ChatMessage, Role
from fakegpt_tui.fast_import import dataclass

if TYPE_CHECKING:
    from fakegpt_tui.ui.markdown.lines import LineId, TextAnchor


class Fold(Enum):
    """How much of a message is shown."""

    TEXT = auto()
    """The text, and a line that says that there is reasoning."""
    EVERYTHING = auto()
    NOTHING = auto()
    """A line with the beginning of the text."""


class MessageZone(IntEnum):
    """What a line of a message belongs to, from the top down. The names are stored in bookmarks."""

    HEAD = 0
    GIST = auto()
    LABEL = auto()
    REASONING = auto()
    FIRST_PARTS = auto()
    TEXT = auto()
    PARTS = auto()
    END = auto()


class FoldedSection(NamedTuple):
    """A section in the text of a zone."""

    zone: MessageZone
    start: int


FoldKey = FoldedSection | str
"""What can be folded in a message: a section, or what the style meta `fold` of its line says."""
FoldState = tuple[Fold, frozenset[FoldKey]]
"""The fold of a message, and what in it is folded or open unlike the rest."""


_FIRST_STATE: FoldState = (Fold.TEXT, frozenset())


class Folds:
    """The fold of each message, while the program runs."""

    def __init__(self) -> None:
        self._states: dict[str, FoldState] = {}

    def of(self, message: ChatMessage) -> Fold:
        return self.state(message)[0]

    def state(self, message: ChatMessage) -> FoldState:
        return self._states.get(message.id, _FIRST_STATE)

    def toggle_within(self, message: ChatMessage, fold: FoldKey) -> None:
        """Fold something in a message, or open it."""
        before, toggled = self.state(message)
        self._states[message.id] = before, toggled ^ {fold}

    def toggle(self, message: ChatMessage) -> None:
        """Go to the next fold of a message; the last one leads to the first."""
        match self.of(message):
            case Fold.TEXT if message.reasoning or _folds_within(message):
                self._set(message, Fold.EVERYTHING)
            case Fold.TEXT | Fold.EVERYTHING:
                self._set(message, Fold.NOTHING)
            case Fold.NOTHING:
                self._set(message, Fold.TEXT)

    def toggle_reasoning(self, message: ChatMessage) -> None:
        """Show the reasoning, or hide it again."""
        is_shown = self.of(message) is Fold.EVERYTHING
        self._set(message, Fold.TEXT if is_shown else Fold.EVERYTHING)

    def restore(self, message: ChatMessage, state: FoldState) -> None:
        """Go back to what a message was."""
        self._states[message.id] = state

    def unfold(self, message: ChatMessage, *, reasoning: bool) -> bool:
        """Show the text, with the reasoning if it is wanted; whether that changed anything."""
        before = self.of(message)
        if reasoning:
            self._states[message.id] = Fold.EVERYTHING, frozenset()
        elif before is Fold.NOTHING:
            self._set(message, Fold.TEXT)
        return self.of(message) is not before

    def _set(self, message: ChatMessage, fold: Fold) -> None:
        """Change a fold; unless that opens or folds everything, what is in the message stays."""
        before, toggled = self.state(message)
        stays = Fold.EVERYTHING not in (before, fold)
        self._states[message.id] = fold, toggled if stays else frozenset()


def _folds_within(message: ChatMessage) -> bool:
    """Is there something in a message that can be folded?"""
    from fakegpt_tui.domain.captions import tool_text  # noqa: PLC0415 - after the start
    from fakegpt_tui.ui.markdown.block_rules import has_section  # noqa: PLC0415 - as above

    return has_section(message.text) or any(map(tool_text, message.parts))


WRITTEN_ZONES = (MessageZone.REASONING, MessageZone.TEXT)
"""The zones that show the message's own text."""


def written_text(message: ChatMessage, zone: MessageZone) -> str:
    """What was written in a zone."""
    return message.reasoning if zone is MessageZone.REASONING else message.text


def placed_text(message: ChatMessage, zone: MessageZone) -> str:
    """What the places of lines of a zone are places in: all of what is drawn as Markdown."""
    text = written_text(message, zone)
    if message.role is Role.USER:
        return text
    from fakegpt_tui.ui.markdown.document import drawn_text  # noqa: PLC0415 - with the first message

    return drawn_text(text, complete=message.status.is_final)


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
    from fakegpt_tui.ui.markdown.lines import LineId  # noqa: PLC0415 - with the first message

    start, number = divmod(line, 1 << _NUMBER_BITS)
    zone, start = divmod(start, 1 << _START_BITS)
    return MessageZone(zone), LineId(start, number)


def is_written(line: int) -> bool:
    """Does a line show the message's own text?"""
    return unpack_line_id(line)[0] in WRITTEN_ZONES


@dataclass(frozen=True, slots=True)
class ReadingPosition:
    """Where a conversation was left, valid at any width and in any later run.

    `anchor` is what the line at the top shows.
    """

    message_id: str
    anchor: LineAnchor
    sticks_to_end: bool

    @classmethod
    def from_bookmark(cls, bookmark: Bookmark | None) -> ReadingPosition | None:
        """The position of a bookmark; `None` without one, or for one of an unknown zone."""
        if bookmark is None or bookmark.part not in MessageZone.__members__:
            return None
        from fakegpt_tui.ui.markdown.lines import TextAnchor  # noqa: PLC0415 - as above

        anchor = TextAnchor(bookmark.source, bookmark.letters, bookmark.above)
        zone = MessageZone[bookmark.part]
        return cls(bookmark.message_id, LineAnchor(zone, anchor), sticks_to_end=False)

    def to_bookmark(self, conversation_id: str) -> Bookmark | None:
        """The bookmark to store; `None` at the end of a conversation."""
        if self.sticks_to_end:
            return None
        zone, anchor = self.anchor
        return Bookmark(conversation_id, self.message_id, zone.name, *anchor)
