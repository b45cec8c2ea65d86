"""Replies under way: sent as events or whole, and ended early by the host, a key or the client."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Protocol, Self

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from fakegpt_tui.domain import FinishReason, ReplyCut, ServiceError, StreamEvent, Usage
from fakegpt_tui.host.access_keys import KeyRing
from fakegpt_tui.host.errors import forget_traceback, json_response, service_error_response
from fakegpt_tui.host.exchange import GONE
from fakegpt_tui.host.limiter import Tally
from fakegpt_tui.host.logs import RequestRecord, record_of
from fakegpt_tui.host.reply_output import EventOutput, ReplyEncoder
from fakegpt_tui.protocol.client_protocols import ReplyProgress


@dataclass(frozen=True, slots=True, eq=False)
class RunningReply:
    """A reply under way, with a future of why it should end. `group` is its key or account."""

    group: str
    record: RequestRecord
    ending: asyncio.Future[str]

    def end(self, sentence: str) -> None:
        if not self.ending.done():
            self.ending.set_result(sentence)


@dataclass(slots=True)
class RunningReplies:
    """The replies under way in one event loop."""

    _replies: set[RunningReply] = field(default_factory=set, init=False)
    _stopped: str = field(default="", init=False)

    def __len__(self) -> int:
        return len(self._replies)

    def __iter__(self) -> Iterator[RunningReply]:
        return iter(sorted(self._replies, key=lambda reply: reply.record.at))

    def join(self, group: str, record: RequestRecord) -> "JoinedReply":
        """A block that counts as a reply.

        Its future is done, with a sentence, when the reply has to end.
        """
        ending: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        if self._stopped:
            ending.set_result(self._stopped)
        return JoinedReply(self._replies, RunningReply(group, record, ending))

    def stop(self, sentence: str) -> None:
        """End all replies, also those that are still to begin."""
        self._stopped = sentence
        self.end(lambda _: True, sentence)

    def end(self, is_meant: Callable[[RunningReply], bool], sentence: str) -> int:
        """End some replies; how many they are."""
        meant = [reply for reply in self._replies if is_meant(reply)]
        for reply in meant:
            reply.end(sentence)
        return len(meant)

    def end_unusable(self, keys: KeyRing) -> None:
        """End the replies under keys that were revoked or deleted; a key that expires ends none."""

        def is_unusable(reply: RunningReply) -> bool:
            key = keys.get(reply.group)
            return key is None or key.revoked_at is not None

        self.end(is_unusable, "The access key was revoked.")


class JoinedReply:
    """One of the replies under way while its block runs."""

    def __init__(self, replies: set[RunningReply], reply: RunningReply) -> None:
        self._replies = replies
        self._reply = reply

    def __enter__(self) -> asyncio.Future[str]:
        self._replies.add(self._reply)
        return self._reply.ending

    def __exit__(self, *_: object) -> None:
        self._replies.discard(self._reply)
        self._reply.ending.cancel()


class WhileListening:
    """Leaves its block when the client has left, or when `ending` says why the reply has to end.

    The block is cancelled where it waits, as `asyncio.timeout` does it; that costs less than to
    have it in a task of its own, of which each reply would need one.
    """

    def __init__(self, scope: Scope, ending: asyncio.Future[str]) -> None:
        self._gone: asyncio.Future[None] = scope["extensions"][GONE]
        self._ending = ending
        self._is_interrupted = False
        self.sentence = ""
        """Why the block was left though the client is there; empty if it came to its end."""

    async def __aenter__(self) -> Self:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a client is listened to in a task")
        self._task, self._cancelling = task, task.cancelling()
        self._gone.add_done_callback(self._interrupt)
        self._ending.add_done_callback(self._interrupt)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> bool:
        self._gone.remove_done_callback(self._interrupt)
        self._ending.remove_done_callback(self._interrupt)
        is_ours = self._is_interrupted and self._task.uncancel() <= self._cancelling
        self._is_interrupted = True  # What has been called already has nothing left to do.
        if not (is_ours and kind is asyncio.CancelledError):
            return False
        if not self._gone.done():
            self.sentence = self._ending.result()
        return True

    def _interrupt(self, _: asyncio.Future[Any]) -> None:
        if not self._is_interrupted:
            self._is_interrupted = True
            self._task.cancel()


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

    def add(self, event: StreamEvent) -> None:
        """Apply an event; what this form cannot say is left out."""
        ...

    def body(self, reason: FinishReason, usage: Usage) -> dict[str, object]:
        """The reply as it ended, and what it took."""
        ...


@dataclass(slots=True)
class WholeReply:
    """Gathers a reply while its client waits; a client that leaves ends the reply."""

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
        progress = ReplyProgress()
        try:
            async with aclosing(self.events) as events:
                async for event in events:
                    self.reply.add(event)
                    progress.note(event)
            if progress.reason is None:
                raise ReplyCut("The reply broke off before its end.")
        except ServiceError as error:
            forget_traceback(error)
            return self.error_response(error)
        usage = progress.reported or Usage(self.tally.prompt_tokens, self.tally.reply_tokens)
        return json_response(self.reply.body(progress.reason, usage))
