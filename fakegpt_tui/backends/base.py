"""The backend interface, the request for a reply, and a wrapper that substitutes unknown models."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Protocol

from fakegpt_tui.domain import (
    ContextMessage,
    GenerationSettings,
    Model,
    ServiceError,
    Session,
    StreamEvent,
    new_id,
)


class Purpose(Enum):
    """What a reply is for."""

    NEXT = auto()
    """It answers a new prompt."""

    VARIANT = auto()
    """It answers a prompt that has been answered before."""

    CONTINUE = auto()
    """It goes on where the last reply of the context stops; only the continuation is streamed."""


@dataclass(frozen=True, slots=True)
class RemoteParent:
    """Where a prompt belongs in a conversation that the service keeps, by the service's ids.

    `parent_id` is the message that the prompt follows, or for `Purpose.CONTINUE` the reply that
    is continued.
    """

    conversation_id: str
    parent_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyRequest:
    """What a backend is asked to answer: the shown path, oldest first, ending in the prompt.

    All of it is always there, so that a backend whose service keeps the history may use `place`
    and `prompt_id`, and fall back to the messages where the service has forgotten.
    """

    messages: tuple[ContextMessage, ...]
    model: str
    purpose: Purpose = Purpose.NEXT
    prompt_id: str = field(default_factory=new_id)
    remote_parent: RemoteParent | None = None
    generation: GenerationSettings = field(default_factory=GenerationSettings)


class Backend(Protocol):
    """Something that can reply."""

    def stream(self, request: ReplyRequest) -> AsyncGenerator[StreamEvent]:
        """Stream one reply.

        A reply that is whole ends with `ReplyEnded`; nothing follows it. Closing the generator, or
        cancelling the task that reads it, ends the request at once.

        Raises:
            ServiceError: What went wrong. Text that was yielded before it stays valid.
        """
        ...

    async def models(self) -> tuple[Model, ...]:
        """The models that can be asked for, the default one first.

        Raises:
            ServiceError: The list could not be had.
        """
        ...

    async def aclose(self) -> None:
        """Give back whatever is held. Nothing may be asked after it."""
        ...


class SessionSource(Protocol):
    """Where a backend that signs in gets its session from."""

    async def current(self) -> Session:
        """A session that is good as far as anyone knows, signing in first if need be.

        Raises:
            ServiceError: Signing in failed.
        """
        ...

    async def renew(self, refused: Session) -> Session:
        """Another session than `refused`, which the service has just turned down.

        Concurrent callers that were refused with the same session share one login.

        Raises:
            ServiceError: Signing in failed.
        """
        ...


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
