"""What is known of a reply while it is streamed to a client that can be told of more text alone."""

import math
from dataclasses import dataclass

from fakegpt_tui.domain import (
    BadReply,
    FinishReason,
    ReplyEnded,
    StreamEvent,
    TextReplaced,
    Usage,
    UsageReported,
)


@dataclass(slots=True)
class ReplyProgress:
    """How long the text of a reply is, what it took, and how it ended; none of its text."""

    prompt_tokens: int = 0
    """An estimate, which is told where the service tells nothing."""
    length: int = 0
    reported: Usage | None = None
    reason: FinishReason | None = None

    @property
    def usage(self) -> Usage:
        return self.reported or Usage(self.prompt_tokens, math.ceil(self.length / 4))

    def note(self, event: StreamEvent) -> None:
        """Learn of an event that is no text."""
        match event:
            case UsageReported(usage):
                self.reported = usage
            case ReplyEnded(reason):
                self.reason = reason
            case _:
                pass

    def added(self, replaced: TextReplaced) -> str:
        """What a rewriting adds.

        Raises:
            BadReply: It changes what was sent already.
        """
        if replaced.keep != self.length:
            raise BadReply("The service rewrote its reply, which this protocol cannot say.")
        return replaced.text
