"""Widgets: what is drawn and takes keys, without knowing any service; here, rows of the list."""

from datetime import datetime
from enum import Enum
from typing import ClassVar, TypeAlias

from fakegpt_tui.fast_import import dataclass


class RowStatus(Enum):
    """The state of a conversation that its row shows, as an icon that needs no colour."""

    NONE = " "
    STREAMING = "»"
    WAITING = "…"
    QUEUED = "+"
    UNREAD = "●"
    FAILED = "!"
    DRAFT = "~"


RUNNING = {RowStatus.STREAMING, RowStatus.WAITING}
"""The states in which something is to come, which a sign that turns shows."""


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """One conversation in the list. `group` is the heading that it belongs under, if any.

    `difference` tells it from others whose titles look the same.
    """

    id: str
    title: str
    group: str = ""
    status: RowStatus = RowStatus.NONE
    difference: str = ""
    model: str = ""
    used_at: datetime | None = None
    folder: str = ""
    tags: tuple[str, ...] = ()

    @property
    def full_title(self) -> str:
        """The title, with what tells it from others that look the same."""
        return " · ".join(filter(None, (self.title or "Untitled", self.difference)))


@dataclass(frozen=True, slots=True)
class FolderRow:
    """A folder in the list. The rows that follow, and whose folder lies in it, can be folded."""

    group: ClassVar[str] = ""
    status: ClassVar[RowStatus] = RowStatus.NONE

    path: str

    @property
    def id(self) -> str:
        """What no conversation has as its id."""
        return f"/{self.path}"


ListRow: TypeAlias = ConversationRow | FolderRow
