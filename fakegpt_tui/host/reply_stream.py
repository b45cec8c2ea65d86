"""Reply stream: send one reply as server-sent events while the client listens."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, Protocol

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from fakegpt_tui.domain import ReplyCut, ServiceError, StreamEvent, TextDelta
from fakegpt_tui.host.errors import forget_traceback, service_error_response
from fakegpt_tui.host.request_body import wait_for_disconnect
from fakegpt_tui.host.request_log import record_of
from fakegpt_tui.host.running_replies import RunningReplies
from fakegpt_tui.protocol.fakegpt import PING

_PENDING_LIMIT = 32_768
"""Characters that are held back; beyond them the backend waits for the client to read."""
_BYTES_PER_SECOND = 12_000
_LONGEST_GATHERS = 3
"""Text is gathered for as long as its last event would take at this rate, within bounds."""

_BREATH_SECONDS = 0.005

_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store, no-transform"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]


class ReplyEncoder(Protocol):
    """Turns the events of one reply into those of a protocol, ready to be sent."""

    def start(self) -> list[bytes]:
        """What precedes the first event."""
        ...

    def encode(self, event: StreamEvent) -> list[bytes]:
        """What an event becomes; it may be nothing."""
        ...

    def finish(self) -> list[bytes]:
        """The end of a reply."""
        ...

    def fail(self, error: ServiceError) -> list[bytes]:
        """The end of a reply that failed after its beginning."""
        ...


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
        output = _Output(
            self._encoder,
            scope,
            receive,
            send,
            on_begin=self._on_begin,
            error_response=self._error_response,
            gather_seconds=self._gather_seconds,
        )
        with self._running.join(self._key_id, record_of(scope)) as ending:
            await self._send_until(ending, output, receive)

    async def _send_until(
        self, ending: asyncio.Future[str], output: "_Output", receive: Receive
    ) -> None:
        sending = asyncio.create_task(self._send_events(output))
        disconnect = asyncio.create_task(wait_for_disconnect(receive))
        tasks: set[asyncio.Future[Any]] = {sending, disconnect, ending}
        try:
            await self._ping_until_done(tasks, output)
        finally:
            is_over, is_disconnected = sending.done(), disconnect.done()
            sentence = ending.result() if ending.done() and not ending.cancelled() else ""
            output.close()
            if unfinished := [task for task in (sending, disconnect) if not task.done()]:
                for task in unfinished:
                    task.cancel()
                await asyncio.wait(unfinished)
        if is_over:
            await sending
        elif not is_disconnected:
            await output.fail(ReplyCut(sentence))

    async def _ping_until_done(self, tasks: set[asyncio.Future[Any]], output: "_Output") -> None:
        """Ping whenever nothing is sent for a while, until one of `tasks` is done."""
        done: set[asyncio.Future[Any]] = set()
        while not done:
            until_ping = self._ping_seconds - output.seconds_idle()
            if until_ping <= 0:
                await output.ping()
                continue
            done, _ = await asyncio.wait(
                tasks, timeout=until_ping, return_when=asyncio.FIRST_COMPLETED
            )

    async def _send_events(self, output: "_Output") -> None:
        try:
            async with aclosing(self._events) as events:
                async for event in events:
                    await output.write(event)
        except ServiceError as error:
            await output.fail(error)
            forget_traceback(error)
        else:
            await output.end()


class _Output:
    """What has been sent of a response, and when."""

    def __init__(
        self,
        encoder: ReplyEncoder,
        scope: Scope,
        receive: Receive,
        send: Send,
        *,
        on_begin: Callable[[], Awaitable[None]] | None,
        error_response: Callable[[ServiceError], Response],
        gather_seconds: float,
    ) -> None:
        self._error_response = error_response
        self._encoder = encoder
        self._scope = scope
        self._receive = receive
        self._send = send
        self._on_begin = on_begin
        self._loop = asyncio.get_running_loop()
        self._last_sent = self._loop.time()
        self._last_size = 0
        self._opening: list[bytes] | None = encoder.start()
        self._has_ended = False
        self._has_text = False
        self._gather_seconds = gather_seconds
        self._pending: list[str] = []
        self._pending_size = 0
        self._timer: asyncio.TimerHandle | None = None
        self._flushing: asyncio.Task[None] | None = None
        self._breathed_at = self._last_sent
        self._sending = asyncio.Lock()

    def seconds_idle(self) -> float:
        return self._loop.time() - self._last_sent

    async def ping(self) -> None:
        if self._sending.locked():
            # The client reads slowly, so that a ping would only wait behind the rest.
            self._last_sent = self._loop.time()
        else:
            await self._send_parts(lambda: [PING], more=True)

    async def write(self, event: StreamEvent) -> None:
        """Send an event at once, or text a little later, together with what follows it."""
        match event:
            case TextDelta(text) if self._has_text and self._until_next() > 0:
                self._pending.append(text)
                self._pending_size += len(text)
                if self._pending_size < _PENDING_LIMIT:
                    self._start_timer()
                    await self._breathe()
                else:
                    await self.flush()
            case _:
                self._has_text = self._has_text or isinstance(event, TextDelta)
                await self._breathe()
                await self._send_parts(lambda: self._encoder.encode(event), more=True)

    async def flush(self) -> None:
        """Send the text that was held back."""
        await self._send_parts(list, more=True)

    async def end(self) -> None:
        await self._send_parts(self._encoder.finish, more=False)

    async def fail(self, error: ServiceError) -> None:
        if self._opening is None:
            record_of(self._scope).outcome = "cut"
            await self._send_parts(lambda: self._encoder.fail(error), more=False)
        else:
            await self._error_response(error)(self._scope, self._receive, self._send)

    def close(self) -> None:
        """Send nothing more by itself."""
        if self._timer is not None:
            self._timer.cancel()
        if self._flushing is not None:
            self._flushing.cancel()

    def _until_next(self) -> float:
        """Seconds until text may be sent: later after much, which some protocols repeat."""
        least = self._gather_seconds
        seconds = min(max(least, self._last_size / _BYTES_PER_SECOND), _LONGEST_GATHERS * least)
        return seconds - self.seconds_idle()

    def _start_timer(self) -> None:
        if self._timer is None:
            self._timer = self._loop.call_later(self._until_next(), self._start_flush)

    def _start_flush(self) -> None:
        self._timer = None
        if self._flushing is None or self._flushing.done():
            self._flushing = self._loop.create_task(self.flush())

    async def _breathe(self) -> None:
        """Let other tasks run, but not for every word: that costs more than the word.

        A backend that never waits must not keep the event loop from them.
        """
        if self._loop.time() - self._breathed_at > _BREATH_SECONDS:
            await asyncio.sleep(0)
            self._breathed_at = self._loop.time()

    def _take_pending(self) -> list[bytes]:
        if not self._pending:
            return []
        text = "".join(self._pending)
        self._pending.clear()
        self._pending_size = 0
        return self._encoder.encode(TextDelta(text))

    async def _send_parts(self, encode: Callable[[], list[bytes]], *, more: bool) -> None:
        """Send what was held back, and then what `encode` makes, encoded in their order."""
        async with self._sending:
            if self._has_ended:
                return
            parts = self._take_pending() + encode()
            if more and not parts:
                return
            if self._opening is not None:
                if self._on_begin is not None:
                    await self._on_begin()
                parts = self._opening + parts
                self._opening = None
                await self._send(
                    {"type": "http.response.start", "status": 200, "headers": _HEADERS}
                )
            body = b"".join(parts)
            self._last_sent, self._last_size = self._loop.time(), len(body)
            self._has_ended = not more
            await self._send({"type": "http.response.body", "body": body, "more_body": more})
