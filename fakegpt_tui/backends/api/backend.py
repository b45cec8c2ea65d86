"""Backend of an API: its models, and the one that a reply is asked of."""

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Final

from fakegpt_tui.backends.api.errors import response_error
from fakegpt_tui.backends.api.model_memory import ModelMemory
from fakegpt_tui.backends.api.request_builder import RequestTarget
from fakegpt_tui.backends.api.request_variant import RequestVariant
from fakegpt_tui.backends.base import Purpose, ReplyRequest
from fakegpt_tui.backends.context_window import WindowCache
from fakegpt_tui.backends.credentials import ApiKey
from fakegpt_tui.backends.http_protocol import RequestBuilder
from fakegpt_tui.backends.http_stream import HttpStreamBackend
from fakegpt_tui.backends.token_estimate import estimate_total_tokens
from fakegpt_tui.domain import (
    LoginState,
    Model,
    NoConnection,
    NotSignedIn,
    RequestRefused,
    Role,
    ServiceError,
    ServiceKind,
)
from fakegpt_tui.domain.generation import settings_for
from fakegpt_tui.domain.server_families import ServerFamily, server_family
from fakegpt_tui.http.clients import Transport
from fakegpt_tui.http.retries import RetryPolicy, TimedOut

_FETCH_WINDOW_ABOVE: Final = 2_000
"""Estimated tokens; shorter conversations fit into any model that is in use."""

_WINDOW_SECONDS: Final = 3.0
_DETAILS_SECONDS: Final = 3.0


class ApiBackend(HttpStreamBackend):
    """Streams replies of a service that takes a key and keeps no history.

    A conversation that is too long is sent without its oldest turns, and a notice says so.
    """

    def __init__(
        self,
        transport: Transport,
        key: ApiKey,
        *,
        retries: RetryPolicy | None = None,
        on_change: Callable[[LoginState], None] | None = None,
        cache: Path | None = None,
    ) -> None:
        """`on_change` is told whether the service could be reached, and took the key.

        What is learned of models is kept in the file `cache`, or without one for this run.
        """
        super().__init__(transport, key, retries=retries, on_change=on_change)
        self._key = key
        self._memory = ModelMemory(cache, transport.address.text)
        self._variants: dict[str, RequestVariant] = {}
        self._told: dict[str, set[str]] = {}
        self._windows = WindowCache(transport.service.window, self._memory)
        self._models: tuple[Model, ...] | None = None

    async def models(self) -> tuple[Model, ...]:
        """The models of the service, the configured one first.

        Raises:
            ServiceError: The list cannot be fetched, or is empty.
        """
        default = self._transport.service.model
        try:
            found = await self._detailed(await self._list_models())
        except ServiceError as error:
            # Some services have no list, or a broken one, and need none where the model is known.
            if not default or isinstance(error, NoConnection | TimedOut | NotSignedIn):
                raise
            found = (Model(default, description=str(error), is_listed=False),)
        self._windows.add_models(found)
        self._memory.remember_prices(found)
        if default and all(model.id != default for model in found):
            found = (Model(default), *found)
        self._models = tuple(sorted(found, key=lambda model: model.id != default))
        if not found:
            raise RequestRefused(
                f"The service at {self._transport.route} offers no model; load one there, "
                "or name one in the settings of the service."
            )
        return self._models

    @property
    def listed_models(self) -> tuple[Model, ...]:
        """The models of the list that was fetched last, the configured one first."""
        return self._models or ()

    def window(self, model: str) -> int | None:
        """How many tokens a model takes: configured, listed, or learned from a refusal."""
        usual = self._transport.service.model or next((each.id for each in self.listed_models), "")
        return self._windows.window(model or usual)

    def with_protocol(self, kind: ServiceKind, backend: "type[ApiBackend]") -> "ApiBackend":
        """A backend for the same address and key by another protocol, which is tried once.

        Raises:
            ConfigError: The service cannot be used by it.
        """
        service = replace(self._transport.service, kind=kind)
        key = self._key.in_header(service.key_header or kind.key_header)
        return backend(Transport(service), key, retries=RetryPolicy(max_attempts=1))

    async def _list_models(self) -> tuple[Model, ...]:
        from fakegpt_tui.backends.api.model_list import read_models  # noqa: PLC0415 - not for a reply

        return await self._fetch(self._path("/models"), read_models, response_error)

    async def _detailed(self, found: tuple[Model, ...]) -> tuple[Model, ...]:
        """The models, with what servers of known families tell beside the list."""
        from fakegpt_tui.backends.api.model_list import with_details  # noqa: PLC0415 - as above

        owner = next((model.owner for model in found), "")
        family = server_family(self._transport.address.text, owner).name
        with suppress(ServiceError, TimeoutError):
            async with asyncio.timeout(_DETAILS_SECONDS):
                return await with_details(family, found, self._ask_root)
        return found

    @cached_property
    def _root(self) -> Transport:
        """The way to what is above the path of the protocol."""
        return Transport(replace(self._transport.service, url=self._transport.address.origin))

    async def _ask_root(self, path: str, body: Mapping[str, object] | None) -> bytes:
        """The answer of the server to a path above that of the protocol."""
        return await self._fetch(path, bytes, response_error, body=body, transport=self._root)

    async def _builder(self, request: ReplyRequest) -> RequestBuilder:
        if request.purpose is Purpose.CONTINUE and request.messages[-1].role != Role.ASSISTANT:
            # There is nothing to continue where the last reply had no text.
            request = replace(request, purpose=Purpose.NEXT)
        model = await self._model_for(request)
        generation = settings_for(self._transport.service, model, request.generation)
        if generation is not request.generation:
            request = replace(request, generation=generation)
        return self._build(request, model)

    @abstractmethod
    def _build(self, request: ReplyRequest, model: str) -> RequestBuilder:
        """What builds the requests for a reply of `model`."""

    def _variant(self, model: str, family: ServerFamily) -> RequestVariant:
        """What `model` has shown to accept."""
        if model in self._variants:
            return self._variants[model]
        prefill = self._transport.service.prefill
        usual = RequestVariant(prefill=prefill, limit_name=family.limit)
        return self._memory.variant(model, usual)

    def _target(self, model: str, path: str) -> RequestTarget:
        """What requests to `model` are built for; `path` is below the address of the service."""
        owners = (each.owner for each in self._models or () if each.id == model)
        family = server_family(self._transport.address.text, next(owners, ""))

        def remember(variant: RequestVariant) -> None:
            if self._variants.get(model) != variant:
                self._variants[model] = variant
                self._memory.remember_variant(model, variant)

        return RequestTarget(
            model,
            self._path(path),
            self._transport.service.kind,
            family,
            self._variant(model, family),
            self._windows,
            remember,
            self._told.setdefault(model, set()),
        )

    def _needs_list(self, request: ReplyRequest) -> bool:
        """May what the list of models tells matter for the request?"""
        model = request.model or self._transport.service.model
        if self._windows.window(model) is not None:
            return False
        return estimate_total_tokens(request.messages) > _FETCH_WINDOW_ABOVE

    async def _model_for(self, request: ReplyRequest) -> str:
        """The model to ask; the list of models is fetched where that may matter."""
        model = request.model or self._transport.service.model
        if not model:
            model = (self._models or await self.models())[0].id
        if self._models is None and self._needs_list(request):
            self._models = ()  # fetched once, whatever comes of it
            with suppress(ServiceError, TimeoutError):
                async with asyncio.timeout(_WINDOW_SECONDS):
                    await self.models()
        return model

    def _path(self, path: str) -> str:
        """`path` below the address of the service, with a version where the address has no path."""
        has_path = self._transport.address.text.count("/") > len("//")
        return path if has_path else f"/v1{path}"
