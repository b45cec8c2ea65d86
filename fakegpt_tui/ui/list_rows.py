"""Conversations as rows of the list."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from fakegpt_tui.domain import ChatMessage, Conversation, MessageStatus
from fakegpt_tui.ui.widgets.conversation_list import ConversationRow, RowSign

_WEEK = timedelta(days=7)


def conversation_rows(
    conversations: Iterable[Conversation],
    running: dict[str, ChatMessage],
    failed: set[str],
    drafts: set[str],
    *,
    now: datetime,
) -> tuple[ConversationRow, ...]:
    """The rows in the order of the list: pinned ones first, then by the last use.

    Args:
        conversations: Most recently used first.
        running: The replies under way, by the id of their conversation.
        failed: The conversations whose last turn ended in trouble that nobody has seen yet.
        drafts: The conversations that have an unsent prompt.
        now: The time that "today" is judged by, in the zone of the person.
    """
    today = now.date()
    shown = sorted(
        (each for each in conversations if not each.archived), key=lambda each: not each.pinned
    )
    return tuple(
        ConversationRow(
            id=each.id,
            title=each.title,
            group=_group(each, today, now),
            sign=_sign(each, running.get(each.id), failed, drafts),
        )
        for each in shown
    )


def _group(conversation: Conversation, today: date, now: datetime) -> str:
    if conversation.pinned:
        return "Pinned"
    used_on = conversation.updated_at.astimezone(now.tzinfo).date()
    if used_on >= today:
        return "Today"
    if used_on == today - timedelta(days=1):
        return "Yesterday"
    return "7 days" if used_on > today - _WEEK else "Older"


def _sign(
    conversation: Conversation, reply: ChatMessage | None, failed: set[str], drafts: set[str]
) -> RowSign:
    if reply is not None:
        queued = reply.status is MessageStatus.QUEUED
        return RowSign.QUEUED if queued else RowSign.STREAMING
    if conversation.id in failed:
        return RowSign.FAILED
    if conversation.unread:
        return RowSign.UNREAD
    return RowSign.DRAFT if conversation.id in drafts else RowSign.NONE
