"""Side requests: short requests to a model that are no turn, for summaries and titles."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.domain import (
    AppendOnlyText,
    BadReply,
    ContextMessage,
    FinishReason,
    GenerationSettings,
    MessageStatus,
    ReplyEnded,
    Role,
    Usage,
    UsageReported,
    new_id,
    now,
)
from fakegpt_tui.domain.fast_dataclass import dataclass
from fakegpt_tui.domain.prices import SpendingEntry

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakegpt_tui.chat.services import Services
    from fakegpt_tui.chat.spending import Spending


@dataclass(frozen=True, slots=True, kw_only=True)
class SideRequest:
    """Instructions and a text for a model of a service, for a conversation.

    `purpose` names it in the ledger; the reply has about `max_tokens` at most.
    """

    conversation_id: str
    service: str
    model: str
    purpose: str
    instructions: str
    text: str
    max_tokens: int


@dataclass(frozen=True, slots=True)
class SideReply:
    """What a model made of it."""

    text: str
    usage: Usage | None


class SideRequests:
    """Asks services beside the turns; what it costs is in the ledger."""

    def __init__(
        self,
        services: Services,
        spending: Callable[[], Spending],
        *,
        is_temporary: Callable[[str], bool],
    ) -> None:
        """`is_temporary` tells of a conversation whether nothing of it may reach the disk."""
        self._services = services
        self._spending = spending
        self._is_temporary = is_temporary

    async def ask(self, request: SideRequest) -> SideReply:
        """The reply, if it is whole.

        Raises:
            FakeGPTError: The service failed, or the reply is empty, cut or refused.
        """
        backend = await self._services.backend(request.service)
        asked = ReplyRequest(
            messages=(
                ContextMessage(Role.SYSTEM.value, request.instructions),
                ContextMessage(Role.USER.value, request.text),
            ),
            model=request.model,
            generation=GenerationSettings(max_tokens=request.max_tokens),
        )
        text, usage, reason = AppendOnlyText(), None, None
        try:
            async with aclosing(backend.stream(asked)) as events:
                async for event in events:
                    text.apply(event)
                    match event:
                        case UsageReported(reported):
                            usage = reported
                        case ReplyEnded(ended):
                            reason = ended
                        case _:
                            pass
        finally:
            self._record(request, usage, is_whole=reason is not None)
        if reason is not FinishReason.STOP or not text.text.strip():
            raise BadReply("The model did not finish what it was asked for, so nothing changed.")
        return SideReply(text.text.strip(), usage)

    def _record(self, request: SideRequest, usage: Usage | None, *, is_whole: bool) -> None:
        status = MessageStatus.COMPLETE if is_whole else MessageStatus.INTERRUPTED
        is_temporary = self._is_temporary(request.conversation_id)
        self._spending().record(
            SpendingEntry(
                reply_id=new_id(),
                conversation_id="" if is_temporary else request.conversation_id,
                at=now(),
                service=request.service,
                model=request.model,
                purpose=request.purpose,
                status=status,
                usage=usage,
            )
        )
