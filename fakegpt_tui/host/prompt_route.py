"""Prompt route: answer a prompt, one at a time per session where that is wanted."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fakegpt_tui.backends.base import Backend, ReplyRequest
from fakegpt_tui.domain import StreamEvent, new_id, now
from fakegpt_tui.host.authentication import TokenAuthentication
from fakegpt_tui.host.conversation_cache import CachedConversation, ConversationCache, Owner
from fakegpt_tui.host.errors import json_response, rate_limit_response
from fakegpt_tui.host.history_recorder import HistoryRecorder
from fakegpt_tui.host.reply_stream import ReplyStream
from fakegpt_tui.host.request_body import read_json
from fakegpt_tui.host.thread_resolver import (
    ParentNotFound,
    ThreadPosition,
    purpose_for,
    resolve_thread,
)
from fakegpt_tui.protocol import fakegpt
from fakegpt_tui.protocol.fakegpt import ConversationAction, ConversationRequest, StoredMessage


@dataclass(frozen=True, slots=True)
class SingleFlight:
    """Knows who is being answered. Without `is_closed` everybody passes at any time.

    It stands open for this program itself, which has many turns at once under one login.
    """

    is_enabled: bool = False
    _active: set[Owner] = field(default_factory=set, init=False)

    def guard(self, owner: Owner, reply: ASGIApp) -> ASGIApp:
        """`reply`, or a refusal if another one of `owner` is under way when it should begin."""
        return reply if not self.is_enabled else _ExclusiveReply(self._active, owner, reply)


@dataclass(frozen=True, slots=True)
class _ExclusiveReply:
    inside: set[Owner]
    owner: Owner
    reply: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.owner in self.inside:
            sentence = "Only one message at a time. Please wait until the reply before has ended."
            await rate_limit_response(sentence, None)(scope, receive, send)
            return
        with ExitStack() as turn:
            self.inside.add(self.owner)
            turn.callback(self.inside.discard, self.owner)

            async def leave_with_the_last(message: Message) -> None:
                # Whoever has read the last of it may ask again in the same moment.
                if message["type"] == "http.response.body" and not message.get("more_body"):
                    turn.close()
                await send(message)

            await self.reply(scope, receive, leave_with_the_last)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptRoute:
    """Asks the backend, and keeps what was said for whoever does not forbid it."""

    backend: Backend
    authentication: TokenAuthentication
    cache: ConversationCache
    single_flight: SingleFlight
    stopping: asyncio.Event
    ping_seconds: float

    def routes(self) -> list[Route]:
        return [Route("/api/conversation", self._answer, methods=["POST"])]

    async def _answer(self, request: Request) -> Response | ASGIApp:
        owner = self.authentication.require_owner(request)
        asked = fakegpt.read_conversation_request(await read_json(request))
        conversation = self._find_or_create(owner, asked)
        if conversation is None:
            return _unknown_conversation(asked)
        if not asked.model:
            asked = replace(asked, model=(await self.backend.models())[0].id)
        try:
            placed = resolve_thread(asked, conversation, now())
        except ParentNotFound:
            return _unknown_conversation(asked)
        return self.single_flight.guard(owner, self._reply(owner, asked, conversation, placed))

    def _find_or_create(
        self, owner: Owner, asked: ConversationRequest
    ) -> CachedConversation | None:
        """The conversation that is meant, a new one, or none where it is not known."""
        if asked.conversation_id is not None:
            known = self.cache.get(owner, asked.conversation_id)
            return None if asked.history_disabled else known
        if asked.action is ConversationAction.CONTINUE:
            return None
        root_id = asked.parent_message_id or new_id()
        return CachedConversation(conversation_id=new_id(), root_id=root_id, created_at=now())

    def _reply(
        self,
        owner: Owner,
        asked: ConversationRequest,
        conversation: CachedConversation,
        placed: ThreadPosition,
    ) -> ReplyStream:
        reply = StoredMessage(
            id=new_id(),
            parent_id=placed.parent_id,
            role="assistant",
            text="",
            created_at=now(),
            model=asked.model,
        )
        asked = replace(asked, message_id=placed.parent_id)
        recording = None
        if not asked.history_disabled:
            recording = HistoryRecorder(self.cache, owner, conversation, placed.prompts, reply)
        events = self._events(asked, placed)
        return ReplyStream(
            recording.record(events) if recording else events,
            fakegpt.StreamEncoder(
                asked,
                conversation_id=conversation.id,
                reply_id=reply.id,
                created_at=reply.created_at,
            ),
            on_begin=recording.begin if recording else None,
            stopping=self.stopping,
            ping_seconds=self.ping_seconds,
        )

    def _events(
        self, asked: ConversationRequest, placed: ThreadPosition
    ) -> AsyncGenerator[StreamEvent]:
        return self.backend.stream(
            ReplyRequest(
                messages=placed.context,
                model=asked.model,
                purpose=purpose_for(asked),
                prompt_id=asked.message_id,
            )
        )


def _unknown_conversation(asked: ConversationRequest) -> Response:
    """Whoever is told so starts again with the whole history in the prompt."""
    code = "conversation_not_found"
    body = fakegpt.error_body(
        f"Can't load conversation {asked.conversation_id}",
        code=f"history_disabled_{code}" if asked.history_disabled else code,
    )
    return json_response(body, HTTPStatus.NOT_FOUND)
