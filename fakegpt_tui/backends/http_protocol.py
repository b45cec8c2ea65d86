"""Request builders and decoders, which a protocol adds to `http_stream`; feeding a decoder."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import ClassVar, Final, Protocol

from fakegpt_tui.domain import BadReply, ReplyCut, ServiceError, StreamEvent, Usage
from fakegpt_tui.fast_import import lazy_pattern
from fakegpt_tui.http.compression import GZIP_MAGIC
from fakegpt_tui.http.requests import EVENT_STREAM, HttpRequest
from fakegpt_tui.http.responses import HttpResponse
from fakegpt_tui.http.sse import EventReader, ServerEvent
from fakegpt_tui.protocol.error_body import NOT_JSON, parse_error_body, parse_json

_NOT_EVENTS: Final = (b"{", b"[", b"<")
"""How JSON and HTML begin, and no line of an event stream does."""

_STREAMS: Final = (EVENT_STREAM, "application/x-ndjson", "application/jsonl")
"""Media types of what comes bit by bit: events, or lines of JSON."""

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_BLANK: Final = lazy_pattern(rb"(?:\xef\xbb\xbf)?(?:[ \t\r\n]+|:[^\r\n]*[\r\n])*")
_COMMENT_BYTES: Final = 64_000
_END: Final = ServerEvent("message", "[DONE]")
"""JSON that can be read came whole, whether or not it tells why the reply ended."""

_WHOLE_REPLY_BYTES: Final = 16_000_000


class Decoder(Protocol):
    """Turns the server-sent events of one response into domain events."""

    json_key: ClassVar[str]
    """A key of JSON bodies that are a whole reply; empty if the protocol only streams."""

    reads_joined: ClassVar[bool]
    """Does it take events that repeat each other as one, see `http.sse.join_repeated`?"""

    @property
    def done(self) -> bool:
        """Has the end come? Nothing after it counts."""
        ...

    @property
    def grace(self) -> float | None:
        """Seconds for what may follow a complete reply; `None` while more text may come."""
        ...

    @property
    def is_working(self) -> bool:
        """Does a tool of the service run, such as a web search? It may be silent for minutes."""
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
    """The requests for one reply: the first, and those that replace or continue it."""

    is_stateless: ClassVar[bool]
    """Does the service keep nothing of a request, so that it can be sent again after an error?"""

    @property
    def notices(self) -> Sequence[StreamEvent]:
        """What should be known of the request that was accepted: the first events of the reply."""
        ...

    @property
    def shortcomings(self) -> Sequence[str]:
        """Sentences on what of the conversation and the settings is not sent, and why."""
        ...

    @property
    def takes_long(self) -> bool:
        """Is there much text, or are there pictures or files, so that it is built in a thread?"""
        ...

    def build(self) -> HttpRequest:
        """The request to send now.

        Raises:
            ServiceError: Something of the conversation cannot be sent.
        """
        ...

    def decoder(self) -> Decoder:
        """A decoder for its response."""
        ...

    def accept(self) -> None:
        """Remember that the service took the request: the first event of the reply came."""
        ...

    def learn(self, usage: Usage) -> None:
        """Compare what the service counted with what was expected."""
        ...

    def fall_back(self, error: ServiceError) -> bool:
        """Change the request after `error`; is there another to send?"""
        ...

    def go_on(self) -> bool:
        """Change the request to what continues a reply that paused; is there such a request?"""
        ...


class ReplyBody:
    """The body of one response, which may be an event stream, one JSON value, or a page.

    What it is shows in its beginning, after white space, comments and a byte order mark: services
    send these to keep a connection alive before they have anything to say.
    """

    def __init__(self, response: HttpResponse, decoder: Decoder, reader: EventReader) -> None:
        self._response = response
        self._decoder = decoder
        self._reader = reader
        self._beginning = b""
        self.is_stream = False
        """Is it known to be an event stream, so that the reader can be fed at once?"""

    async def begin(self, chunks: Sequence[bytes]) -> Iterable[Sequence[ServerEvent]]:
        """The events in the first `chunks`, or all those of a reply that is sent at once.

        Raises:
            ServiceError: The body is an error, a page, or too long to be a reply.
        """
        came = self._beginning + b"".join(chunks)
        beginning = came[_blank_length(came) :]
        if _is_undecided(beginning):
            self._beginning = beginning
            return ()
        if beginning.startswith(GZIP_MAGIC):
            raise BadReply(
                "The service compresses its reply and does not say so; turn compression off for"
                " this address, there or in the proxy before it."
            )
        is_json = beginning.startswith(_NOT_EVENTS)
        if is_json and (self._decoder.json_key or self._response.media_type not in _STREAMS):
            return await self._whole(beginning)
        self.is_stream = True
        return map(self._reader.feed, [self._beginning, *chunks])

    async def _whole(self, beginning: bytes) -> Iterable[Sequence[ServerEvent]]:
        key = self._decoder.json_key
        if not key:
            raise await self._response.read_error(beginning)
        body = await self._response.read_body(limit=_WHOLE_REPLY_BYTES, beginning=beginning)
        self.is_stream = True
        match parse_json(body):
            case {**fields} | [{**fields}, *_] if fields.get(key):
                pass
            case value if value is NOT_JSON and body.startswith(b"{") and key.encode() in body:
                # One JSON value a line, or a reply that was cut.
                return (self._reader.feed(body), *_last_batch(self._reader))
            case _:
                raise await self._response.read_error(body)
        if len(body) >= _WHOLE_REPLY_BYTES:
            raise BadReply("The service answered with more than can be one reply.")
        return [[ServerEvent("message", body.decode(errors="replace")), _END]]


def _blank_length(body: bytes) -> int:
    blank = _BLANK.match(body)
    return blank.end() if blank else 0


def _is_undecided(beginning: bytes) -> bool:
    """May `beginning` still be a comment, a byte order mark, or nothing?"""
    is_comment = beginning.startswith(b":") and len(beginning) < _COMMENT_BYTES
    return is_comment or _BYTE_ORDER_MARK.startswith(beginning)


def _last_batch(reader: EventReader) -> Iterator[Sequence[ServerEvent]]:
    """What is still pending, read only when the decoder takes it: it may raise."""
    yield reader.finish()


def _noise_error(reader: EventReader, cut: ReplyCut) -> ServiceError:
    """The error of a stream that holds a line of something else, which may tell why it ended."""
    told = parse_error_body(reader.noise.encode()).text
    if not reader.count:
        return BadReply(f"The service answered with something that is no reply: {told}")
    return ReplyCut(f"{cut} The service sent: {told}")


def finish(
    decoder: Decoder, reader: EventReader, failure: ServiceError | None
) -> Iterator[StreamEvent]:
    """The last events. A reply that proves whole is whole, however its connection ended."""
    try:
        if not decoder.done:
            yield from decoder.decode_all(chain.from_iterable(_last_batch(reader)))
        yield from decoder.finish()
    except ReplyCut as cut:
        if failure is None and reader.noise:
            failure = _noise_error(reader, cut)
        raise failure or cut from cut
