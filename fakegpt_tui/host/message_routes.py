"""Message routes: the Messages protocol, streamed or whole, and an estimate of its tokens."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from fakegpt_tui.backends.context_window import estimate_total_tokens
from fakegpt_tui.domain import ServiceError, new_id
from fakegpt_tui.host.api_errors import message_error_response
from fakegpt_tui.host.client_replies import ClientReplies
from fakegpt_tui.host.errors import json_response
from fakegpt_tui.host.rate_headers import Headers, RateLeft, message_rate_headers
from fakegpt_tui.host.request_body import read_with_media
from fakegpt_tui.protocol.anthropic.replies import MessageEncoder, WholeMessage
from fakegpt_tui.protocol.anthropic.requests import (
    MessageRequest,
    check_version,
    read_counted_messages,
    read_message_request,
)


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

    def error_response(self, error: ServiceError) -> Response:
        return message_error_response(error)

    def rate_headers(self, rates: Iterable[RateLeft]) -> Headers:
        return message_rate_headers(rates)
