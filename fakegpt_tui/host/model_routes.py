"""Model routes: the models that a client may use, listed and chosen, in each protocol's form."""

import time
from dataclasses import dataclass, field
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fakegpt_tui.backends.base import Backend
from fakegpt_tui.domain import Model, RequestRefused, ServiceError
from fakegpt_tui.host.access import Access
from fakegpt_tui.host.access_keys import AccessKey
from fakegpt_tui.host.errors import json_response, speaks_messages
from fakegpt_tui.protocol.anthropic.replies import message_model_body, message_model_list_body
from fakegpt_tui.protocol.client_protocols import ModelNotFound
from fakegpt_tui.protocol.openai import model_body, model_list_body

_KEPT_SECONDS: Final = 30.0
"""How long the list of models is taken for what the service has."""


@dataclass(slots=True)
class ModelCatalog:
    """The models of a backend, as they were a moment ago."""

    backend: Backend
    _models: tuple[Model, ...] = ()
    _until: float = 0.0

    async def usable(self, key: AccessKey | None) -> tuple[Model, ...]:
        """The models that a key may use.

        Raises:
            ServiceError: The list cannot be had.
        """
        return usable_models(key, await self._known())

    async def find(self, key: AccessKey | None, name: str) -> Model:
        """The model of that name.

        Raises:
            ModelNotFound: The service, or the key, has none of that name.
            ServiceError: The list cannot be had.
        """
        for model in await self.usable(key):
            if model.id == name:
                return model
        raise _unknown_model()

    async def choose(self, key: AccessKey | None, name: str) -> str:
        """The model of a request, which the service has; the first of the key, if it names none.

        Raises:
            ModelNotFound: The service, or the key, has none of that name.
            ServiceError: The list cannot be had, and no model is named.
        """
        if not name:
            usable = await self.usable(key)
            if not usable:
                raise _unknown_model()
            return usable[0].id
        require_model(key, name)
        try:
            models = await self._known()
        except ServiceError:
            return name  # The service will say what it thinks of it.
        if any(model.id == name or not model.is_listed for model in models):
            return name
        raise _unknown_model()

    async def _known(self) -> tuple[Model, ...]:
        if time.monotonic() >= self._until:
            self._models = await self.backend.models()
            self._until = time.monotonic() + _KEPT_SECONDS
        return self._models


def _unknown_model() -> ModelNotFound:
    return ModelNotFound(
        "There is no such model here; GET /v1/models lists them.", "model", "model_not_found"
    )


@dataclass(frozen=True, slots=True)
class ModelRoutes:
    """`/v1/models`, which the protocols of APIs have in common."""

    models: ModelCatalog
    access: Access
    created_at: int = field(default_factory=lambda: int(time.time()))

    def routes(self) -> list[Route]:
        return [
            Route("/v1/models", self._list),
            Route("/v1/models/{model:path}", self._show),
        ]

    async def _list(self, request: Request) -> Response:
        models = await self.models.usable(self.access.key_of(request))
        if speaks_messages(request):
            return json_response(message_model_list_body(models))
        return json_response(model_list_body(models, self.created_at))

    async def _show(self, request: Request) -> Response:
        key = self.access.key_of(request)
        model = await self.models.find(key, request.path_params["model"])
        if speaks_messages(request):
            return json_response(message_model_body(model))
        return json_response(model_body(model, self.created_at))


def require_model(key: AccessKey | None, model: str) -> None:
    """Refuse a model that the key may not use.

    Raises:
        RequestRefused: It is not among those of the key.
    """
    if key is not None and key.limits.models and model not in key.limits.models:
        raise RequestRefused("The access key may not use this model.")


def usable_models(key: AccessKey | None, models: tuple[Model, ...]) -> tuple[Model, ...]:
    """Those of `models` that the key may use, in the order of the key."""
    if key is None or not key.limits.models:
        return models
    known = {model.id: model for model in models}
    return tuple(known[name] for name in key.limits.models if name in known)
