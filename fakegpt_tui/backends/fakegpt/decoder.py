"""One conversation request, and the reply that it streams back."""

from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from contextlib import aclosing

from fakegpt_tui.backends.http_response import HttpResponse, StreamTimeouts, open_session_response
from fakegpt_tui.domain import (
    RemoteIdAssigned,
    ReplyCut,
    ServiceError,
    Session,
    StreamEvent,
    TextDelta,
    TextReplaced,
)
from fakegpt_tui.http.clients import Transport
from fakegpt_tui.http.sse import EventReader, ServerEvent
from fakegpt_tui.protocol import fakegpt

_EVENT_STREAM = "text/event-stream"
_NO_STREAM = (b"{", b"[", b"<")
"""How JSON and HTML begin, and no line of an event stream does."""


class FakeGptReply:
    """Asks once and reads what comes, no further than its end marker."""

    def __init__(self, transport: Transport, clock: StreamTimeouts, *, locate: bool) -> None:
        """With `locate` it is told where the service keeps the reply."""
        self.has_text = False
        """Has a person seen any of it? Then no other reply can take its place."""
        self._transport = transport
        self._clock = clock
        self._locate = locate
        self._located: RemoteIdAssigned | None = None
        self._server_events = EventReader()
        self._reader = fakegpt.StreamDecoder()

    async def events(
        self, session: Session, body: Mapping[str, object]
    ) -> AsyncGenerator[StreamEvent]:
        """The reply; `body` is what to post.

        Raises:
            ServiceError: What went wrong, after all that came before it.
        """
        trouble: ServiceError | None = None
        try:
            async with aclosing(self._arriving(session, body)) as arriving:
                async for event in arriving:
                    yield event
        except ServiceError as error:
            if not self._clock.has_begun:
                raise
            trouble = error
        for event in self._ending(trouble):
            yield event

    async def _arriving(
        self, session: Session, body: Mapping[str, object]
    ) -> AsyncGenerator[StreamEvent]:
        asking = open_session_response(
            self._transport,
            self._clock,
            session,
            "POST",
            self._transport.service.endpoints.conversation,
            accept=_EVENT_STREAM,
            body=body,
        )
        async with asking as answer:
            while not self._reader.done:
                arrived = await answer.read_chunks()
                if not arrived:
                    break
                if not self._clock.has_begun:
                    await _check_beginning(answer, b"".join(arrived))
                self._clock.record_bytes()
                for event in self._read(self._fed(arrived)):
                    yield event

    def _ending(self, trouble: ServiceError | None) -> Iterator[StreamEvent]:
        """The last events. A reply that proves whole is whole, whatever befell its connection."""
        try:
            if not self._reader.done:
                yield from self._read(self._server_events.finish())
            yield from self._reader.finish()
        except ReplyCut as cut:
            raise trouble or cut from cut

    def _fed(self, arrived: Iterable[bytes]) -> Iterator[ServerEvent]:
        for piece in arrived:
            yield from self._server_events.feed(piece)

    def _read(self, server_events: Iterable[ServerEvent]) -> Iterator[StreamEvent]:
        for event in self._reader.decode_all(self._noted(server_events)):
            self.has_text = self.has_text or isinstance(event, TextDelta | TextReplaced)
            yield event
        if self._locate and self._reader.location not in (None, self._located):
            self._located = self._reader.location
            yield self._located

    def _noted(self, server_events: Iterable[ServerEvent]) -> Iterator[tuple[str, str]]:
        for server_event in server_events:
            self._clock.record_event()
            yield server_event.event, server_event.data


async def _check_beginning(answer: HttpResponse, piece: bytes) -> None:
    """Refuse JSON and pages that come with status 200 in place of a stream.

    Raises:
        ServiceError: What they say.
    """
    if answer.media_type != _EVENT_STREAM and piece.lstrip().startswith(_NO_STREAM):
        raise await answer.read_error(piece)
