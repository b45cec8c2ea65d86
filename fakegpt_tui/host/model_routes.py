"""Model routes: the models of the backend, in the form that the client's protocol has."""

import time
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fakegpt_tui.host.access import Access
from fakegpt_tui.host.api_errors import speaks_messages
from fakegpt_tui.host.errors import json_response
from fakegpt_tui.host.model_catalog import ModelCatalog
from fakegpt_tui.protocol.anthropic.answers import message_model_body, message_model_list_body
from fakegpt_tui.protocol.openai import model_body, model_list_body


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
