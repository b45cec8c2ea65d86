"""What a protocol adds to the loop of `http_stream`: a request builder and a decoder."""

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar, Protocol

from fakegpt_tui.domain import Notice, ServiceError, StreamEvent
from fakegpt_tui.http.responses import HttpRequest


class Decoder(Protocol):
    """Turns the server-sent events of one response into domain events."""

    json_key: ClassVar[bytes]
    """A key of JSON bodies that are a whole reply; empty if the protocol only streams."""

    @property
    def done(self) -> bool:
        """Has the end come? Nothing after it counts."""
        ...

    @property
    def grace(self) -> float | None:
        """Seconds for what may follow a complete reply; `None` while more text may come."""
        ...

    def decode_all(self, server_events: Iterable[tuple[str, str]]) -> Iterator[StreamEvent]:
        """Decode events that came together, each a name and its data.

        Raises:
            ServiceError: What comes out of `server_events`, after all events before it.
        """
        ...

    def finish(self) -> Iterable[StreamEvent]:
        """The last events of the reply, ending in `ReplyEnded`, however the stream ended.

        Raises:
            ServiceError: The reply is not whole; `ReplyCut` where the stream tells no reason.
        """
        ...


class RequestBuilder(Protocol):
    """The requests for one reply: the first, and those that replace it after an error."""

    @property
    def notices(self) -> Sequence[Notice]:
        """What a person should know of the request that was accepted."""
        ...

    def build(self) -> HttpRequest:
        """The request to send now."""
        ...

    def decoder(self) -> Decoder:
        """A decoder for its response."""
        ...

    def accept(self) -> None:
        """Remember that the service took the request: the first event of the reply came."""
        ...

    def fall_back(self, error: ServiceError) -> bool:
        """Change the request after `error`; is there another to send?"""
        ...
