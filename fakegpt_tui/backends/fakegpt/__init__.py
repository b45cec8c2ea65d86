"""Backend for services that use the FakeGPT protocol."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import datetime, timedelta

from fakegpt_tui.backends.base import ReplyRequest, SessionSource
from fakegpt_tui.backends.fakegpt.decoder import FakeGptReply
from fakegpt_tui.backends.fakegpt.request import PromptBody
from fakegpt_tui.backends.http_response import StreamTimeouts, open_session_response, retry_or_raise
from fakegpt_tui.domain import (
    Model,
    Notice,
    NotSignedIn,
    PromptTooLong,
    ServiceError,
    Session,
    StreamEvent,
    now,
)
from fakegpt_tui.http.clients import Transport
from fakegpt_tui.http.retries import RetryPolicy
from fakegpt_tui.protocol import fakegpt

_MODELS_BYTES = 1_000_000


class FakeGptBackend:
    """Asks a service of the FakeGPT protocol, with packed history or in a conversation it keeps.

    Which of them is the service's `history`. Where the service keeps it, `ReplyLocated` tells where
    each reply is, and a conversation that the service has lost is begun anew with all of its text.

    A request is repeated only while nothing of the reply has come, and announced before it is.
    """

    def __init__(
        self,
        transport: Transport,
        sessions: SessionSource,
        *,
        retries: RetryPolicy | None = None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._transport = transport
        self._sessions = sessions
        self._retries = retries or RetryPolicy()
        self._clock = clock

    async def stream(self, request: ReplyRequest) -> AsyncGenerator[StreamEvent]:
        """Stream one reply, as `Backend.stream` says."""
        question = PromptBody.for_request(request, self._transport.service.history)
        total = self._transport.service.limits.total
        ends_at = None if total is None else asyncio.get_running_loop().time() + total
        session = await self._sessions.current()
        renewed = False
        attempt = 1
        while True:
            clock = self._stream_clock(ends_at)
            reply = FakeGptReply(self._transport, clock, locate=question.keep_history)
            try:
                async with aclosing(self._events(reply, session, question)) as events:
                    async for event in events:
                        yield event
            except ServiceError as error:
                if reply.has_text:
                    raise
                trouble = error
            else:
                return
            match trouble:
                case NotSignedIn():
                    session = await self._renewed(session, trouble, already=renewed)
                    renewed = True
                case PromptTooLong() | fakegpt.ConversationNotFound():
                    question = question.fallback_for(trouble)
                case _:
                    retry = retry_or_raise(self._retries, attempt, clock, trouble)
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

    def _stream_clock(self, ends_at: float | None = None) -> StreamTimeouts:
        return StreamTimeouts(
            self._transport.service.limits, self._transport.route, ends_at=ends_at
        )

    async def _renewed(self, session: Session, refusal: NotSignedIn, *, already: bool) -> Session:
        if already:
            raise refusal
        return await self._sessions.renew(session)

    async def _models(self, session: Session) -> tuple[Model, ...]:
        asking = open_session_response(
            self._transport,
            self._stream_clock(),
            session,
            "GET",
            f"{self._transport.service.endpoints.models}?history_and_training_disabled=false",
            accept="application/json",
        )
        async with asking as answer:
            return fakegpt.read_models(await answer.read_body(limit=_MODELS_BYTES))

    async def _events(
        self, reply: FakeGptReply, session: Session, question: PromptBody
    ) -> AsyncGenerator[StreamEvent]:
        """The reply to `question`; what is to be noticed about it comes once it is answered."""
        notices = question.notices
        offset = self._clock().astimezone().utcoffset() or timedelta()
        body = question.body(timezone_offset_min=-round(offset / timedelta(minutes=1)))
        async with aclosing(reply.events(session, body)) as events:
            async for event in events:
                for notice in notices:
                    yield Notice(notice)
                notices = []
                yield event
