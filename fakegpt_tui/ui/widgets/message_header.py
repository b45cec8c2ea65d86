"""The words around a message: who speaks, with what, at what cost, and how it ended."""

from rich.cells import cell_len

from fakegpt_tui.domain import ChatMessage, FinishReason, MessageStatus, Role
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.widgets.cells import cut

SPEAKERS = {Role.USER: "You", Role.ASSISTANT: "Assistant", Role.SYSTEM: "System"}
_ENDS = {
    MessageStatus.STOPPED: ("Stopped", "what had arrived is kept."),
    MessageStatus.FAILED: ("Failed", "no reason is known."),
    MessageStatus.INTERRUPTED: ("Interrupted", "the program ended before the reply did."),
}
"""What a status is called in a sentence, and the reason where none was kept."""
_LIMITS = {
    FinishReason.LENGTH: "cut at the length limit",
    FinishReason.CONTENT_FILTER: "cut by the service's filter",
}
_LEAST_MODEL = 4
"""Fewer cells say nothing about a model."""


def header(message: ChatMessage, label: str, width: int) -> tuple[str, str, str]:
    """Who speaks; the model, the label and the cost, as far as there is room; the status.

    `label` is what somebody else has to say of the message, such as its place among its variants.
    """
    role = cut(SPEAKERS[message.role], width)
    status = cut(_status(message), width - cell_len(role))
    room = width - cell_len(role) - cell_len(status)
    label = f" {safe_line(label)}" if label else ""
    label = label if cell_len(label) <= room else ""
    room -= cell_len(label)
    tokens = message.usage.reply_tokens if message.usage else 0
    cost = f" · {tokens:,} {'token' if tokens == 1 else 'tokens'}" if tokens else ""
    model = safe_line(message.model or message.service)
    model = f" · {model}" if model else ""
    if cell_len(model) + cell_len(cost) > room:
        cost = ""
    model = cut(model, room) if room > _LEAST_MODEL else ""
    return role, model + label + cost, status


def is_trouble(message: ChatMessage) -> bool:
    """Did it end before it was whole?"""
    return message.status in _ENDS


def how_it_ended(message: ChatMessage) -> str:
    """What is said below a message that did not end as it should; empty for one that did."""
    if message.status not in _ENDS:
        return message.error or ""
    word, reason = _ENDS[message.status]
    return f"{word}: {message.error or reason}"


def _status(message: ChatMessage) -> str:
    if message.status is not MessageStatus.COMPLETE:
        return f" · {message.status.value}"
    limit = _LIMITS.get(message.finish) if message.finish else None
    return f" · {limit}" if limit else ""
