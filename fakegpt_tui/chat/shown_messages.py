"""Messages as they are shown: with the reasoning of old replies apart, without what was removed."""

from collections.abc import Iterable
from dataclasses import replace

from fakegpt_tui.domain import ChatMessage, Role

_MARK_STARTS = frozenset("<[◁")
"""What the marks of reasoning begin with."""


def fold_reasoning(messages: Iterable[ChatMessage]) -> list[ChatMessage]:
    """Messages as they are shown, without the reasoning that is still in the text of old replies.

    It was stored so before such reasoning was told apart, and is imported so from other programs.
    """
    return [_folded(each) if _may_hold_reasoning(each) else each for each in messages]


def _may_hold_reasoning(message: ChatMessage) -> bool:
    if message.role is not Role.ASSISTANT or message.reasoning or not message.status.is_final:
        return False
    return message.text[:40].lstrip()[:1] in _MARK_STARTS or "</th" in message.text


def _folded(message: ChatMessage) -> ChatMessage:
    from fakegpt_tui.backends.thoughts import split_thoughts  # noqa: PLC0415 - few replies need it

    reasoning, text = split_thoughts(message.text)
    return replace(message, reasoning=reasoning, text=text) if reasoning else message


def without_removed(path: tuple[ChatMessage, ...]) -> tuple[ChatMessage, ...]:
    """A path without summaries that were removed."""
    if any(map(_is_removed, path)):
        return tuple(message for message in path if not _is_removed(message))
    return path


def _is_removed(message: ChatMessage) -> bool:
    """Is it a summary that was removed? It stays in the tree, because others are below it."""
    return message.role is Role.SYSTEM and not (message.text or message.parts)
