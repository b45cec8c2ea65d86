"""Client replies: what is asked in the protocol of an API, answered within the limits of a key."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from fakegpt_tui.backends.base import Backend, ReplyRequest
from fakegpt_tui.domain import ServiceError, new_id
from fakegpt_tui.host.access import Access
from fakegpt_tui.host.meter import Limiter
from fakegpt_tui.host.model_catalog import ModelCatalog
from fakegpt_tui.host.prompt_route import LimitedReply, prompt_length
from fakegpt_tui.host.rate_headers import Headers, RateLeft
from fakegpt_tui.host.reply_output import ReplyEncoder
from fakegpt_tui.host.reply_stream import ReplyStream
from fakegpt_tui.host.request_body import read_with_media
from fakegpt_tui.host.running_replies import RunningReplies
from fakegpt_tui.host.tally import MAX_REPLY, Tally
from fakegpt_tui.host.whole_reply import WholeBody, WholeReply
from fakegpt_tui.protocol.client_requests import ClientRequest

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
