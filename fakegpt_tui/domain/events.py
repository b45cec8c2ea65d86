"""Events that a backend streams while it replies."""

from typing import TypeAlias

from fakegpt_tui.domain.conversations import FinishReason, Usage
from fakegpt_tui.domain.fast_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class TextDelta:
    """Text to add at the end of the reply; never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class TextReplaced:
    """The reply was rewritten: keep its first `keep` code points, then add `text`."""

    keep: int
    text: str


@dataclass(frozen=True, slots=True)
class TitleSuggested:
    """The service offers a title for the conversation."""

    title: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a person should know that is not part of the reply."""

    text: str


@dataclass(frozen=True, slots=True)
class RetryScheduled:
    """Nothing came yet; the next try is in `delay` seconds."""

    attempt: int
    of: int
    delay: float
    reason: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """Text to add to what the model thought before and while it replied; never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class UsageReported:
    """What the reply cost so far, by the service's own count."""

    usage: Usage


@dataclass(frozen=True, slots=True)
class RemoteIdAssigned:
    """Where the service keeps this reply: its own ids of the conversation and the message."""

    conversation_id: str
    message_id: str


@dataclass(frozen=True, slots=True)
class ReplyEnded:
    """The end marker. A stream without one was cut, whatever the transport says."""

    reason: FinishReason = FinishReason.STOP


StreamEvent: TypeAlias = (
    TextDelta
    | TextReplaced
    | ReasoningDelta
    | UsageReported
    | RemoteIdAssigned
    | TitleSuggested
    | Notice
    | RetryScheduled
    | ReplyEnded
)
