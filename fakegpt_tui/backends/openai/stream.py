"""One chat completion request, and the reply that it streams back."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from contextlib import aclosing
from typing import Final

from fakegpt_tui.backends.http_response import (
    HttpRequest,
    HttpResponse,
    StreamTimeouts,
    open_response,
)
from fakegpt_tui.backends.openai.content import OverlapFilter
from fakegpt_tui.backends.openai.decoder import CompletionDecoder
from fakegpt_tui.backends.openai.errors import response_error
from fakegpt_tui.domain import (
    BadReply,
    ReasoningDelta,
    ReplyCut,
    ServiceError,
    StreamEvent,
    TextDelta,
)
from fakegpt_tui.http.clients import Transport
from fakegpt_tui.http.sse import EventReader, ServerEvent

_EVENT_STREAM: Final = "text/event-stream"
_NO_STREAM: Final = (b"{", b"[", b"<")
"""How JSON and HTML begin, whatever their head says, and no line of an event stream does."""

_WHOLE_BYTES: Final = 16_000_000
_NUMBERS_SECONDS: Final = 2.0
"""How long the numbers and the end marker may take once the service has said why it ends: some
services send neither, and keep the connection open."""


class OpenAIReply:
    """Asks once and reads what comes, no further than its end."""

    def __init__(
        self, transport: Transport, clock: StreamTimeouts, *, continued: str | None = None
    ) -> None:
        """`continued` is the text that the reply goes on from, if it does."""
        self.has_text = False
        """Has a person seen any of it? Then no other reply can take its place."""
        self._transport = transport
        self._clock = clock
        self._server_events = EventReader()
        self._reader = CompletionDecoder()
        self._ends_at: float | None = None
        self._continuation = None if continued is None else OverlapFilter(continued)

    async def events(
        self, path: str, headers: Mapping[str, str], body: Mapping[str, object]
    ) -> AsyncGenerator[StreamEvent]:
        """The reply; `body` is what to post to `path`.

        Raises:
            ServiceError: What went wrong, after all that came before it.
        """
        asking = HttpRequest(
            method="POST",
            path=path,
            headers={"Accept": _EVENT_STREAM, **headers},
            body=body,
            translate_error=response_error,
        )
        trouble: ServiceError | None = None
        try:
            async with aclosing(self._arriving(asking)) as arriving:
                async for event in arriving:
                    yield event
        except ServiceError as error:
            if not self._clock.has_begun:
                raise
            trouble = error
        for event in self._ending(trouble):
            yield event

    async def _arriving(self, asking: HttpRequest) -> AsyncGenerator[StreamEvent]:
        async with open_response(self._transport, self._clock, asking) as answer:
            while not self._reader.done:
                piece = await self._read_chunk(answer)
                if piece is None:
                    break
                if not self._clock.has_begun and piece.lstrip().startswith(_NO_STREAM):
                    for event in self._decode_body(await _read_completion_body(answer, piece)):
                        yield event
                    break
                self._clock.record_bytes()
                for event in self._read(self._server_events.feed(piece)):
                    yield event

    async def _read_chunk(self, answer: HttpResponse) -> bytes | None:
        if not self._reader.has_finish_reason:
            return await answer.read()
        if self._ends_at is None:
            self._ends_at = asyncio.get_running_loop().time() + _NUMBERS_SECONDS
        try:
            async with asyncio.timeout_at(self._ends_at):
                return await answer.read()
        except TimeoutError:
            return None

    def _decode_body(self, body: bytes) -> Iterator[StreamEvent]:
        """A completion that did not stream, or a trouble that came with status 200."""
        self._clock.record_bytes()
        yield from self._read([ServerEvent(body.decode(errors="replace"))])

    def _ending(self, trouble: ServiceError | None) -> Iterator[StreamEvent]:
        """The last events. A reply that proves whole is whole, whatever befell its connection."""
        try:
            if not self._reader.done:
                yield from self._read(self._server_events.finish())
            for event in self._reader.finish():
                if not isinstance(event, TextDelta):
                    yield from self._flush_overlap()
                yield from self._without_overlap(event)
        except ReplyCut as cut:
            yield from self._flush_overlap()
            raise trouble or cut from cut
        except ServiceError:
            yield from self._flush_overlap()
            raise

    def _read(self, server_events: Iterable[ServerEvent]) -> Iterator[StreamEvent]:
        for server_event in server_events:
            self._clock.record_event()
            for event in self._reader.decode(server_event.event, server_event.data):
                yield from self._without_overlap(event)

    def _without_overlap(self, event: StreamEvent) -> Iterator[StreamEvent]:
        """`event` without what a continued reply has said already."""
        if isinstance(event, TextDelta) and self._continuation is not None:
            if text := self._continuation.add(event.text):
                self.has_text = True
                yield TextDelta(text)
            return
        self.has_text = self.has_text or isinstance(event, TextDelta | ReasoningDelta)
        yield event

    def _flush_overlap(self) -> Iterator[StreamEvent]:
        if self._continuation is not None and (text := self._continuation.flush()):
            self.has_text = True
            yield TextDelta(text)


async def _read_completion_body(answer: HttpResponse, beginning: bytes) -> bytes:
    """A body of JSON that may hold a reply.

    Raises:
        ServiceError: It is a page, or too long to be a reply.
    """
    body = await answer.read_body(limit=_WHOLE_BYTES, beginning=beginning)
    if body.lstrip().startswith(b"<") or b'"choices"' not in body:
        raise await answer.read_error(body)
    if len(body) >= _WHOLE_BYTES:
        raise BadReply("The service answered with more than can be one reply.")
    return body
