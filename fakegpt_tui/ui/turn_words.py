"""What turns are doing, in a few words."""

from collections.abc import Iterable

from fakegpt_tui.chat.turn import Turn, TurnProgress
from fakegpt_tui.domain import Conversation, MessageStatus

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
