"""Prompt route: answer a prompt, one at a time per session where that is wanted."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fakegpt_tui.backends.base import Backend, Purpose, ReplyRequest
from fakegpt_tui.domain import StreamEvent, new_id, now
from fakegpt_tui.host.access import Access
from fakegpt_tui.host.conversation_cache import CachedConversation, Owner
from fakegpt_tui.host.conversations import Conversations, HostTurn
from fakegpt_tui.host.errors import ThreadNotFound, json_response, rate_limit_response
from fakegpt_tui.host.limiter import MAX_REPLY, LimitedReply, Limiter, Tally, prompt_length
from fakegpt_tui.host.model_routes import ModelCatalog, require_model
from fakegpt_tui.host.replies import ReplyStream, RunningReplies
from fakegpt_tui.host.request_body import read_with_media
from fakegpt_tui.host.turns import HistoryRecorder, ThreadPosition, resolve_thread
from fakegpt_tui.protocol import fakegpt
from fakegpt_tui.protocol.fakegpt import ConversationAction, ConversationRequest, StoredMessage


class SessionTurns(Protocol):
    """Turns of sessions, of which each has one at a time."""

    async def enter(self, owner: Owner) -> bool:
        """Take the turn of a session, unless it is taken."""
        ...

    async def leave(self, owner: Owner) -> None:
        """Give the turn back."""
        ...


@dataclass(frozen=True, slots=True)
class MemoryTurns:
    """Turns in the memory of one process."""

    _active: set[Owner] = field(default_factory=set, init=False)

    async def enter(self, owner: Owner) -> bool:
        """Take the turn of a session, unless it is taken."""
        is_free = owner not in self._active
        self._active.add(owner)
        return is_free

    async def leave(self, owner: Owner) -> None:
        """Give the turn back."""
        self._active.discard(owner)


@dataclass(frozen=True, slots=True)
class SingleFlight:
    """One reply at a time per session, as the service of 2023 had it, if `is_enabled`.

    It is not enabled for this program itself, which has many turns at once under one login.
    """

    is_enabled: bool = False
    turns: SessionTurns = field(default_factory=MemoryTurns)

    def guard(self, owner: Owner, reply: ASGIApp) -> ASGIApp:
        """`reply`, or an error if another reply to `owner` is active when it should begin."""
        return reply if not self.is_enabled else _ExclusiveReply(self.turns, owner, reply)


@dataclass(frozen=True, slots=True)
class _ExclusiveReply:
    turns: SessionTurns
    owner: Owner
    reply: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not await self.turns.enter(self.owner):
            sentence = "Only one message at a time. Please wait until the reply before has ended."
            await rate_limit_response(sentence, None)(scope, receive, send)
            return
        async with AsyncExitStack() as turn:
            turn.push_async_callback(self.turns.leave, self.owner)

            async def send_and_release(message: Message) -> None:
                # A client that has read the end of a reply may ask again at once.
                if message["type"] == "http.response.body" and not message.get("more_body"):
                    await turn.aclose()
                await send(message)

            await self.reply(scope, receive, send_and_release)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptRoute:
    """Asks the backend, and keeps the turn unless the client has disabled its history."""

    backend: Backend
    models: ModelCatalog
    access: Access
    conversations: Conversations
    single_flight: SingleFlight
    running: RunningReplies
    limiter: Limiter
    ping_seconds: float
    gather_seconds: float

    def routes(self) -> list[Route]:
        return [Route("/api/conversation", self._answer, methods=["POST"])]

    async def _answer(self, request: Request) -> Response | ASGIApp:
        owner = self.access.require_owner(request)
        key = self.access.key_of(request)
        asked = await read_with_media(request, fakegpt.read_conversation_request)
        try:
            conversation = await self._find_or_create(owner, asked)
            if not asked.model:
                asked = replace(asked, model=await self.models.choose(key, ""))
            require_model(key, asked.model)
            position = resolve_thread(asked, conversation, now())
        except ThreadNotFound:
            return _unknown_conversation(asked)
        reply = LimitedReply(
            self.limiter,
            key,
            prompt_length(position.context),
            lambda tally: self._reply(owner, asked, conversation, position, tally),
            asked.model,
        )
        return self.single_flight.guard(owner, reply)

    async def _find_or_create(self, owner: Owner, asked: ConversationRequest) -> CachedConversation:
        """The conversation of the request, or a new one.

        Raises:
            ThreadNotFound: It is not there.
        """
        if asked.conversation_id is not None:
            known = await self.conversations.find(owner, asked.conversation_id)
            if known is None or asked.history_disabled:
                raise ThreadNotFound
            return known
        if asked.action is ConversationAction.CONTINUE:
            raise ThreadNotFound
        root_id = asked.parent_message_id or new_id()
        return CachedConversation(conversation_id=new_id(), root_id=root_id, created_at=now())

    def _reply(
        self,
        owner: Owner,
        asked: ConversationRequest,
        conversation: CachedConversation,
        position: ThreadPosition,
        tally: Tally,
    ) -> ReplyStream:
        reply = StoredMessage(
            id=new_id(),
            parent_id=position.parent_id,
            role="assistant",
            text="",
            created_at=now(),
            model=asked.model,
        )
        asked = replace(asked, message_id=position.parent_id)
        recorder = None
        if not asked.history_disabled:
            turn = HostTurn(
                owner=owner, conversation=conversation, prompts=position.prompts, reply=reply
            )
            recorder = HistoryRecorder(self.conversations, turn)
        events = tally.watch(self._events(asked, position), most=MAX_REPLY)
        return ReplyStream(
            recorder.record(events) if recorder else events,
            fakegpt.StreamEncoder(
                asked,
                conversation_id=conversation.id,
                reply_id=reply.id,
                created_at=reply.created_at,
            ),
            on_begin=recorder.begin if recorder else None,
            running=self.running,
            key_id=owner[0],
            ping_seconds=self.ping_seconds,
            gather_seconds=self.gather_seconds,
        )

    def _events(
        self, asked: ConversationRequest, position: ThreadPosition
    ) -> AsyncGenerator[StreamEvent]:
        return self.backend.stream(
            ReplyRequest(
                messages=position.context,
                model=asked.model,
                purpose=Purpose[asked.action.name],
                prompt_id=asked.message_id,
                read_blob=asked.blobs.__getitem__,
            )
        )


def _unknown_conversation(asked: ConversationRequest) -> Response:
    """The error that a conversation is gone; clients then send the whole history in a new one."""
    code = "conversation_not_found"
    body = fakegpt.error_body(
        f"Can't load conversation {asked.conversation_id}",
        code=f"history_disabled_{code}" if asked.history_disabled else code,
    )
    return json_response(body, HTTPStatus.NOT_FOUND)
