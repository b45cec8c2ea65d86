"""Turn: one prompt and its reply, from saved to saved."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from concurrent.futures import Future
from contextlib import aclosing
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Self

from fakegpt_tui.chat.pending_writes import PendingWrites, reply_key, wait_for_write
from fakegpt_tui.chat.reply_text import (
    REPLY_CUT,
    ReplyBuffer,
    Stopwatch,
    TurnProgress,
    add_notices,
    reply_outcome,
)
from fakegpt_tui.domain import (
    ChatMessage,
    Conversation,
    FakeGPTError,
    FinishReason,
    MediaReceived,
    MessageStatus,
    ModelChosen,
    Notice,
    NotSavedYet,
    OriginReported,
    PartAdded,
    ReasoningDelta,
    RemoteIdAssigned,
    ReplyCut,
    ReplyEnded,
    RetryScheduled,
    StoreError,
    StreamEvent,
    TextDelta,
    TextReplaced,
    TitleSuggested,
    ToolStarted,
    UsageReported,
)

if TYPE_CHECKING:
    from fakegpt_tui.backends.base import Backend, ReplyRequest
    from fakegpt_tui.chat.queue import ConcurrencyLimiter
    from fakegpt_tui.chat.store_interface import TurnStore

_LOG = logging.getLogger(__name__)


class Turn:
    """Streams one reply into the store.

    Enter it to save the prompt, iterate over `events` to take the reply, and leave it to save how
    that ended, whichever way the block is left. An error of the service ends the block without an
    exception: it is in `error`, and on the reply.
    """

    ending: str | None = None
    """A sentence that says how the reply ended, if that is not simply well."""

    def __init__(
        self,
        store: TurnStore,
        writes: PendingWrites,
        limiter: ConcurrencyLimiter,
        connect: Callable[[], Awaitable[Backend]],
        *,
        conversation: Conversation,
        prompt: ChatMessage,
        reply: ChatMessage,
        request: ReplyRequest,
        add_messages: Callable[[Sequence[ChatMessage]], Future[None]],
        is_new_prompt: bool,
        is_typed: bool,
        max_blob_bytes: int,
    ) -> None:
        self._store, self._max_blob_bytes = store, max_blob_bytes
        self._writes = writes
        self._add_messages = add_messages
        self._limiter = limiter
        self._connect = connect
        self._request = request
        self._reply = reply
        self._buffer = ReplyBuffer(reply)
        self._end: FinishReason | None = None
        self._stopping = False
        self.is_saved = False
        """Is the prompt in the store, or on its way there?"""
        self._task: asyncio.Task[object] | None = None
        self._events: AsyncGenerator[StreamEvent] | None = None
        self._stopwatch = Stopwatch(monotonic)
        self._retry: RetryScheduled | None = None
        self._retry_at = 0.0
        self._tool = ""
        self.conversation = conversation
        self.prompt = prompt
        self.is_new_prompt = is_new_prompt
        self.draft_text = prompt.text if is_typed else ""
        """Text to restore in the input if the prompt could not be saved."""
        self.draft_parts = prompt.parts if is_typed else ()
        self.error: FakeGPTError | None = None
        self.save_error: StoreError | None = None
        self.notices: list[str] = []
        self.suggested_title = ""
        self.server_id = conversation.server_id

    @property
    def reply_id(self) -> str:
        return self._reply.id

    @property
    def reply(self) -> ChatMessage:
        """The reply as it stands."""
        self._reply = self._buffer.update(self._reply)
        return self._reply

    @property
    def progress(self) -> TurnProgress:
        return TurnProgress(
            waited=self._stopwatch.waited,
            streamed=self._stopwatch.streamed,
            thought=self._stopwatch.thought or 0.0,
            length=self._buffer.length,
            queue_position=self._limiter.position(self._reply.id),
            retry=self._retry,
            retry_in=max(0.0, self._retry_at - monotonic()),
            tool=self._tool,
        )

    def stop(self) -> None:
        """Stop the reply for the user: its text stays, marked stopped."""
        self._stopping = True
        if self._task is not None:
            self._task.cancel()

    async def __aenter__(self) -> Self:
        """Save the prompt.

        Raises:
            StoreError: It could not be saved, and so nothing is sent; `is_saved` stays false.
        """
        self._task = asyncio.current_task()
        new = (self.prompt, self._reply) if self.is_new_prompt else (self._reply,)
        saved = self._add_messages(new)
        self.is_saved = True
        try:
            await wait_for_write(saved)
        except asyncio.CancelledError as error:
            await self._finish(error)
            raise
        except NotSavedYet as error:
            # The store keeps it in memory, so that the conversation can go on.
            self.save_error = error
        except StoreError as error:
            self.is_saved = False
            self.save_error = error
            raise
        return self

    async def __aexit__(self, _type: object, error: BaseException | None, _trace: object) -> bool:
        await self._finish(error)
        return isinstance(error, FakeGPTError)

    def events(self) -> AsyncGenerator[StreamEvent]:
        """The events of the backend, each applied to the reply first; to be called once.

        Raises:
            FakeGPTError: The service failed; leaving the turn's block handles it.
        """
        self._events = self._stream()
        return self._events

    async def _stream(self) -> AsyncGenerator[StreamEvent]:
        if self._stopping:
            return
        if self._limiter.is_full():
            self._set_status(MessageStatus.QUEUED)
        async with self._limiter.slot(self._reply.id):
            self._set_status(MessageStatus.WAITING)
            self._stopwatch.restart()
            _LOG.info("A prompt is sent to %s", self._reply.service)
            backend = await self._connect()
            async with aclosing(backend.stream(self._request)) as events:
                async for event in events:
                    if isinstance(event, MediaReceived):
                        from fakegpt_tui.chat.attachments import keep_media  # noqa: PLC0415 - few replies have any

                        event = await keep_media(self._store, event, self._max_blob_bytes)  # noqa: PLW2901 - the same, kept
                    self._apply(event)
                    yield event

    def _apply(self, event: StreamEvent) -> None:
        match event:
            case TextDelta(text):
                self._begin_text()
                self._buffer.append(text)
                self._store.append_reply(self._reply.id, text)
            case TextReplaced(keep, text):
                self._begin_text()
                self._store.append_reply(self._reply.id, text, self._buffer.replace(keep, text))
            case ReasoningDelta(text):
                self._tool = ""
                self._stopwatch.note_reasoning()
                self._buffer.append_reasoning(text)
                self._store.append_reasoning(self._reply.id, text)
            case PartAdded(part):
                self._store.append_part(self._reply.id, self._buffer.add(part))
            case OriginReported(origin):
                self._store.append_part(self._reply.id, self._buffer.set_origin(origin))
            case MediaReceived():
                pass  # A part came in its place.
            case ReplyEnded(reason):
                self._end = reason
            case _:
                self._apply_metadata(event)

    def _apply_metadata(
        self,
        event: UsageReported
        | RemoteIdAssigned
        | RetryScheduled
        | TitleSuggested
        | ModelChosen
        | ToolStarted
        | Notice,
    ) -> None:
        """Apply an event that does not change the text."""
        match event:
            case UsageReported(usage):
                self._reply = replace(self._reply, usage=usage)
            case RemoteIdAssigned(conversation_id, message_id):
                self.server_id = conversation_id
                self._reply = replace(self._reply, server_id=message_id)
            case RetryScheduled(attempt, of, delay=delay, reason=reason):
                _LOG.info("Try %d of %d follows in %.1f s", attempt, of, delay)
                self._retry, self._retry_at = event, monotonic() + delay
                # Shown on the reply meanwhile, and not saved.
                self._reply = replace(self._reply, error=reason)
            case TitleSuggested(title):
                self.suggested_title = title
            case ModelChosen(model):
                self._reply = replace(self._reply, model=self._reply.model or model)
            case ToolStarted(name):
                self._tool = name
            case Notice(text):
                self.notices.append(text)

    def _begin_text(self) -> None:
        self._tool = ""
        if self._retry is not None:
            self._retry = None
            self._reply = replace(self._reply, error=None)
        if self._stopwatch.note_text():
            self._set_status(MessageStatus.STREAMING)
            self._reply = replace(self._reply, thought_for=self._stopwatch.timing()["thought_for"])

    def _set_status(self, status: MessageStatus) -> None:
        if self._reply.status is not status:
            self._reply = replace(self._reply, status=status)
            self._store.set_status(self._reply.id, status)

    async def _finish(self, error: BaseException | None) -> None:
        status, self.ending = reply_outcome(error, self._end, is_stopped=self._stopping)
        if isinstance(error, FakeGPTError):
            self.error = error
        elif error is None and status is MessageStatus.INTERRUPTED:
            self.error = ReplyCut(REPLY_CUT)
        self._task = None
        self._reply = reply = replace(
            self.reply,
            status=status,
            error=add_notices(self.ending, self.notices, status),
            finish=self._end,
            **self._stopwatch.timing(),
        )
        _LOG.info(
            "A reply of %s ended: %s, %d characters in %.1f s, error %s",
            reply.service,
            status.value,
            self._buffer.length,
            self._stopwatch.elapsed,
            type(self.error).__name__ if self.error else "none",
        )
        # In the store's queue before anything is awaited: from here on nothing can lose it.
        saved = self._writes.submit(reply_key(reply), lambda: self._store.finish_reply(reply))
        if self._events is not None:
            await self._events.aclose()
        try:
            await wait_for_write(saved)
        except StoreError as store_error:
            self.save_error = store_error
