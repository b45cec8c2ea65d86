"""Rows of the conversation list: titles, status icons, group headings and their line numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum


class RowStatus(Enum):
    """The one thing about a conversation that its row says, as a glyph that needs no colour."""

    NONE = " "
    STREAMING = "»"
    QUEUED = "+"
    UNREAD = "●"
    FAILED = "!"
    DRAFT = "~"


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """One conversation in the list. `group` is the heading that it belongs under, if any."""

    id: str
    title: str
    group: str = ""
    status: RowStatus = RowStatus.NONE


@dataclass(frozen=True, slots=True)
class GroupHeading:
    """A line that names the group below it; without text, the space above the next one."""

    text: str = ""


class RowIndex:
    """The lines of the list, and where each conversation is among them."""

    def __init__(self, rows: Sequence[ConversationRow]) -> None:
        self.rows = rows
        self.entries: list[ConversationRow | GroupHeading] = []
        self._indices: dict[str, tuple[int, int]] = {}
        group = ""
        for position, row in enumerate(rows):
            if row.group != group:
                group = row.group
                if self.entries:
                    self.entries.append(GroupHeading())
                self.entries.append(GroupHeading(group))
            self._indices[row.id] = (position, len(self.entries))
            self.entries.append(row)

    def __contains__(self, conversation_id: object) -> bool:
        return conversation_id in self._indices

    def position_of(self, conversation_id: str | None) -> int | None:
        """How many conversations are above this one; `None` for one that is not listed."""
        place = self._indices.get(conversation_id) if conversation_id is not None else None
        return None if place is None else place[0]

    def line_of(self, conversation_id: str | None) -> int | None:
        place = self._indices.get(conversation_id) if conversation_id is not None else None
        return None if place is None else place[1]

    def id_at(self, position: int) -> str | None:
        """The conversation at a position, or at the end that it lies beyond."""
        if not self.rows:
            return None
        return self.rows[max(0, min(position, len(self.rows) - 1))].id

    def group_top(self, line: int) -> int:
        """The first of the lines that belong above `line`: its heading, where there is one."""
        while line > 0 and isinstance(self.entries[line - 1], GroupHeading):
            line -= 1
        return line
