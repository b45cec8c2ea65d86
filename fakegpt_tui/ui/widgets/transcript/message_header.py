"""Header and ending of a message in words: role, model, tokens, status."""

from rich.cells import cell_len

from fakegpt_tui.domain import ChatMessage, FinishReason, MessageStatus, Role
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.widgets.cells import truncate

ROLE_NAMES = {Role.USER: "You", Role.ASSISTANT: "Assistant", Role.SYSTEM: "System"}
_ENDINGS = {
    MessageStatus.STOPPED: ("Stopped", "what had arrived is kept."),
    MessageStatus.FAILED: ("Failed", "no reason is known."),
    MessageStatus.INTERRUPTED: ("Interrupted", "the program ended before the reply did."),
}
"""What a status is called in a sentence, and the reason where none was kept."""
_LIMITS = {
    FinishReason.LENGTH: "cut at the length limit",
    FinishReason.CONTENT_FILTER: "cut by the service's filter",
}
_MIN_MODEL_WIDTH = 4
"""Fewer cells say nothing about a model."""


def header_texts(message: ChatMessage, label: str, width: int) -> tuple[str, str, str]:
    """Who speaks; the model, the label and the cost, as far as there is room; the status.

    `label` is what somebody else has to say of the message, such as its place among its variants.
    """
    role = truncate(ROLE_NAMES[message.role], width)
    status = truncate(_status_text(message), width - cell_len(role))
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
    model = truncate(model, room) if room > _MIN_MODEL_WIDTH else ""
    return role, model + label + cost, status


def ended_early(message: ChatMessage) -> bool:
    """Did it end before it was whole?"""
    return message.status in _ENDINGS


def ending_text(message: ChatMessage) -> str:
    """What is said below a message that did not end as it should; empty for one that did."""
    if message.status not in _ENDINGS:
        return message.error or ""
    word, reason = _ENDINGS[message.status]
    return f"{word}: {message.error or reason}"


def _status_text(message: ChatMessage) -> str:
    if message.status is not MessageStatus.COMPLETE:
        return f" · {message.status.value}"
    limit = _LIMITS.get(message.finish) if message.finish else None
    return f" · {limit}" if limit else ""
