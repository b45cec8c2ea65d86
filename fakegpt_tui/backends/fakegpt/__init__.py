"""Backend for services that use the FakeGPT protocol."""

from collections.abc import Callable
from datetime import datetime

from fakegpt_tui.backends.base import ReplyRequest, SessionSource
from fakegpt_tui.backends.credentials import SessionCredentials
from fakegpt_tui.backends.fakegpt.request import PromptBuilder
from fakegpt_tui.backends.http_stream import HttpStreamBackend
from fakegpt_tui.domain import Model, now
from fakegpt_tui.http.clients import Transport
from fakegpt_tui.http.retries import RetryPolicy
from fakegpt_tui.protocol.fakegpt import read_models, response_error


class FakeGptBackend(HttpStreamBackend):
    """Streams replies of a FakeGPT service.

    The service's `history` says who keeps the conversation. Where the service does, an event tells
    the id of each reply there, and a conversation that the service has lost starts again with all
    of its text.
    """

    def __init__(
        self,
        transport: Transport,
        sessions: SessionSource,
        *,
        retries: RetryPolicy | None = None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        super().__init__(transport, SessionCredentials(sessions), retries=retries)
        self._clock = clock

    async def models(self) -> tuple[Model, ...]:
        """The models of the service, the default one first.

        Raises:
            ServiceError: The list cannot be fetched.
        """
        path = f"{self._transport.service.endpoints.models}?history_and_training_disabled=false"
        return await self._fetch(path, read_models, response_error)

    async def _builder(self, request: ReplyRequest) -> PromptBuilder:
        return PromptBuilder(request, self._transport.service, self._clock)
