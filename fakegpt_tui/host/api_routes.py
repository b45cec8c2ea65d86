"""API routes: chat completions and messages, streamed or whole, within the limits of a key."""

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from fakegpt_tui.backends.base import Backend, ReplyRequest
from fakegpt_tui.backends.token_estimate import estimate_total_tokens
from fakegpt_tui.domain import ServiceError, new_id
from fakegpt_tui.host.access import Access
from fakegpt_tui.host.errors import completion_error_response, json_response, message_error_response
from fakegpt_tui.host.limiter import (
    MAX_REPLY,
    Headers,
    LimitedReply,
    Limiter,
    RateLeft,
    Tally,
    completion_rate_headers,
    message_rate_headers,
    prompt_length,
)
from fakegpt_tui.host.model_routes import ModelCatalog
from fakegpt_tui.host.replies import ReplyStream, RunningReplies, WholeBody, WholeReply
from fakegpt_tui.host.reply_output import ReplyEncoder
from fakegpt_tui.host.request_body import read_with_media
from fakegpt_tui.protocol.anthropic.replies import MessageEncoder, WholeMessage
from fakegpt_tui.protocol.anthropic.requests import (
    MessageRequest,
    check_version,
    read_counted_messages,
    read_message_request,
)
from fakegpt_tui.protocol.client_protocols import ClientRequest
from fakegpt_tui.protocol.openai import (
    ChunkEncoder,
    CompletionRequest,
    WholeCompletion,
    read_completion_request,
)

_Asked = TypeVar("_Asked", bound=ClientRequest)


class ReplyForm(Protocol):
    """How one reply is written in a protocol."""

    def encoder(self, prompt_tokens: int) -> ReplyEncoder:
        """For a stream; the tokens of the prompt are an estimate."""
        ...

    def whole(self) -> WholeBody:
        """For a reply that is sent whole."""
        ...

    def error_response(self, error: ServiceError, /) -> Response:
        """For an error before the first word."""
        ...

    def rate_headers(self, rates: Iterable[RateLeft], /) -> Headers:
        """For what the limits of the key leave."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientReplies:
    """Answers requests of any protocol of an API. Nothing is kept of what is asked and answered."""

    backend: Backend
    access: Access
    models: ModelCatalog
    running: RunningReplies
    limiter: Limiter
    ping_seconds: float
    gather_seconds: float

    async def answer(
        self,
        request: Request,
        read: Callable[[object], _Asked],
        form_of: Callable[[_Asked, str], ReplyForm],
    ) -> ASGIApp:
        """The response to what `read` makes of the body of a request.

        `form_of` gives the form of the reply to it by the model that was chosen.

        Raises:
            ServiceError: It cannot be answered.
        """
        owner = self.access.require_owner(request)
        key = self.access.key_of(request)
        asked = await read_with_media(request, read)
        model = await self.models.choose(key, asked.model)
        form = form_of(asked, model)
        return LimitedReply(
            self.limiter,
            key,
            prompt_length(asked.messages),
            lambda tally: self._reply(owner[0], asked, model, form, tally),
            model,
            max_tokens=asked.generation.max_tokens,
            rate_headers=form.rate_headers,
        )

    def _reply(
        self, group: str, asked: ClientRequest, model: str, form: ReplyForm, tally: Tally
    ) -> ASGIApp:
        request_id = new_id()
        replying = self.backend.stream(
            ReplyRequest(
                messages=asked.messages,
                model=model,
                prompt_id=request_id,
                request_id=request_id,
                generation=asked.generation,
                read_blob=asked.blobs.__getitem__,
            )
        )
        events = tally.watch(replying, most=math.inf if asked.is_streamed else MAX_REPLY)
        if not asked.is_streamed:
            whole = form.whole()
            return WholeReply(events, whole, tally, self.running, group, form.error_response)
        return ReplyStream(
            events,
            form.encoder(tally.prompt_tokens),
            running=self.running,
            key_id=group,
            ping_seconds=self.ping_seconds,
            gather_seconds=self.gather_seconds,
            error_response=form.error_response,
        )


@dataclass(frozen=True, slots=True)
class CompletionRoutes:
    """`/v1/chat/completions` in front of the backend."""

    replies: ClientReplies

    def routes(self) -> list[Route]:
        return [Route("/v1/chat/completions", self._complete, methods=["POST"])]

    async def _complete(self, request: Request) -> ASGIApp:
        return await self.replies.answer(request, read_completion_request, _CompletionForm)


@dataclass(frozen=True, slots=True)
class _CompletionForm:
    """A reply as a completion, or as its chunks."""

    asked: CompletionRequest
    model: str
    reply_id: str = field(default_factory=lambda: f"chatcmpl-{new_id()}")
    created_at: int = field(default_factory=lambda: int(time.time()))

    def encoder(self, prompt_tokens: int) -> ChunkEncoder:
        return ChunkEncoder(
            self.asked,
            reply_id=self.reply_id,
            created_at=self.created_at,
            model=self.model,
            prompt_tokens=prompt_tokens,
        )

    def whole(self) -> WholeCompletion:
        return WholeCompletion(reply_id=self.reply_id, created_at=self.created_at, model=self.model)

    error_response = staticmethod(completion_error_response)
    rate_headers = staticmethod(completion_rate_headers)


@dataclass(frozen=True, slots=True)
class MessageRoutes:
    """`/v1/messages` in front of the backend."""

    replies: ClientReplies

    def routes(self) -> list[Route]:
        return [
            Route("/v1/messages", self._reply, methods=["POST"]),
            Route("/v1/messages/count_tokens", self._count, methods=["POST"]),
        ]

    async def _reply(self, request: Request) -> ASGIApp:
        check_version(request.headers.get("anthropic-version", ""))
        return await self.replies.answer(request, read_message_request, _MessageForm)

    async def _count(self, request: Request) -> Response:
        """Estimate the tokens of messages: no service is asked, and the answer says so."""
        check_version(request.headers.get("anthropic-version", ""))
        tokens = await read_with_media(
            request, lambda body: estimate_total_tokens(read_counted_messages(body))
        )
        return json_response({"input_tokens": tokens, "is_estimate": True})


@dataclass(frozen=True, slots=True)
class _MessageForm:
    """A reply as a message, or as its events."""

    asked: MessageRequest
    model: str
    reply_id: str = field(default_factory=lambda: f"msg_{new_id()}")

    def encoder(self, prompt_tokens: int) -> MessageEncoder:
        return MessageEncoder(
            self.asked, reply_id=self.reply_id, model=self.model, prompt_tokens=prompt_tokens
        )

    def whole(self) -> WholeMessage:
        return WholeMessage(request=self.asked, reply_id=self.reply_id, model=self.model)

    error_response = staticmethod(message_error_response)
    rate_headers = staticmethod(message_rate_headers)
