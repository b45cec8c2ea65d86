"""Writing a streamed reply, as the host sends it."""

from datetime import datetime
from typing import Final

from fakegpt_tui.domain import FakeGPTError, StreamEvent
from fakegpt_tui.wire.requests import ConversationRequest

PING: Final = b": ping\n\n"
"""A comment that keeps a silent stream alive; clients choke on pings with data."""


class ReplyWriter:
    """Turns domain events into the events of one streamed reply, each ready to be sent.

    The form is the one that every known client reads: `data: ` with one space, one ASCII-only JSON
    object in a line that starts with `{"message":`, and all of the text so far in each of them.
    Only new text is escaped, not all of it again.
    """

    def __init__(
        self,
        request: ConversationRequest,
        *,
        conversation_id: str,
        reply_id: str,
        created_at: datetime,
    ) -> None:
        raise NotImplementedError

    def opening(self) -> list[bytes]:
        """What comes before any text: the echoes of a new conversation, and the empty reply."""
        raise NotImplementedError

    def write(self, event: StreamEvent) -> list[bytes]:
        """What tells the client of `event`; nothing where the protocol has no word for it."""
        raise NotImplementedError

    def finish(self) -> list[bytes]:
        """The end of the reply. Without a `ReplyEnded` before, the client is told of a cut."""
        raise NotImplementedError

    def fail(self, error: FakeGPTError) -> list[bytes]:
        """The end of a reply that went wrong; what was written before it stays valid."""
        raise NotImplementedError
