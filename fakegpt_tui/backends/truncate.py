"""Truncate a conversation to a token budget, with estimated token counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fakegpt_tui.domain import ContextMessage, Role

_ASCII_PER_TOKEN: Final = 4
_MESSAGE_TOKENS: Final = 4
"""What a service writes around every message."""

_MIN_REPLY_TOKENS: Final = 16
_REPLY_SHARE: Final = 4
_MAX_REPLY_TOKENS: Final = 1024


@dataclass(frozen=True, slots=True)
class Truncated:
    """What is left of a conversation, and how many of its messages were left out."""

    messages: tuple[ContextMessage, ...]
    omitted: int


def estimate_tokens(text: str) -> int:
    """About how many tokens `text` is: an estimate, and to be shown as one.

    Four characters of ASCII make one, and any other character is one by itself, which is rather
    too much than too little for all usual models.
    """
    others = 0 if text.isascii() else len(text) - len(text.encode("ascii", "ignore"))
    return -(-(len(text) - others) // _ASCII_PER_TOKEN) + others


def estimate_total_tokens(messages: Sequence[ContextMessage]) -> int:
    """About how many tokens a service makes of `messages`."""
    return sum(estimate_tokens(message.text) + _MESSAGE_TOKENS for message in messages)


def prompt_budget(window: int, max_tokens: int | None) -> int:
    """How many tokens of a model's `window` a conversation may take, so that a reply fits in."""
    reply = min(window // _REPLY_SHARE, _MAX_REPLY_TOKENS) if max_tokens is None else max_tokens
    return max(window - max(reply, _MIN_REPLY_TOKENS), window // 2)


def truncate_to(messages: Sequence[ContextMessage], room: int) -> Truncated:
    """`messages` without the oldest turns, so that about `room` tokens are left.

    What the system says first stays, and so does the last turn, even where that alone is too much.
    """
    start = next(
        (index for index, message in enumerate(messages) if message.role != Role.SYSTEM),
        len(messages),
    )
    system, rest = tuple(messages[:start]), messages[start:]
    left = estimate_total_tokens(messages)
    first = 0
    for turn in _turn_starts(rest):
        left -= estimate_total_tokens(rest[first:turn])
        first = turn
        if left <= room:
            break
    return Truncated((*system, *rest[first:]), first)


def _turn_starts(messages: Sequence[ContextMessage]) -> list[int]:
    """Where a turn begins: at 0, and at every prompt of a person that follows something else."""
    return [
        index
        for index, message in enumerate(messages)
        if index == 0 or (message.role == Role.USER and messages[index - 1].role != Role.USER)
    ]
