"""A backend for clients that name models of another service, as old clients of the protocol do."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from fakegpt_tui.backends.base import Backend, ReplyRequest
from fakegpt_tui.domain import Model, ServiceError, StreamEvent


class ModelAlias:
    """Answers a prompt for a model that `backend` does not have with the model that it has first.

    Its list is asked for when an unknown name comes. Where it cannot be had, the names that it
    might have are no reason to refuse anything: then `default` answers.
    """

    def __init__(self, backend: Backend, default: str) -> None:
        self._backend = backend
        self._default = default
        self._known: frozenset[str] = frozenset()

    async def stream(self, request: ReplyRequest) -> AsyncGenerator[StreamEvent]:
        """Stream one reply, as `Backend.stream` says."""
        model = await self._resolve_model(request.model)
        async with aclosing(self._backend.stream(replace(request, model=model))) as events:
            async for event in events:
                yield event

    async def models(self) -> tuple[Model, ...]:
        """The models of the backend, the default one first.

        Raises:
            ServiceError: The list could not be had.
        """
        models = await self._backend.models()
        self._known = frozenset(model.id for model in models)
        return models

    async def aclose(self) -> None:
        await self._backend.aclose()

    async def _resolve_model(self, asked: str) -> str:
        if asked in self._known:
            return asked
        try:
            models = await self.models()
        except ServiceError:
            if not self._default:
                raise
            return self._default
        return asked if asked in self._known else models[0].id
