"""Conversation rows: what the list shows of conversations, in which order and in which groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from fakegpt_tui.domain import ChatMessage, Conversation, MessageStatus
from fakegpt_tui.domain.folders import folder_order, is_inside, with_ancestors
from fakegpt_tui.ui.widgets import ConversationRow, FolderRow, ListRow, RowStatus
from fakegpt_tui.ui.widgets.drawing import format_day, format_month, format_time

if TYPE_CHECKING:
    from fakegpt_tui.chat.service import ChatService
    from fakegpt_tui.ui.state import ChatState

_ROW_STATUSES = {
    MessageStatus.QUEUED: RowStatus.QUEUED,
    MessageStatus.WAITING: RowStatus.WAITING,
}
_TEMPORARY, _PINNED, _LOOSE = "/Temporary", "/Pinned", "/"
"""Places of rows that are in no folder; the paths of folders begin with no slash."""
_LOOKS_ALIKE = 18
"""Titles that begin with the same so many characters look the same in a narrow list."""


class ListRows:
    """The rows of the list, made anew only where something has changed that they are made of."""

    def __init__(self, chat: ChatService, state: ChatState) -> None:
        self._chat = chat
        self._state = state
        self._source: object = None
        self._rows: tuple[ListRow, ...] = ()
        self.conversations: tuple[ConversationRow, ...] = ()
        """Those of the rows that are no folders."""

    def build(self, now: datetime) -> tuple[ListRow, ...]:
        """The rows as of `now`, in the time zone of the user."""
        running = {turn.conversation.id: turn.reply for turn in self._chat.active_turns.all()}
        statuses = {each: reply.status for each, reply in running.items()}
        failed, drafts = self._chat.failed_replies.all(), self._chat.drafts.conversations()
        drafts.discard(self._state.open.id)  # That one is in the prompt.
        conversations, folders = self._chat.conversations.all(), self._chat.folders.made
        source = conversations, folders, statuses, failed, drafts, now.date()
        if source != self._source:
            self._source = source
            self._rows = conversation_rows(
                conversations,
                running,
                failed,
                drafts,
                now=now,
                folders=folders,
                is_temporary=self._chat.conversations.is_temporary,
            )
            found = (row for row in self._rows if isinstance(row, ConversationRow))
            self.conversations = tuple(found)
        return self._rows


def conversation_rows(
    conversations: Iterable[Conversation],
    running: dict[str, ChatMessage],
    failed: Mapping[str, str],
    drafts: set[str],
    *,
    now: datetime,
    folders: Iterable[str] = (),
    is_temporary: Callable[[str], bool] = lambda _: False,
) -> tuple[ListRow, ...]:
    """The rows in their order: temporary and pinned ones, a tree of folders, others by last use.

    Args:
        conversations: Most recently used first.
        running: The replies under way, by the id of their conversation.
        failed: The replies that failed last, by the id of their conversation.
        drafts: The conversations that have an unsent prompt.
        now: The time by which a day is "today", in the time zone of the user.
        folders: The paths of folders that are listed even if empty.
        is_temporary: Does the conversation of an id leave nothing on disk?
    """
    days = [_midnight(now, days) for days in (0, 1, 6)]
    shown = [each for each in conversations if not each.archived]
    differences = _differences(shown, now)
    places: dict[str, list[ConversationRow]] = {_TEMPORARY: [], _PINNED: [], _LOOSE: []}
    for each in shown:
        # A pinned conversation is at the top, also one that is in a folder.
        folder = "" if each.pinned else each.folder
        group, place = _group(each, now, *days), _PINNED if each.pinned else _LOOSE
        if is_temporary(each.id):
            group, place = "Temporary", _TEMPORARY
        row = ConversationRow(
            id=each.id,
            title=each.title,
            group="" if folder else group,
            status=_row_status(each, running.get(each.id), failed, drafts),
            difference=differences.get(each.id, ""),
            model=each.model,
            used_at=each.updated_at,
            folder=folder,
            tags=each.tags,
        )
        places.setdefault(folder or place, []).append(row)
    first, loose = [*places.pop(_TEMPORARY), *places.pop(_PINNED)], places.pop(_LOOSE)
    return *first, *_tree((*folders, *places), places), *loose


def _tree(
    paths: Iterable[str], places: Mapping[str, Sequence[ConversationRow]]
) -> Iterator[ListRow]:
    """Each folder, then those in it, and then the conversations that are just in it."""
    around: list[str] = []
    for path in sorted(with_ancestors(paths), key=folder_order):
        while around and not is_inside(path, around[-1]):
            yield from places.get(around.pop(), ())
        yield FolderRow(path)
        around.append(path)
    for path in reversed(around):
        yield from places.get(path, ())


def _midnight(now: datetime, days: int) -> datetime:
    """Where the day began that was so many days ago, in the zone of `now`."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days)


def _differences(conversations: Sequence[Conversation], now: datetime) -> dict[str, str]:
    """What tells conversations apart whose titles begin with the same words: when they began.

    The day alone, where no other of them began on it: little room is left for titles.
    """
    alike: dict[str, list[Conversation]] = {}
    for each in conversations:
        alike.setdefault(each.title[:_LOOKS_ALIKE].casefold(), []).append(each)
    differences: dict[str, str] = {}
    for same in alike.values():
        if len(same) == 1:
            continue
        days = Counter(format_day(each.created_at, now) for each in same)
        times: dict[str, int] = {}
        for each in sorted(same, key=lambda each: each.created_at):
            time = format_day(each.created_at, now)
            if days[time] > 1:
                time = format_time(each.created_at, now)
            times[time] = times.get(time, 0) + 1
            differences[each.id] = time if times[time] == 1 else f"{time} ({times[time]})"
    return differences


def _group(
    conversation: Conversation,
    now: datetime,
    today: datetime,
    yesterday: datetime,
    week: datetime,
) -> str:
    if conversation.pinned:
        return "Pinned"
    used_at = conversation.updated_at
    if used_at >= today:
        return "Today"
    if used_at >= yesterday:
        return "Yesterday"
    return "7 days" if used_at >= week else format_month(used_at, now)


def _row_status(
    conversation: Conversation,
    reply: ChatMessage | None,
    failed: Mapping[str, str],
    drafts: set[str],
) -> RowStatus:
    if reply is not None:
        return _ROW_STATUSES.get(reply.status, RowStatus.STREAMING)
    if conversation.leaf_id and failed.get(conversation.id) == conversation.leaf_id:
        return RowStatus.FAILED
    if conversation.unread:
        return RowStatus.UNREAD
    return RowStatus.DRAFT if conversation.id in drafts else RowStatus.NONE
