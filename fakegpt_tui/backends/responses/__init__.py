"""Backend for services that speak the OpenAI Responses API."""

from fakegpt_tui.backends.api.backend import ApiBackend
from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.backends.responses.request import ResponseBuilder


class ResponsesBackend(ApiBackend):
    """Streams responses; the service is asked to keep nothing of them."""

    def _build(self, request: ReplyRequest, model: str) -> ResponseBuilder:
        target = self._target(model, "/responses")
        return ResponseBuilder(request, self._transport, target)
