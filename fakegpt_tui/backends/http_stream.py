"""Stream replies over HTTP: one loop of requests, retries and fallbacks for all protocols."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from itertools import chain
from typing import Final, TypeVar

from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.backends.credentials import Credentials, redact
from fakegpt_tui.backends.http_protocol import ReplyBody, RequestBuilder, finish
from fakegpt_tui.backends.token_estimate import estimate_total_tokens
from fakegpt_tui.domain import (
    KeyNeeded,
    LoginFailed,
    LoginState,
    MediaReceived,
    Model,
    ModelLoading,
    NoAnswer,
    NoConnection,
    NoLogin,
    NotSignedIn,
    Offline,
    ReasoningDelta,
    RetryScheduled,
    ServiceError,
    StreamEvent,
    TextDelta,
    TextReplaced,
    UsageReported,
)
from fakegpt_tui.domain.exact_request import ExactRequest, LastAnswer
from fakegpt_tui.http.clients import Transport
from fakegpt_tui.http.requests import ErrorTranslator, HttpRequest, preview_request
from fakegpt_tui.http.responses import OpenResponse
from fakegpt_tui.http.retries import RetryCounter, RetryPolicy, StreamTimeouts, TimedOut
from fakegpt_tui.http.sse import EventReader, join_small

T = TypeVar("T")

_LIST_BYTES: Final = 8_000_000
_LIST_SECONDS: Final = 60.0
"""A list needs no model in memory, so it may not take as long as a reply."""


class HttpStreamBackend(ABC):
    """A backend that streams replies over HTTP. A protocol adds how requests are built.

    A request is repeated only while no text of the reply has come, and announced before it is.
    """

    def __init__(
        self,
        transport: Transport,
        credentials: Credentials,
        *,
        retries: RetryPolicy | None = None,
        on_change: Callable[[LoginState], None] | None = None,
    ) -> None:
        """`on_change` is told whether the service could be reached, and took the key."""
        self._transport = transport
        self._credentials = credentials
        self._retries = retries or RetryPolicy()
        self._on_change = on_change

    @abstractmethod
    async def _builder(self, request: ReplyRequest) -> RequestBuilder:
        """Build the requests for a reply."""

    @abstractmethod
    async def models(self) -> tuple[Model, ...]:
        """As `Backend.models`."""

    async def stream(self, request: ReplyRequest) -> AsyncGenerator[StreamEvent]:
        """Stream one reply, as `Backend.stream` says."""
        limits = self._transport.service.limits
        ends_at = None if limits.total is None else _loop_time() + limits.total
        retries = RetryCounter(self._retries, limits)
        builder: RequestBuilder | None = None
        credentials = self._credentials.for_request()
        is_going_on = True
        while is_going_on:
            timeouts = StreamTimeouts(limits, self._transport.route, ends_at=ends_at)
            is_accepted = has_text = False
            try:
                builder = builder or await self._builder(request)
                headers = await self._authorize(credentials)
                async with aclosing(self._attempt(builder, headers, timeouts)) as events:
                    async for event in events:
                        for notice in () if is_accepted else self._accept(builder):
                            yield notice
                        is_accepted = True
                        has_text = has_text or isinstance(event, _TEXT)
                        yield event
            except ServiceError as error:
                redact(error, credentials.secrets)
                if has_text:
                    raise
                failure = error
            else:
                is_going_on = builder.go_on()
                continue
            if not await self._recover(builder, credentials, failure):
                retry = _retry_or_raise(retries, timeouts, builder, failure)
                yield retry
                await self._retries.sleep(retry.delay)

    async def preview(self, request: ReplyRequest) -> ExactRequest:
        """As `RequestPreviewer.preview`."""
        builder = await self._builder(request)
        credentials = self._credentials.for_request()
        made = preview_request(self._transport, await _build(builder), credentials.masked)
        variables = ((name.lower(), credentials.variable) for name in credentials.masked)
        return replace(
            made,
            tokens=estimate_total_tokens(request.messages),
            notes=tuple(builder.shortcomings),
            variables=tuple(pair for pair in variables if pair[1]),
        )

    @property
    def last_answer(self) -> LastAnswer | None:
        record = self._transport.last_answer
        return None if record is None else record.to_answer()

    async def aclose(self) -> None:  # noqa: B027 - not abstract: this is what all of them do
        """Nothing is held: every stream has its own client."""

    async def _fetch(
        self,
        path: str,
        read: Callable[[bytes], T],
        translate_error: ErrorTranslator,
        *,
        body: Mapping[str, object] | None = None,
        transport: Transport | None = None,
    ) -> T:
        """What `read` makes of the JSON at `path`, which is sent a `body` where there is one.

        The path is below the address of the service, or that of another `transport` to it.

        Raises:
            ServiceError: It cannot be fetched or read.
        """
        credentials = self._credentials.for_request()
        request = HttpRequest(
            method="GET" if body is None else "POST",
            path=path,
            headers=self._list_headers(),
            body=body,
            translate_error=translate_error,
        )
        limits = self._transport.service.limits
        seconds = min(limits.first_event, _LIST_SECONDS)
        limits = replace(limits, first_event=seconds)
        while True:
            headers = await self._authorize(credentials)
            timeouts = StreamTimeouts(limits, self._transport.route)
            try:
                to = transport or self._transport
                async with OpenResponse(to, timeouts, request, headers) as response:
                    found = read(await response.read_body(limit=_LIST_BYTES))
            except ServiceError as error:
                redact(error, credentials.secrets)
                if not (isinstance(error, NotSignedIn) and await credentials.renew()):
                    self._report(error, credentials)
                    raise
            else:
                self._change(NoLogin())
                return found

    def _list_headers(self) -> dict[str, str]:
        """The headers of a request for a list."""
        return {"Accept": "application/json"}

    async def _attempt(
        self, builder: RequestBuilder, headers: Mapping[str, str], timeouts: StreamTimeouts
    ) -> AsyncGenerator[StreamEvent]:
        """Send one request and decode its response, no further than its end."""
        decoder = builder.decoder()
        reader = EventReader(joins_repeated=decoder.reads_joined)
        failure: ServiceError | None = None
        try:
            request = await _build(builder)
            async with OpenResponse(self._transport, timeouts, request, headers) as response:
                body = ReplyBody(response, decoder, reader)
                while not decoder.done and (chunks := await response.read()):
                    known, pieces = reader.count, join_small(chunks)
                    read = map(reader.feed, pieces) if body.is_stream else await body.begin(pieces)
                    timeouts.record_bytes(chunks)
                    for event in decoder.decode_all(chain.from_iterable(read)):
                        _note_event(event, timeouts, builder)
                        yield event
                    if reader.count != known:
                        timeouts.record_event()
                    timeouts.allow_silence(working=decoder.is_working)
                    if decoder.grace is not None:
                        timeouts.expect_end(decoder.grace)
        except ServiceError as error:
            if not timeouts.has_begun:
                raise
            failure = error
        for event in finish(decoder, reader, failure):
            yield event

    async def _authorize(self, credentials: Credentials) -> dict[str, str]:
        try:
            return await credentials.headers()
        except ServiceError as error:
            self._report(error, credentials)
            raise

    def _accept(self, builder: RequestBuilder) -> Sequence[StreamEvent]:
        self._change(NoLogin())
        builder.accept()
        return builder.notices

    async def _recover(
        self, builder: RequestBuilder | None, credentials: Credentials, error: ServiceError
    ) -> bool:
        """Can another request be sent at once, with other credentials or built in another way?"""
        if builder is not None:
            if isinstance(error, NotSignedIn) and await credentials.renew():
                return True
            if builder.fall_back(error):
                return True
        self._report(error, credentials)
        return False

    def _report(self, error: ServiceError, credentials: Credentials) -> None:
        match error:
            case NotSignedIn() if not credentials.secrets:
                self._change(KeyNeeded(str(error)))
            case NotSignedIn():
                self._change(LoginFailed(str(error)))
            case NoConnection() if not isinstance(error, NoAnswer):
                self._change(Offline(str(error)))
            case _:
                self._change(NoLogin())  # It is there, whatever is the matter with it.

    def _change(self, state: LoginState) -> None:
        if self._on_change is not None:
            self._on_change(state)


async def _build(builder: RequestBuilder) -> HttpRequest:
    """The request to send now; what takes long, as pictures and files do, is built in a thread."""
    if not builder.takes_long:
        return builder.build()
    return await asyncio.to_thread(lambda: builder.build().encoded())


def _note_event(event: StreamEvent, timeouts: StreamTimeouts, builder: RequestBuilder) -> None:
    """Tell the time limits and the builder of an event that concerns them."""
    if isinstance(event, _TEXT):
        timeouts.expect_more()
    elif isinstance(event, UsageReported):
        builder.learn(event.usage)


def _retry_or_raise(
    retries: RetryCounter,
    timeouts: StreamTimeouts,
    builder: RequestBuilder | None,
    error: ServiceError,
) -> RetryScheduled:
    """When to send the request again after a try ended in `error`.

    Raises:
        ServiceError: `error` itself, where a second request would not help or be a double.
    """
    is_told_late = timeouts.has_begun and not isinstance(error, ModelLoading)
    is_double = is_told_late and not (builder is not None and builder.is_stateless)
    if is_double or isinstance(error, TimedOut):
        raise error
    return retries.schedule(error)


def _loop_time() -> float:
    return asyncio.get_running_loop().time()


_TEXT: Final = (TextDelta, TextReplaced, ReasoningDelta, MediaReceived)
"""What a person sees of a reply: once it came, no other reply can take its place."""
