"""Reply stream: send one reply as server-sent events while the client listens."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any, Protocol

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from fakegpt_tui.domain import ReplyCut, ServiceError, StreamEvent
from fakegpt_tui.host.errors import service_error_response
from fakegpt_tui.host.request_body import wait_for_disconnect
from fakegpt_tui.host.running_replies import RunningReplies
from fakegpt_tui.protocol.fakegpt import PING

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
        on_begin: Callable[[], None] | None = None,
        running: RunningReplies,
        key_id: str,
        ping_seconds: float,
        error_response: Callable[[ServiceError], Response] = service_error_response,
    ) -> None:
        """`on_begin` is called before the first event, not before an HTTP error."""
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
        )
        with self._running.join(self._key_id) as ending:
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
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
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
                    await output.write(self._encoder.encode(event))
        except ServiceError as error:
            await output.fail(error)
        else:
            await output.end(self._encoder.finish())


class _Output:
    """What has been sent of a response, and when."""

    def __init__(
        self,
        encoder: ReplyEncoder,
        scope: Scope,
        receive: Receive,
        send: Send,
        *,
        on_begin: Callable[[], None] | None,
        error_response: Callable[[ServiceError], Response],
    ) -> None:
        self._error_response = error_response
        self._encoder = encoder
        self._scope = scope
        self._receive = receive
        self._send = send
        self._on_begin = on_begin
        self._loop = asyncio.get_running_loop()
        self._last_sent = self._loop.time()
        self._opening: list[bytes] | None = encoder.start()
        self._has_ended = False
        self._sending = asyncio.Lock()

    def seconds_idle(self) -> float:
        return self._loop.time() - self._last_sent

    async def ping(self) -> None:
        if self._sending.locked():
            # The client reads slowly, so that a ping would only wait behind the rest.
            self._last_sent = self._loop.time()
        else:
            await self._send_parts([PING], more=True)

    async def write(self, parts: list[bytes]) -> None:
        # A backend that never waits must not keep the event loop from other tasks.
        await asyncio.sleep(0)
        if parts:
            await self._send_parts(parts, more=True)

    async def end(self, parts: list[bytes]) -> None:
        await self._send_parts(parts, more=False)

    async def fail(self, error: ServiceError) -> None:
        if self._opening is None:
            await self.end(self._encoder.fail(error))
        else:
            await self._error_response(error)(self._scope, self._receive, self._send)

    async def _send_parts(self, parts: list[bytes], *, more: bool) -> None:
        async with self._sending:
            if self._has_ended:
                return
            if self._opening is not None:
                parts = self._opening + parts
                self._opening = None
                if self._on_begin is not None:
                    self._on_begin()
                await self._send(
                    {"type": "http.response.start", "status": 200, "headers": _HEADERS}
                )
            self._last_sent = self._loop.time()
            self._has_ended = not more
            await self._send(
                {"type": "http.response.body", "body": b"".join(parts), "more_body": more}
            )
