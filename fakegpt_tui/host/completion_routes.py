"""Completion routes: the models and chat completions of the OpenAI protocol, streamed or whole."""

import asyncio
import math
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from fakegpt_tui.backends.base import Backend, ReplyRequest
from fakegpt_tui.domain import Model, ReplyCut, ServiceError, StreamEvent, Usage, new_id
from fakegpt_tui.host.access import Access
from fakegpt_tui.host.access_keys import AccessKey
from fakegpt_tui.host.errors import completion_error_response, forget_traceback, json_response
from fakegpt_tui.host.meter import Limiter, require_model, usable_models
from fakegpt_tui.host.prompt_route import LimitedReply, prompt_length
from fakegpt_tui.host.reply_stream import ReplyStream
from fakegpt_tui.host.request_body import read_with_media, wait_for_disconnect
from fakegpt_tui.host.request_log import record_of
from fakegpt_tui.host.running_replies import RunningReplies
from fakegpt_tui.host.tally import MAX_REPLY, Tally
from fakegpt_tui.protocol.openai import (
    ChunkEncoder,
    CompletionRequest,
    ModelNotFound,
    ReplyText,
    completion_body,
    model_body,
    model_list_body,
    read_completion_request,
)

_MODELS_SECONDS = 30.0
"""How long the list of models is taken for what the service has."""


@dataclass(slots=True, kw_only=True)
class CompletionRoutes:
    """`/v1` in front of the backend. Nothing is kept of what is asked and answered here."""

    backend: Backend
    access: Access
    running: RunningReplies
    limiter: Limiter
    ping_seconds: float
    gather_seconds: float
    created_at: int = field(default_factory=lambda: int(time.time()))
    _models: tuple[Model, ...] = ()
    _models_until: float = 0.0

    def routes(self) -> list[Route]:
        return [
            Route("/v1/models", self._list_models),
            Route("/v1/models/{model:path}", self._show_model),
            Route("/v1/chat/completions", self._complete, methods=["POST"]),
        ]

    async def _list_models(self, request: Request) -> Response:
        models = usable_models(self.access.key_of(request), await self._known_models())
        return json_response(model_list_body(models, self.created_at))

    async def _show_model(self, request: Request) -> Response:
        wanted = request.path_params["model"]
        models = usable_models(self.access.key_of(request), await self._known_models())
        for model in models:
            if model.id == wanted:
                return json_response(model_body(model, self.created_at))
        raise _unknown_model()

    async def _complete(self, request: Request) -> ASGIApp:
        owner = self.access.require_owner(request)
        key = self.access.key_of(request)
        asked = await read_with_media(request, read_completion_request)
        model = await self._choose_model(key, asked.model)
        return LimitedReply(
            self.limiter,
            key,
            prompt_length(asked.messages),
            lambda tally: self._reply(owner[0], asked, model, tally),
            model,
            max_tokens=asked.generation.max_tokens,
        )

    def _reply(self, group: str, asked: CompletionRequest, model: str, tally: Tally) -> ASGIApp:
        events = tally.watch(
            self.backend.stream(
                ReplyRequest(
                    messages=asked.messages,
                    model=model,
                    generation=asked.generation,
                    read_blob=asked.blobs.__getitem__,
                )
            ),
            most=math.inf if asked.is_streamed else MAX_REPLY,
        )
        reply_id, created_at = f"chatcmpl-{new_id()}", int(time.time())
        if not asked.is_streamed:
            head = {"reply_id": reply_id, "created_at": created_at, "model": model}
            return _WholeReply(events, head, tally, self.running, group)
        return ReplyStream(
            events,
            ChunkEncoder(
                asked,
                reply_id=reply_id,
                created_at=created_at,
                model=model,
                prompt_tokens=tally.prompt_tokens,
            ),
            running=self.running,
            key_id=group,
            ping_seconds=self.ping_seconds,
            gather_seconds=self.gather_seconds,
            error_response=completion_error_response,
        )

    async def _choose_model(self, key: AccessKey | None, name: str) -> str:
        """The model of a request, which the service has, or its default one.

        Raises:
            ModelNotFound: The service, or the key, has none of that name.
            ServiceError: The list cannot be had, and no model is named.
        """
        if not name:
            usable = usable_models(key, await self._known_models())
            if not usable:
                raise _unknown_model()
            return usable[0].id
        require_model(key, name)
        try:
            models = await self._known_models()
        except ServiceError:
            return name  # The service will say what it thinks of it.
        if any(model.id == name or not model.is_listed for model in models):
            return name
        raise _unknown_model()

    async def _known_models(self) -> tuple[Model, ...]:
        if time.monotonic() >= self._models_until:
            self._models = await self.backend.models()
            self._models_until = time.monotonic() + _MODELS_SECONDS
        return self._models


@dataclass(slots=True)
class _WholeReply:
    """The response to a request that wants all of the reply at once."""

    events: AsyncGenerator[StreamEvent]
    head: dict[str, Any]
    tally: Tally
    running: RunningReplies
    group: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self.running.join(self.group, record_of(scope)) as ending:
            gathering = asyncio.create_task(self._gather())
            left = asyncio.create_task(wait_for_disconnect(receive))
            tasks: set[asyncio.Future[Any]] = {gathering, left, ending}
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                is_over, has_left = gathering.done(), left.done()
                sentence = ending.result() if ending.done() else ""
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)
        if is_over:
            await gathering.result()(scope, receive, send)
        elif not has_left:
            await completion_error_response(ReplyCut(sentence))(scope, receive, send)

    async def _gather(self) -> Response:
        reply = ReplyText()
        try:
            async with aclosing(self.events) as events:
                async for event in events:
                    reply.add(event)
            if reply.reason is None:
                raise ReplyCut("The reply broke off before its end.")
        except ServiceError as error:
            forget_traceback(error)
            return completion_error_response(error)
        estimate = Usage(self.tally.prompt_tokens, self.tally.reply_tokens)
        return json_response(completion_body(reply, **self.head, estimate=estimate))


def _unknown_model() -> ModelNotFound:
    return ModelNotFound(
        "There is no such model here; GET /v1/models lists them.", "model", "model_not_found"
    )
