"""Backend for services that use the OpenAI protocol."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import Final

from fakegpt_tui.backends.base import Purpose, ReplyRequest
from fakegpt_tui.backends.credentials import ApiKey
from fakegpt_tui.backends.http_response import (
    HttpRequest,
    StreamTimeouts,
    open_response,
    retry_or_raise,
)
from fakegpt_tui.backends.openai.errors import (
    ContextWindowExceeded,
    UnsupportedParameter,
    response_error,
)
from fakegpt_tui.backends.openai.models import read_models
from fakegpt_tui.backends.openai.request import ContextFitter, RequestVariant, WindowCache
from fakegpt_tui.backends.openai.stream import OpenAIReply
from fakegpt_tui.backends.truncate import estimate_total_tokens
from fakegpt_tui.domain import (
    KeyNeeded,
    LoginFailed,
    LoginState,
    Model,
    NoLogin,
    NotSignedIn,
    Offline,
    RequestRefused,
    RetryScheduled,
    Role,
    ServiceError,
    StreamEvent,
    Unreachable,
    Unsupported,
)
from fakegpt_tui.http.clients import Transport
from fakegpt_tui.http.retries import RetryPolicy

_MODELS_BYTES: Final = 8_000_000
_ASK_FOR_WINDOW_ABOVE: Final = 2_000
"""Estimated tokens; shorter conversations fit into any model that is in use."""

_WINDOW_SECONDS: Final = 3.0


class OpenAIBackend:
    """Sends the shown path as turns; the service keeps no history of it.

    A request is repeated only while no byte of the reply has come, and announced before it is. A
    conversation that is too long is sent without its oldest turns, and a notice says so.
    """

    def __init__(
        self,
        transport: Transport,
        key: ApiKey,
        *,
        retries: RetryPolicy | None = None,
        on_change: Callable[[LoginState], None] | None = None,
    ) -> None:
        """`on_change` is told whether the service could be reached, and took the key."""
        self._on_change = on_change or _ignore
        self._transport = transport
        self._key = key
        self._retries = retries or RetryPolicy()
        self._dialect = RequestVariant(prefill=transport.service.prefill)
        self._windows = WindowCache(transport.service.window)
        self._models: tuple[Model, ...] | None = None

    async def stream(self, request: ReplyRequest) -> AsyncGenerator[StreamEvent]:
        """Stream one reply, as `Backend.stream` says."""
        ends_at = self._deadline()
        request = _normalize_purpose(request)
        model = await self._model_for(request)
        fitting = ContextFitter(request, model, self._windows)
        dialect = self._dialect
        attempt = 1
        while True:
            clock = self._stream_clock(ends_at)
            reply = OpenAIReply(self._transport, clock, continued=_continued_text(request))
            body = dialect.body(request, fitting.messages, model)
            try:
                async with aclosing(self._events(reply, body, fitting)) as events:
                    async for event in events:
                        yield event
            except ServiceError as error:
                if reply.has_text:
                    raise
                trouble = error
            else:
                self._dialect = dialect
                return
            match trouble:
                case UnsupportedParameter(response_text=said) if other := dialect.downgrade(said):
                    dialect = other
                case ContextWindowExceeded() if fitting.shrink(trouble):
                    pass
                case _:
                    retry = self._next_try(attempt, clock, trouble)
                    yield retry
                    await self._retries.sleep(retry.delay)
                    attempt = retry.attempt

    async def models(self) -> tuple[Model, ...]:
        """The models of the service, the configured one first.

        Raises:
            ServiceError: The list could not be had, or is empty.
        """
        default = self._transport.service.model
        try:
            found = await self._request_models()
        except (RequestRefused, Unsupported):
            # Some services have no list, and need none where the model is known.
            if not default:
                raise
            found = (Model(default),)
        self._models = found
        self._windows.add_models(found)
        if default and all(model.id != default for model in found):
            found = (Model(default), *found)
        if not found:
            raise RequestRefused(
                f"The service at {self._transport.route} offers no model; load one there, "
                "or name one in the settings of the service."
            )
        return tuple(sorted(found, key=lambda model: model.id != default))

    async def aclose(self) -> None:
        """Nothing is held: every stream has its own client."""

    async def _events(
        self, reply: OpenAIReply, body: dict[str, object], fitting: ContextFitter
    ) -> AsyncGenerator[StreamEvent]:
        """The events of one try, with what there is to say about what was sent before them."""
        headers = await self._key.headers()
        is_told = False
        path = self._path("/chat/completions")
        try:
            async with aclosing(reply.events(path, headers, body)) as events:
                async for event in events:
                    if not is_told:
                        is_told = True
                        self._on_change(NoLogin())
                        fitting.confirm()
                        if fitting.notice is not None:
                            yield fitting.notice
                    yield event
        except ServiceError as error:
            self._key.redact(error)
            raise

    async def _model_for(self, request: ReplyRequest) -> str:
        """The model to ask; what it can take is found out where that may matter."""
        model = request.model or self._transport.service.model
        if not model:
            model = (self._models or await self.models())[0].id
        is_long = estimate_total_tokens(request.messages) > _ASK_FOR_WINDOW_ABOVE
        if is_long and self._models is None and self._windows.window(model) is None:
            self._models = ()  # asked for once, whatever comes of it
            with suppress(ServiceError, TimeoutError):
                async with asyncio.timeout(_WINDOW_SECONDS):
                    await self.models()
        return model

    async def _request_models(self) -> tuple[Model, ...]:
        asking = HttpRequest(
            method="GET",
            path=self._path("/models"),
            headers={"Accept": "application/json"} | await self._key.headers(),
            translate_error=response_error,
        )
        try:
            async with open_response(self._transport, self._stream_clock(), asking) as answer:
                found = read_models(await answer.read_body(limit=_MODELS_BYTES))
        except ServiceError as error:
            self._key.redact(error)
            self._report_state(error)
            raise
        self._on_change(NoLogin())
        return found

    def _report_state(self, trouble: ServiceError) -> None:
        match trouble:
            case NotSignedIn() if not self._key.is_set:
                self._on_change(KeyNeeded(str(trouble)))
            case NotSignedIn():
                self._key.mark_refused()
                self._on_change(LoginFailed(str(trouble)))
            case Unreachable():
                self._on_change(Offline(str(trouble)))
            case _:
                pass

    def _path(self, path: str) -> str:
        """`path` below the address of the service, to which most people need not add a version."""
        has_path = self._transport.address.text.count("/") > len("//")
        return path if has_path else f"/v1{path}"

    def _deadline(self) -> float | None:
        total = self._transport.service.limits.total
        return None if total is None else asyncio.get_running_loop().time() + total

    def _stream_clock(self, ends_at: float | None = None) -> StreamTimeouts:
        return StreamTimeouts(
            self._transport.service.limits, self._transport.route, ends_at=ends_at
        )

    def _next_try(
        self, attempt: int, clock: StreamTimeouts, trouble: ServiceError
    ) -> RetryScheduled:
        self._report_state(trouble)
        return retry_or_raise(self._retries, attempt, clock, trouble)


def _ignore(_state: LoginState) -> None:
    """Hears nothing."""


def _normalize_purpose(request: ReplyRequest) -> ReplyRequest:
    """`request`, which continues nothing where the last reply never had a word."""
    if request.purpose is Purpose.CONTINUE and request.messages[-1].role != Role.ASSISTANT:
        return replace(request, purpose=Purpose.NEXT)
    return request


def _continued_text(request: ReplyRequest) -> str | None:
    return request.messages[-1].text if request.purpose is Purpose.CONTINUE else None
