"""Backend of a host with a monthly budget: refuses what would pass it, records what is spent."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

from fakegpt_tui.backends.token_estimate import estimate_total_tokens
from fakegpt_tui.domain import (
    Conversation,
    MessageStatus,
    Model,
    ReplyEnded,
    Service,
    StreamEvent,
    Usage,
    UsageReported,
    new_id,
    now,
)
from fakegpt_tui.domain.prices import SpendingEntry

if TYPE_CHECKING:
    from fakegpt_tui.backends.base import Backend, ReplyRequest
    from fakegpt_tui.chat.spending import Spending

_PURPOSE = "host"


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
