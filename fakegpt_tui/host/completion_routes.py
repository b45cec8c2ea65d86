"""Completion routes: the chat completions of the OpenAI protocol, streamed or whole."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from fakegpt_tui.domain import ServiceError, new_id
from fakegpt_tui.host.api_errors import completion_error_response
from fakegpt_tui.host.client_replies import ClientReplies
from fakegpt_tui.host.rate_headers import Headers, RateLeft, completion_rate_headers
from fakegpt_tui.protocol.openai import (
    ChunkEncoder,
    CompletionRequest,
    WholeCompletion,
    read_completion_request,
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

    def error_response(self, error: ServiceError) -> Response:
        return completion_error_response(error)

    def rate_headers(self, rates: Iterable[RateLeft]) -> Headers:
        return completion_rate_headers(rates)
