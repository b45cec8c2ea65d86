"""Events that a backend streams while it replies."""

from typing import TYPE_CHECKING, TypeAlias

from fakegpt_tui.domain.conversations import FinishReason, Usage
from fakegpt_tui.fast_import import dataclass

if TYPE_CHECKING:
    from fakegpt_tui.domain.parts import Origin, Part


@dataclass(frozen=True, slots=True)
class TextDelta:
    """Text to add at the end of the reply; never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class TextReplaced:
    """The reply was rewritten: keep its first `keep` code points, then add `text`.

    Parts that lie behind `keep` are dropped.
    """

    keep: int
    text: str


@dataclass(frozen=True, slots=True)
class TitleSuggested:
    """The service suggests a title for the conversation."""

    title: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice for the user that is not part of the reply."""

    text: str


@dataclass(frozen=True, slots=True)
class RetryScheduled:
    """Nothing has arrived yet; the next attempt is in `delay` seconds.

    `of` is how many attempts there are, or 0 where they go on until a time is over.
    """

    attempt: int
    of: int
    delay: float
    reason: str

    def is_news(self, before: "RetryScheduled | None") -> bool:
        """Does it tell more than the one `before` it? What goes on for minutes is told once."""
        if self.of or before is None:
            return True
        return _without_digits(self.reason) != _without_digits(before.reason)


def _without_digits(text: str) -> str:
    """`text` as it is whatever is counted in it, such as the progress of a model that loads."""
    return "".join(each for each in text if not each.isdigit())


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """Text to add to the reasoning of the model; never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class PartAdded:
    """A part at the end of what has come so far; text and reasoning come as deltas instead."""

    part: "Part"


@dataclass(frozen=True, slots=True)
class ToolStarted:
    """A tool of the service runs, such as `web_search`; nothing may come for minutes."""

    name: str


@dataclass(frozen=True, slots=True)
class MediaReceived:
    """The bytes of a picture or file at the end of what has come; once kept, it is a part."""

    data: bytes
    name: str = ""


@dataclass(frozen=True, slots=True)
class OriginReported:
    """What the service wants back unread, for the text or the reasoning that ends here."""

    origin: "Origin"


@dataclass(frozen=True, slots=True)
class UsageReported:
    """Tokens of the reply so far, as the service counts them."""

    usage: Usage


@dataclass(frozen=True, slots=True)
class ModelChosen:
    """The model that replies, where neither the request nor the configuration names one."""

    model: str


@dataclass(frozen=True, slots=True)
class RemoteIdAssigned:
    """The service's own ids of the conversation and of this reply."""

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
    | PartAdded
    | ToolStarted
    | MediaReceived
    | OriginReported
    | UsageReported
    | RemoteIdAssigned
    | ModelChosen
    | TitleSuggested
    | Notice
    | RetryScheduled
    | ReplyEnded
)


class AppendOnlyText:
    """A reply that the service may rewrite, as text that is only ever appended to."""

    def __init__(self) -> None:
        self.text = ""
        """The text of the reply so far."""
        self.shown = ""
        """The text that was yielded."""

    def apply(self, event: StreamEvent) -> str:
        """What to append after `event`; may be empty."""
        match event:
            case TextDelta(text):
                self.text += text
            case TextReplaced(keep, text):
                self.text = self.text[:keep] + text
            case _:
                return ""
        if not self.text.startswith(self.shown):
            return ""
        piece = self.text[len(self.shown) :]
        self.shown = self.text
        return piece

    @property
    def is_rewritten(self) -> bool:
        """Does the text no longer begin with what was yielded, so that it is to be said again?"""
        return self.text != self.shown
