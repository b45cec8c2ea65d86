"""The backend interface, the request for a reply, and a wrapper that substitutes unknown models."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import field, replace
from enum import Enum, auto
from typing import Protocol, runtime_checkable

from fakegpt_tui.domain import (
    ContextMessage,
    GenerationSettings,
    Model,
    ServiceError,
    Session,
    StoreError,
    StreamEvent,
    new_id,
)
from fakegpt_tui.domain.exact_request import ExactRequest, LastAnswer
from fakegpt_tui.fast_import import dataclass


def _no_bytes(digest: str) -> bytes:
    raise StoreError(f"There are no bytes for {digest[:12]} here.")


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
    """A request for a reply: the messages of the shown path, oldest first, ending in the prompt.

    The messages are always complete. A backend whose service keeps the history may use
    `remote_parent` and `prompt_id` instead, and fall back to the messages if the service has lost
    the conversation.
    """

    messages: tuple[ContextMessage, ...]
    model: str
    purpose: Purpose = Purpose.NEXT
    prompt_id: str = field(default_factory=new_id)
    remote_parent: RemoteParent | None = None
    generation: GenerationSettings = field(default_factory=GenerationSettings)
    request_id: str = field(default_factory=new_id, compare=False)
    """Names the request here; ids that a service is sent are made of it."""
    read_blob: Callable[[str], bytes] = field(default=_no_bytes, compare=False, repr=False)
    """Reads the bytes of pictures and files by their digest. It blocks; raises `StoreError`."""
    sees: bool = True
    """Without it, the model is known to take no pictures; those of earlier turns are named."""


class Backend(Protocol):
    """Streams replies."""

    def stream(self, request: ReplyRequest) -> AsyncGenerator[StreamEvent]:
        """Stream one reply.

        A reply that is whole ends with `ReplyEnded`; nothing follows it. Closing the generator, or
        cancelling the task that reads it, ends the request at once.

        Raises:
            ServiceError: The reply failed. Text that was yielded before it stays valid.
        """
        ...

    async def models(self) -> tuple[Model, ...]:
        """The available models, the default one first.

        Raises:
            ServiceError: The list cannot be fetched.
        """
        ...

    async def aclose(self) -> None:
        """Release all resources. The backend cannot be used afterwards."""
        ...


@runtime_checkable
class ModelKnowledge(Protocol):
    """A backend that remembers what it was told of models, for a list or on the way to a reply."""

    @property
    def listed_models(self) -> tuple[Model, ...]:
        """The models that were listed last, the default one first; empty before that."""
        ...

    def window(self, model: str) -> int | None:
        """How many tokens a model takes, as far as that is known; `model` may be empty."""
        ...


@runtime_checkable
class RequestPreviewer(Protocol):
    """A backend that can show what it would send."""

    async def preview(self, request: ReplyRequest) -> ExactRequest:
        """The very request that `stream` would send first for `request`; nothing of it is sent.

        Raises:
            ServiceError: Something of the conversation cannot be sent.
        """
        ...

    @property
    def last_answer(self) -> LastAnswer | None:
        """The beginning of the response that came last."""
        ...


class SessionSource(Protocol):
    """Provides sessions to a backend that needs one."""

    async def current(self) -> Session:
        """A session that has not expired, as far as is known; signs in first if necessary.

        Raises:
            ServiceError: Signing in failed.
        """
        ...

    async def renew(self, refused: Session) -> Session:
        """A session to replace `refused`, which the service has just refused.

        Concurrent callers with the same refused session share one login.

        Raises:
            ServiceError: Signing in failed.
        """
        ...


class ModelAlias:
    """Replaces model names that `backend` does not offer by its first model.

    For clients of a host that use the names of another service. The list is fetched when an unknown
    name comes; if that fails, `default` is used.
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
            ServiceError: The list cannot be fetched.
        """
        models = await self._backend.models()
        self._known = frozenset(model.id for model in models)
        return models

    async def aclose(self) -> None:
        await self._backend.aclose()

    async def _resolve_model(self, name: str) -> str:
        if name in self._known:
            return name
        try:
            models = await self.models()
        except ServiceError:
            if not self._default:
                raise
            return self._default
        return name if name in self._known else models[0].id
