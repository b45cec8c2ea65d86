"""Backend for services that use the OpenAI protocol, and their lists of models."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Final

from fakegpt_tui.backends.base import Purpose, ReplyRequest
from fakegpt_tui.backends.context_window import WindowCache, estimate_total_tokens
from fakegpt_tui.backends.credentials import ApiKey
from fakegpt_tui.backends.http_stream import HttpStreamBackend
from fakegpt_tui.backends.openai.errors import response_error
from fakegpt_tui.backends.openai.request import CompletionBuilder, RequestVariant
from fakegpt_tui.domain import (
    BadReply,
    LoginState,
    Model,
    RequestRefused,
    Role,
    ServiceError,
    Unsupported,
)
from fakegpt_tui.http.clients import Transport
from fakegpt_tui.http.retries import RetryPolicy
from fakegpt_tui.protocol.error_body import parse_error_body, parse_json
from fakegpt_tui.text import replace_surrogates

_FETCH_WINDOW_ABOVE: Final = 2_000
"""Estimated tokens; shorter conversations fit into any model that is in use."""

_WINDOW_SECONDS: Final = 3.0

_WINDOW_NAMES: Final = (
    "loaded_context_length",
    "max_model_len",
    "context_length",
    "context_window",
    "max_context_length",
    "max_input_tokens",
    "n_ctx",
    "n_ctx_train",
)
_MAX_MODELS: Final = 10_000
_BILLION: Final = 1_000_000_000
_ROUND_FROM: Final = 100


class OpenAIBackend(HttpStreamBackend):
    """Streams replies of an OpenAI-compatible service, which keeps no history.

    A conversation that is too long is sent without its oldest turns, and a notice says so.
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
        super().__init__(transport, key, retries=retries, on_change=on_change)
        self._variant = RequestVariant(prefill=transport.service.prefill)
        self._windows = WindowCache(transport.service.window)
        self._models: tuple[Model, ...] | None = None

    async def models(self) -> tuple[Model, ...]:
        """The models of the service, the configured one first.

        Raises:
            ServiceError: The list cannot be fetched, or is empty.
        """
        default = self._transport.service.model
        try:
            found = await self._fetch(self._path("/models"), read_models, response_error)
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

    async def _builder(self, request: ReplyRequest) -> CompletionBuilder:
        if request.purpose is Purpose.CONTINUE and request.messages[-1].role != Role.ASSISTANT:
            # There is nothing to continue where the last reply had no text.
            request = replace(request, purpose=Purpose.NEXT)
        return CompletionBuilder(
            request,
            model=await self._model_for(request),
            path=self._path("/chat/completions"),
            variant=self._variant,
            windows=self._windows,
            remember=self._remember,
        )

    def _remember(self, variant: RequestVariant) -> None:
        self._variant = variant

    async def _model_for(self, request: ReplyRequest) -> str:
        """The model to ask; its context window is fetched where that may matter."""
        model = request.model or self._transport.service.model
        if not model:
            model = (self._models or await self.models())[0].id
        is_long = estimate_total_tokens(request.messages) > _FETCH_WINDOW_ABOVE
        if is_long and self._models is None and self._windows.window(model) is None:
            self._models = ()  # fetched once, whatever comes of it
            with suppress(ServiceError, TimeoutError):
                async with asyncio.timeout(_WINDOW_SECONDS):
                    await self.models()
        return model

    def _path(self, path: str) -> str:
        """`path` below the address of the service, with a version where the address has no path."""
        has_path = self._transport.address.text.count("/") > len("//")
        return path if has_path else f"/v1{path}"


def read_models(body: bytes) -> tuple[Model, ...]:
    """The models of `GET /v1/models`, in the order of the service.

    Raises:
        BadReply: That is not a list of models.
    """
    match parse_json(body):
        case {"data": list(items)} | {"models": list(items)} | list(items):
            return tuple(_models(items[:_MAX_MODELS]))
        # What is offered nothing says so with null.
        case {"object": "list", "data": None}:
            return ()
        case _:
            lead = "The service answered with something other than a list of models"
            raise BadReply(parse_error_body(body).sentence(lead))


def _models(items: list[object]) -> Iterator[Model]:
    seen = set[str]()
    for item in items:
        match item:
            case {"id": str(name), **rest} | {"model": str(name), **rest} if name.strip():
                if name not in seen:
                    seen.add(name)
                    yield _model(replace_surrogates(name), rest)
            case _:
                pass


def _model(name: str, rest: Mapping[object, object]) -> Model:
    meta = _table(rest, "meta") | _table(rest, "details") | _table(rest, "architecture")
    return Model(
        name,
        title=_text(rest, "name"),
        description=_text(rest, "description"),
        window=_window(rest) or _window(_table(rest, "top_provider")) or _window(meta),
        size=_text(meta, "parameter_size") or _size(meta.get("n_params")),
        family=_text(meta, "family") or _text(rest, "arch") or _text(meta, "tokenizer"),
    )


def _table(values: Mapping[object, object], name: str) -> dict[object, object]:
    found = values.get(name)
    return found if isinstance(found, dict) else {}


def _text(values: Mapping[object, object], name: str) -> str:
    found = values.get(name)
    return replace_surrogates(found.strip()) if isinstance(found, str) else ""


def _window(values: Mapping[object, object]) -> int | None:
    found = (values.get(name) for name in _WINDOW_NAMES)
    return next((each for each in found if isinstance(each, int) and 1 < each < _BILLION), None)


def _size(parameters: object) -> str:
    if isinstance(parameters, int) and 0 < parameters < _BILLION * _BILLION:
        billions = parameters / _BILLION
        return f"{billions:.2g}B" if billions < _ROUND_FROM else f"{billions:.0f}B"
    return ""
