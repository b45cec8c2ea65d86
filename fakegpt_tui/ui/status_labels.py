"""Status labels: what a turn does right now, and what goes on in other conversations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from fakegpt_tui.domain import Conversation, MessageStatus
from fakegpt_tui.text import safe_line

if TYPE_CHECKING:
    from fakegpt_tui.chat.turn import Turn, TurnProgress

_CHARACTERS_PER_TOKEN = 4
"""The usual estimate; the protocol sends no counts."""
_BUSY = {MessageStatus.WAITING, MessageStatus.STREAMING}
_TOOLS: Final = {"web_search": "searching the web", "web_fetch": "reading on the web"}
"""What services do that call it by these names."""


def activity_label(status: MessageStatus, progress: TurnProgress, stop_key: str) -> str:
    """What one turn does right now, and which key gives it up; empty where none does."""
    if progress.queue_position:
        return f"waiting for a place ({progress.queue_position} in line)"
    if progress.retry is not None:
        retry = progress.retry
        seconds = max(1, round(progress.retry_in))
        count = f" ({retry.attempt}/{retry.of})" if retry.of else ""
        way_out = f", {stop_key} gives up" if stop_key else ""
        return f"retry in {seconds} s{count}{way_out}"
    if progress.tool:
        doing = _TOOLS.get(progress.tool) or f"using {safe_line(progress.tool, 30)}"
        return f"{doing} {progress.waited:.0f} s"
    if status is MessageStatus.STREAMING:
        rate = progress.length / _CHARACTERS_PER_TOKEN / max(progress.streamed, 0.5)
        return f"streaming ~{rate:.0f} tok/s"
    if progress.thought:
        return f"thinking {progress.thought:.0f} s"
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
