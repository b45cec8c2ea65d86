"""Model catalog: which models the service has for a client, and which one a request means."""

import time
from dataclasses import dataclass
from typing import Final

from fakegpt_tui.backends.base import Backend
from fakegpt_tui.domain import Model, ServiceError
from fakegpt_tui.host.access_keys import AccessKey
from fakegpt_tui.host.meter import require_model, usable_models
from fakegpt_tui.protocol.client_requests import ModelNotFound

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
        """The model of a request, which the service has, or its default one.

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
