"""Side requests: short requests to a model that are no turn, and the titles that they make."""

from __future__ import annotations

import logging
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.domain import (
    AppendOnlyText,
    BadReply,
    ContextMessage,
    FakeGPTError,
    FinishReason,
    GenerationSettings,
    MessageStatus,
    ReplyEnded,
    Role,
    TitleSource,
    Usage,
    UsageReported,
    new_id,
    now,
)
from fakegpt_tui.domain.prices import SpendingEntry
from fakegpt_tui.fast_import import dataclass
from fakegpt_tui.text import safe_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakegpt_tui.chat.conversation_index import ConversationIndex
    from fakegpt_tui.chat.services import Services
    from fakegpt_tui.chat.spending import Spending
    from fakegpt_tui.chat.turn import Turn
    from fakegpt_tui.domain import ModelRef

_LOG = logging.getLogger(__name__)
_LONGEST_TITLE: Final = 50
_READ_FOR_TITLE: Final = 2_000
"""Characters of the first prompt that the model is shown."""

_TITLE_TOKENS: Final = 400
"""A model that thinks needs more than the title has."""

_QUOTES: Final = "\"'“”„«»‘’`*#"
_TITLE_INSTRUCTIONS: Final = (
    f"Answer with a title for a conversation that begins with this prompt: at most {_LONGEST_TITLE}"
    " characters, one line, in the language of the prompt, without quotes and without a colon."
    " Do not answer the prompt."
)


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


class Titles:
    """Titles new conversations, where a model was chosen for that."""

    def __init__(
        self, index: ConversationIndex, requests: SideRequests, model: ModelRef | None
    ) -> None:
        self._index = index
        self._requests = requests
        self._model = model

    def is_wanted(self, turn: Turn) -> bool:
        """Was that the first reply of a conversation whose title is still that of the prompt?"""
        known = self._index.find(turn.conversation.id)
        return (
            self._model is not None
            and known is not None
            and known.title_source is TitleSource.PROMPT
            and turn.prompt.parent_id is None
            and turn.reply.status is MessageStatus.COMPLETE
            and not self._index.is_temporary(known.id)
        )

    async def make(self, turn: Turn) -> None:
        """Ask for a title, and use it; where that fails, the first line of the prompt stays."""
        if self._model is None:
            return
        try:
            reply = await self._requests.ask(
                SideRequest(
                    conversation_id=turn.conversation.id,
                    service=self._model.service,
                    model=self._model.model,
                    purpose="title",
                    instructions=_TITLE_INSTRUCTIONS,
                    text=turn.prompt.text[:_READ_FOR_TITLE],
                    max_tokens=_TITLE_TOKENS,
                )
            )
            title = clean_title(reply.text)
            if title:
                self._index.suggest_title(turn.conversation.id, title)
        except FakeGPTError as error:
            _LOG.info("No title was made: %s", type(error).__name__)


def clean_title(text: str) -> str:
    """The first line that says something, without quotes, marks and a full stop; cut if need be."""
    lines = (safe_line(line).strip(f" {_QUOTES}").rstrip(":.") for line in text.splitlines())
    return safe_line(next((line for line in lines if line), ""), _LONGEST_TITLE)
