"""Reply output: what is sent of a reply, and when: texts that come together in one piece."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from fakegpt_tui.domain import ServiceError, StreamEvent, TextDelta
from fakegpt_tui.host.logs import record_of
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


class EventOutput:
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
        self._ping_timer: asyncio.TimerHandle | None = None
        self._pinging: asyncio.Task[None] | None = None
        self._breathed_at = self._last_sent
        self._sending = asyncio.Lock()

    def seconds_idle(self) -> float:
        return self._loop.time() - self._last_sent

    def ping_every(self, seconds: float) -> None:
        """Ping whenever nothing was sent for some seconds, until `close`."""
        self._ping_seconds = seconds
        self._ping_timer = self._loop.call_later(seconds, self._ping_if_idle)

    def _ping_if_idle(self) -> None:
        left = self._ping_seconds - self.seconds_idle()
        if left <= 0:
            left = self._ping_seconds
            if self._pinging is None or self._pinging.done():
                self._pinging = self._loop.create_task(self.ping())
        self._ping_timer = self._loop.call_later(left, self._ping_if_idle)

    async def ping(self) -> None:
        """Send a comment; if the reply cannot begin now, its first event will say so."""
        if self._sending.locked():
            # The client reads slowly, so that a ping would only wait behind the rest.
            self._last_sent = self._loop.time()
        else:
            with suppress(ServiceError):
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
        for each in (self._timer, self._flushing, self._ping_timer, self._pinging):
            if each is not None:
                each.cancel()

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
