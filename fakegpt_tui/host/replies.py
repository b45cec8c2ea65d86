"""Replies: the response to a prompt, streamed as events or whole, while its client is there."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from fakegpt_tui.domain import FinishReason, ReplyCut, ServiceError, StreamEvent, Usage
from fakegpt_tui.host.errors import forget_traceback, json_response, service_error_response
from fakegpt_tui.host.limiter import Tally
from fakegpt_tui.host.reply_output import EventOutput, ReplyEncoder
from fakegpt_tui.host.request_log import record_of
from fakegpt_tui.host.running_replies import RunningReplies, WhileListening


class ReplyStream:
    """The response to one prompt.

    An error before the first event is an HTTP error; after it, the stream ends with an error. The
    backend is closed as soon as the client disconnects. When the host stops, or the access key is
    revoked, the stream ends with the error that the reply was cut.
    """

    def __init__(
        self,
        events: AsyncGenerator[StreamEvent],
        encoder: ReplyEncoder,
        *,
        on_begin: Callable[[], Awaitable[None]] | None = None,
        running: RunningReplies,
        key_id: str,
        ping_seconds: float,
        gather_seconds: float,
        error_response: Callable[[ServiceError], Response] = service_error_response,
    ) -> None:
        """`on_begin` is called before the first event, not before an HTTP error; it may raise one.

        Text that comes within `gather_seconds` of what was sent before is sent together.
        """
        self._gather_seconds = gather_seconds
        self._error_response = error_response
        self._events = events
        self._encoder = encoder
        self._on_begin = on_begin
        self._running = running
        self._key_id = key_id
        self._ping_seconds = ping_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        output = EventOutput(
            self._encoder,
            scope,
            receive,
            send,
            on_begin=self._on_begin,
            error_response=self._error_response,
            gather_seconds=self._gather_seconds,
        )
        with self._running.join(self._key_id, record_of(scope)) as ending:
            listening = WhileListening(scope, ending)
            try:
                async with listening:
                    output.ping_every(self._ping_seconds)
                    await self._send_events(output)
            finally:
                output.close()
            if listening.sentence:
                await output.fail(ReplyCut(listening.sentence))

    async def _send_events(self, output: EventOutput) -> None:
        try:
            async with aclosing(self._events) as events:
                async for event in events:
                    await output.write(event)
        except ServiceError as error:
            await output.fail(error)
            forget_traceback(error)
        else:
            await output.end()


class WholeBody(Protocol):
    """A reply in the form of a protocol, as it grows."""

    reason: FinishReason | None
    """Why it ended; `None` before that."""

    def add(self, event: StreamEvent) -> None:
        """Apply an event; what this form cannot say is left out."""
        ...

    def body(self, estimate: Usage) -> dict[str, object]:
        """The reply; `estimate` is told where the service tells no usage."""
        ...


@dataclass(slots=True)
class WholeReply:
    """Gathers a reply while its client waits; one that leaves ends it."""

    events: AsyncGenerator[StreamEvent]
    reply: WholeBody
    tally: Tally
    running: RunningReplies
    group: str
    error_response: Callable[[ServiceError], Response]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response: Response | None = None
        with self.running.join(self.group, record_of(scope)) as ending:
            async with WhileListening(scope, ending) as listening:
                response = await self._gather()
        if response is not None:
            await response(scope, receive, send)
        elif listening.sentence:
            await self.error_response(ReplyCut(listening.sentence))(scope, receive, send)

    async def _gather(self) -> Response:
        try:
            async with aclosing(self.events) as events:
                async for event in events:
                    self.reply.add(event)
            if self.reply.reason is None:
                raise ReplyCut("The reply broke off before its end.")
        except ServiceError as error:
            forget_traceback(error)
            return self.error_response(error)
        estimate = Usage(self.tally.prompt_tokens, self.tally.reply_tokens)
        return json_response(self.reply.body(estimate))
