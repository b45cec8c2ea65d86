"""Connections: services ready for use, their logins, and the monthly budget of a host."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING, Protocol, TypeAlias

from fakegpt_tui.backends.token_estimate import estimate_total_tokens
from fakegpt_tui.domain import (
    Conversation,
    LoginState,
    MessageStatus,
    Model,
    ReplyEnded,
    Service,
    Session,
    StreamEvent,
    Usage,
    UsageReported,
    new_id,
    now,
)
from fakegpt_tui.fast_import import dataclass

if TYPE_CHECKING:
    from fakegpt_tui.backends.base import Backend, ReplyRequest
    from fakegpt_tui.chat.spending import Spending
    from fakegpt_tui.domain.prices import SpendingEntry

_PURPOSE = "host"


class LoginControl(Protocol):
    """Signing in to a service and out of it."""

    @property
    def state(self) -> LoginState: ...

    @property
    def account(self) -> str:
        """The account that is signed in, if any."""
        ...

    async def sign_in(self) -> Session:
        """Sign in, unless that is done already.

        Raises:
            ServiceError: The login failed.
        """
        ...

    async def sign_in_again(self, *, elsewhere: bool = False) -> Session:
        """Sign in once more, with the same account or `elsewhere`, with another if there is one.

        Raises:
            ServiceError: The login failed; the session that there was is still in use.
        """
        ...

    async def sign_out(self) -> None:
        """Delete the session, also on disk."""
        ...


@dataclass(frozen=True, slots=True)
class Connection:
    """A service ready for use; `login` is `None` where there is nothing to sign in to."""

    service: Service
    backend: Backend
    login: LoginControl | None


LoginListener: TypeAlias = Callable[[str, LoginState], None]
"""Told the name of a service and the new state of its login."""

Connect: TypeAlias = Callable[[Service, Callable[[LoginState], None]], Awaitable[Connection]]
"""Makes a connection, and reports its login to the listener that it is given."""


class BudgetBackend:
    """Streams replies of a service for others, as long as the budget of the month lasts."""

    def __init__(self, backend: Backend, service: Service, spending: Spending) -> None:
        self._backend = backend
        self._service = service
        self._spending = spending

    async def stream(self, request: ReplyRequest) -> AsyncGenerator[StreamEvent]:
        """Stream one reply, as `Backend.stream` says.

        Raises:
            OverBudget: It would pass the budget.
        """
        asked = self._conversation(request)
        self._spending.check(
            [asked], lambda: estimate_total_tokens(request.messages), may_repeat=False
        )
        usage: Usage | None = None
        status = MessageStatus.INTERRUPTED
        try:
            async with aclosing(self._backend.stream(request)) as events:
                async for event in events:
                    match event:
                        case UsageReported(reported):
                            usage = reported
                        case ReplyEnded():
                            status = MessageStatus.COMPLETE
                        case _:
                            pass
                    yield event
        finally:
            self._spending.record(_entry(asked, status, usage))

    async def models(self) -> tuple[Model, ...]:
        """As `Backend.models`."""
        return await self._backend.models()

    async def aclose(self) -> None:
        await self._backend.aclose()

    def _conversation(self, request: ReplyRequest) -> Conversation:
        """What is asked, as a conversation that is nowhere kept."""
        at = now()
        return Conversation(
            id=new_id(),
            service=self._service.name,
            model=request.model or self._service.model,
            created_at=at,
            updated_at=at,
            generation=request.generation,
        )


def _entry(asked: Conversation, status: MessageStatus, usage: Usage | None) -> SpendingEntry:
    from fakegpt_tui.domain.prices import SpendingEntry  # noqa: PLC0415 - with a budget

    return SpendingEntry(
        reply_id=asked.id,
        conversation_id="",
        at=asked.created_at,
        service=asked.service,
        model=asked.model,
        purpose=_PURPOSE,
        status=status,
        usage=usage,
        title="",
    )
