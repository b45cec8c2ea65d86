"""Conversation rows: what the list shows of conversations, in which order and in which groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from fakegpt_tui.domain import ChatMessage, Conversation, MessageStatus
from fakegpt_tui.ui.widgets.conversation_list import ConversationRow, RowStatus
from fakegpt_tui.ui.widgets.drawing import format_month, format_time

_ROW_STATUSES = {
    MessageStatus.QUEUED: RowStatus.QUEUED,
    MessageStatus.WAITING: RowStatus.WAITING,
}
_LOOKS_ALIKE = 18
"""Titles that begin with the same so many characters look the same in a narrow list."""


def conversation_rows(
    conversations: Iterable[Conversation],
    running: dict[str, ChatMessage],
    failed: Mapping[str, str],
    drafts: set[str],
    *,
    now: datetime,
) -> tuple[ConversationRow, ...]:
    """The rows in the order of the list: pinned ones first, then by the last use.

    Args:
        conversations: Most recently used first.
        running: The replies under way, by the id of their conversation.
        failed: The replies that failed last, by the id of their conversation.
        drafts: The conversations that have an unsent prompt.
        now: The time by which a day is "today", in the time zone of the user.
    """
    days = [_midnight(now, days) for days in (0, 1, 6)]
    conversations = tuple(conversations)
    differences = _differences([each for each in conversations if not each.archived], now)
    shown = sorted(
        (each for each in conversations if not each.archived), key=lambda each: not each.pinned
    )
    return tuple(
        ConversationRow(
            id=each.id,
            title=each.title,
            group=_group(each, now, *days),
            status=_row_status(each, running.get(each.id), failed, drafts),
            difference=differences.get(each.id, ""),
            model=each.model,
            used_at=each.updated_at,
        )
        for each in shown
    )


def _midnight(now: datetime, days: int) -> datetime:
    """Where the day began that was so many days ago, in the zone of `now`."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days)


def _differences(conversations: Sequence[Conversation], now: datetime) -> dict[str, str]:
    """What tells conversations apart whose titles begin with the same words: when they began."""
    alike: dict[str, list[Conversation]] = {}
    for each in conversations:
        alike.setdefault(each.title[:_LOOKS_ALIKE].casefold(), []).append(each)
    differences: dict[str, str] = {}
    for same in alike.values():
        if len(same) == 1:
            continue
        times: dict[str, int] = {}
        for each in sorted(same, key=lambda each: each.created_at):
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
