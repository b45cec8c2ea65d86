"""Request builders and decoders, which a protocol adds to `http_stream`, and feeding a decoder."""

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar, Final, Protocol

from fakegpt_tui.domain import BadReply, Notice, ReplyCut, ServiceError, StreamEvent
from fakegpt_tui.http.responses import EVENT_STREAM, HttpRequest, HttpResponse
from fakegpt_tui.http.retries import StreamTimeouts
from fakegpt_tui.http.sse import EventReader, ServerEvent

_NOT_EVENTS: Final = (b"{", b"[", b"<")
"""How JSON and HTML begin, and no line of an event stream does."""

_WHOLE_REPLY_BYTES: Final = 16_000_000


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


async def first_batches(
    response: HttpResponse,
    chunks: Sequence[bytes],
    decoder: Decoder,
    batches: Iterable[Sequence[ServerEvent]],
) -> Iterable[Sequence[ServerEvent]]:
    """`batches`, or the one event of a reply that came at once as JSON.

    Raises:
        ServiceError: The body is an error, a page, or too long to be a reply.
    """
    beginning = b"".join(chunks)
    if not beginning.lstrip().startswith(_NOT_EVENTS):
        return batches
    if not decoder.json_key:
        if response.media_type == EVENT_STREAM:
            return batches
        raise await response.read_error(beginning)
    body = await response.read_body(limit=_WHOLE_REPLY_BYTES, beginning=beginning)
    if body.lstrip().startswith(b"<") or decoder.json_key not in body:
        raise await response.read_error(body)
    if len(body) >= _WHOLE_REPLY_BYTES:
        raise BadReply("The service answered with more than can be one reply.")
    return [[ServerEvent(body.decode(errors="replace"))]]


def server_events(
    batches: Iterable[Sequence[ServerEvent]], timeouts: StreamTimeouts
) -> Iterator[tuple[str, str]]:
    """The name and the data of each event, which is recorded as progress."""
    for batch in batches:
        for event in batch:
            timeouts.record_event()
            yield event.event, event.data


def _last_batch(reader: EventReader) -> Iterator[Sequence[ServerEvent]]:
    """What is still pending, read only when the decoder takes it: it may raise."""
    yield reader.finish()


def finish(
    decoder: Decoder, reader: EventReader, timeouts: StreamTimeouts, failure: ServiceError | None
) -> Iterator[StreamEvent]:
    """The last events. A reply that proves whole is whole, however its connection ended."""
    try:
        if not decoder.done:
            yield from decoder.decode_all(server_events(_last_batch(reader), timeouts))
        yield from decoder.finish()
    except ReplyCut as cut:
        raise failure or cut from cut
