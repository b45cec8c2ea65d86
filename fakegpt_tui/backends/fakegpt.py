"""Replies from a service that speaks the FakeGPT protocol."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import datetime, timedelta

from fakegpt_tui import wire
from fakegpt_tui.backends.answer import answered
from fakegpt_tui.backends.base import ReplyRequest, SessionSource
from fakegpt_tui.backends.fakegpt_reply import FakeGptReply
from fakegpt_tui.backends.stream_clock import StreamClock, TooSlow
from fakegpt_tui.domain import (
    Model,
    NotSignedIn,
    RateLimited,
    RetryScheduled,
    ServiceError,
    Session,
    StreamEvent,
    Unreachable,
    new_id,
    now,
)
from fakegpt_tui.text import repaired
from fakegpt_tui.transport.clients import Transport
from fakegpt_tui.transport.retries import Retries

_MODELS_BYTES = 1_000_000


class FakeGptBackend:
    """Sends the shown path as one packed prompt; the service keeps no history of it.

    A request is repeated only while no byte of the reply has come, and announced before it is.
    """

    def __init__(
        self,
        transport: Transport,
        sessions: SessionSource,
        *,
        retries: Retries | None = None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._transport = transport
        self._sessions = sessions
        self._retries = retries or Retries()
        self._clock = clock

    async def stream(self, request: ReplyRequest) -> AsyncGenerator[StreamEvent]:
        """Stream one reply, as `Backend.stream` says."""
        body = self._body(request)
        total = self._transport.service.limits.total
        ends_at = None if total is None else asyncio.get_running_loop().time() + total
        session = await self._sessions.current()
        renewed = False
        attempt = 1
        while True:
            clock = self._stream_clock(ends_at)
            reply = FakeGptReply(self._transport, clock)
            try:
                async with aclosing(reply.events(session, body)) as events:
                    async for event in events:
                        yield event
            except (NotSignedIn, Unreachable, RateLimited) as error:
                if reply.has_text:
                    raise
                trouble = error
            else:
                return
            if isinstance(trouble, NotSignedIn):
                session = await self._renewed(session, trouble, already=renewed)
                renewed = True
            else:
                retry = self._retry(attempt, clock, trouble)
                yield retry
                await self._retries.sleep(retry.delay)
                attempt = retry.attempt

    async def models(self) -> tuple[Model, ...]:
        """The models of the service, the default one first.

        Raises:
            ServiceError: The list could not be had.
        """
        session = await self._sessions.current()
        try:
            return await self._models(session)
        except NotSignedIn:
            return await self._models(await self._sessions.renew(session))

    async def aclose(self) -> None:
        """Nothing is held: every stream has its own client."""

    def _stream_clock(self, ends_at: float | None = None) -> StreamClock:
        return StreamClock(self._transport.service.limits, self._transport.route, ends_at=ends_at)

    async def _renewed(self, session: Session, refusal: NotSignedIn, *, already: bool) -> Session:
        if already:
            raise refusal
        return await self._sessions.renew(session)

    def _retry(self, attempt: int, clock: StreamClock, trouble: ServiceError) -> RetryScheduled:
        """When to ask again.

        Raises:
            ServiceError: `trouble` itself, where asking again would not help.
        """
        delay = self._retries.delay(attempt, trouble)
        if delay is None or clock.began or isinstance(trouble, TooSlow):
            raise trouble
        return RetryScheduled(attempt + 1, self._retries.tries, delay, str(trouble))

    async def _models(self, session: Session) -> tuple[Model, ...]:
        asking = answered(
            self._transport,
            self._stream_clock(),
            session,
            "GET",
            "/api/models?history_and_training_disabled=false",
            accept="application/json",
        )
        async with asking as answer:
            return wire.read_models(await answer.body(limit=_MODELS_BYTES))

    def _body(self, request: ReplyRequest) -> dict[str, object]:
        offset = self._clock().astimezone().utcoffset() or timedelta()
        return wire.conversation_request(
            prompt=repaired(wire.pack_prompt(request.messages)),
            model=request.model,
            message_id=new_id(),
            parent_id=new_id(),
            timezone_offset_min=-round(offset / timedelta(minutes=1)),
        )
