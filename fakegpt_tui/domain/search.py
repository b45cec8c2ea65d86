"""What a search of all conversations asks for, and what it finds."""

from datetime import datetime

from fakegpt_tui.domain.fast_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuery:
    """A search; every word of `text` must occur.

    Where `is_pinned` or `is_archived` is true, only such conversations match; so it is with those
    in a `folder`, which is a path or a part of one, or `/` for none, and with those that have all
    `tags`. `before` and `after` compare the time of a message, or for a title the last change of
    its conversation.
    """

    text: str = ""
    title_only: bool = False
    model: str = ""
    is_pinned: bool = False
    is_archived: bool = False
    folder: str = ""
    tags: tuple[str, ...] = ()
    before: datetime | None = None
    after: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchHit:
    """A match of a search; without a `message_id` the match is in the title.

    `marks` are the start and the end of each matching word within `snippet`.
    """

    conversation_id: str
    message_id: str | None
    title: str
    snippet: str
    marks: tuple[tuple[int, int], ...] = ()
    created_at: datetime
    folder: str = ""
    tags: tuple[str, ...] = ()
