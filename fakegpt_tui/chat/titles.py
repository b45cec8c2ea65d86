"""Titles by a chosen model: one request after the first reply, never over a title by a person."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from fakegpt_tui.chat.side_requests import SideRequest, SideRequests
from fakegpt_tui.domain import FakeGPTError, MessageStatus, TitleSource
from fakegpt_tui.text import safe_line

if TYPE_CHECKING:
    from fakegpt_tui.chat.conversation_index import ConversationIndex
    from fakegpt_tui.chat.turn import Turn
    from fakegpt_tui.domain import ModelRef

_LOG = logging.getLogger(__name__)
_LONGEST: Final = 50
_READ: Final = 2_000
"""Characters of the first prompt that the model is shown."""

_TOKENS: Final = 400
"""A model that thinks needs more than the title has."""

_QUOTES: Final = "\"'“”„«»‘’`*#"
_INSTRUCTIONS: Final = (
    f"Answer with a title for a conversation that begins with this prompt: at most {_LONGEST}"
    " characters, one line, in the language of the prompt, without quotes and without a colon."
    " Do not answer the prompt."
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
                    instructions=_INSTRUCTIONS,
                    text=turn.prompt.text[:_READ],
                    max_tokens=_TOKENS,
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
    return safe_line(next((line for line in lines if line), ""), _LONGEST)
