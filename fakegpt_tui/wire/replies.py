"""Reading a streamed reply, as the client receives it."""

from fakegpt_tui.domain import StreamEvent


class ReplyReader:
    """Turns the events of one reply into domain events, and judges how it ended.

    The reply's text is the text of each message of the turn, in the order in which they first
    appeared, with a blank line between; `TextReplaced.keep` counts from the start of all of it.
    """

    @property
    def done(self) -> bool:
        """Has the end marker come? Nothing after it counts; stop reading and close."""
        raise NotImplementedError

    def read(self, event: str, data: str) -> list[StreamEvent]:
        """What one server event means. Never `ReplyEnded`: only `finish` can tell.

        Raises:
            BadReply: The reply is made of absurdly many messages.
        """
        raise NotImplementedError

    def finish(self) -> list[StreamEvent]:
        """The last events of the reply, ending in `ReplyEnded`; for when the stream is over.

        Call it however the stream ended, also after a cut: a reply that proved whole is whole, and
        anything that was not is raised.

        Raises:
            ServiceError: The error that the stream told, in the class it has over HTTP.
            RequestRefused: Moderation blocked it before a word came.
            Unsupported: All that came was of a newer format.
            BadReply: The service ended the reply without a word.
            ReplyCut: The stream ended before the reply did.
        """
        raise NotImplementedError
