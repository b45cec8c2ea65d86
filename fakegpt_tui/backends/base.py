"""What every backend can do, and what the ones that sign in need for it."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from fakegpt_tui.domain import ContextMessage, Model, Session, StreamEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyRequest:
    """What a backend is asked to answer: the shown path, oldest first, ending in the prompt."""

    messages: tuple[ContextMessage, ...]
    model: str


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
