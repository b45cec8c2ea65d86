"""Where somebody reads, as a value that outlives the widget."""

from dataclasses import dataclass

from fakegpt_tui.domain import Bookmark
from fakegpt_tui.ui.markdown.lines import TextAnchor
from fakegpt_tui.ui.widgets.line_names import LineAnchor, MessageZone


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
            bookmark.message_id, LineAnchor(MessageZone[bookmark.part], anchor), follows=False
        )

    def to_bookmark(self, conversation_id: str) -> Bookmark | None:
        """What is to be kept of it: nothing where the end is followed."""
        if self.sticks_to_end:
            return None
        part, anchor = self.anchor
        return Bookmark(conversation_id, self.message_id, part.name, *anchor)
