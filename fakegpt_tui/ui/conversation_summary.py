"""Conversation summaries: list rows with group and sign, and the activity of turns in words."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from fakegpt_tui.chat.turn import Turn, TurnProgress
from fakegpt_tui.domain import ChatMessage, Conversation, MessageStatus
from fakegpt_tui.ui.widgets.conversation_list import ConversationRow, RowStatus


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
    days = [_midnight(now, days) for days in (0, 1, 6)]
    shown = sorted(
        (each for each in conversations if not each.archived), key=lambda each: not each.pinned
    )
    return tuple(
        ConversationRow(
            id=each.id,
            title=each.title,
            group=_group(each, *days),
            status=_sign(each, running.get(each.id), failed, drafts),
        )
        for each in shown
    )


def _midnight(now: datetime, days: int) -> datetime:
    """Where the day began that was so many days ago, in the zone of `now`."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days)


def _group(conversation: Conversation, today: datetime, yesterday: datetime, week: datetime) -> str:
    if conversation.pinned:
        return "Pinned"
    used_at = conversation.updated_at
    if used_at >= today:
        return "Today"
    if used_at >= yesterday:
        return "Yesterday"
    return "7 days" if used_at >= week else "Older"


def _sign(
    conversation: Conversation, reply: ChatMessage | None, failed: set[str], drafts: set[str]
) -> RowStatus:
    if reply is not None:
        queued = reply.status is MessageStatus.QUEUED
        return RowStatus.QUEUED if queued else RowStatus.STREAMING
    if conversation.id in failed:
        return RowStatus.FAILED
    if conversation.unread:
        return RowStatus.UNREAD
    return RowStatus.DRAFT if conversation.id in drafts else RowStatus.NONE


_CHARACTERS_PER_TOKEN = 4
"""The usual estimate; the protocol sends no counts."""

_BUSY = {MessageStatus.WAITING, MessageStatus.STREAMING}


def activity_label(status: MessageStatus, progress: TurnProgress) -> str:
    """What one turn does right now."""
    if progress.queue_position:
        return f"waiting for a place ({progress.queue_position} in line)"
    if progress.retry is not None:
        retry = progress.retry
        seconds = max(1, round(progress.retry_in))
        return f"retry in {seconds} s ({retry.attempt}/{retry.of}): {retry.reason}"
    if status is MessageStatus.STREAMING:
        rate = progress.length / _CHARACTERS_PER_TOKEN / max(progress.streamed, 0.5)
        return f"streaming ~{rate:.0f} tok/s"
    return f"waiting {progress.waited:.1f} s"


def background_label(
    turns: Iterable[Turn], conversations: Iterable[Conversation], open_id: str | None
) -> str:
    """How many turns go on elsewhere, and how many replies wait to be read."""
    elsewhere = [turn.reply.status for turn in turns if turn.conversation.id != open_id]
    running = sum(status in _BUSY for status in elsewhere)
    waiting = sum(status is MessageStatus.QUEUED for status in elsewhere)
    unread = sum(conversation.unread for conversation in conversations)
    counts = ((running, "running"), (waiting, "queued"), (unread, "unread"))
    return ", ".join(f"{count} {what}" for count, what in counts if count)
