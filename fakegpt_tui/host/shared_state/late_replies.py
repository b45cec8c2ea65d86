"""Late replies: those that ended while the shared state could not be used, until it can."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Final

from fakegpt_tui.host.conversation_cache import Owner
from fakegpt_tui.host.conversations import HostTurn, StateError, StateFigures
from fakegpt_tui.protocol.fakegpt import StoredMessage

_RETRY_SECONDS: Final = 1.0
_LONGEST_SECONDS: Final = 60.0
_MOST_CHARACTERS: Final = 64_000_000
_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class StartedReply:
    """A reply of this process, and whether its beginning is known to be saved."""

    turn: HostTurn
    at: datetime
    token: str
    is_saved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedReply:
    """A reply with all that is to be saved at its end."""

    started: StartedReply
    reply: StoredMessage
    title: str
    at: datetime
    ended_at: float = field(default_factory=monotonic)

    def is_of(self, owner: Owner, conversation_id: str) -> bool:
        turn = self.started.turn
        return (turn.owner, turn.conversation.id) == (owner, conversation_id)


class LateReplies:
    """Saves replies once the state can be reached again; drops old ones, and those beyond a limit.

    Dropped replies are counted; of each remains what was saved while it streamed.
    """

    def __init__(
        self, save: Callable[[EndedReply], Awaitable[None]], figures: StateFigures
    ) -> None:
        self._save = save
        self._figures = figures
        self._waiting: list[EndedReply] = []
        self._task: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, reply: EndedReply) -> None:
        size = sum(len(each.reply.text) for each in self._waiting) + len(reply.reply.text)
        if size > _MOST_CHARACTERS:
            self._drop(1)
            return
        self._waiting.append(reply)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._retry())

    def has(self, owner: Owner, conversation_id: str) -> bool:
        return any(each.is_of(owner, conversation_id) for each in self._waiting)

    async def flush(self) -> None:
        """Save all that wait, as far as that is possible now, and drop what is too old."""
        for each in list(self._waiting):
            try:
                await self._save(each)
            except StateError:
                break
            if each in self._waiting:
                self._waiting.remove(each)
        since = monotonic() - _LONGEST_SECONDS
        kept = [each for each in self._waiting if each.ended_at > since]
        self._drop(len(self._waiting) - len(kept))
        self._waiting = kept

    async def close(self) -> None:
        """Try once more, and drop what cannot be saved."""
        if self._task is not None:
            self._task.cancel()
        await self.flush()
        self._drop(len(self._waiting))
        self._waiting.clear()

    async def _retry(self) -> None:
        while self._waiting:
            await asyncio.sleep(_RETRY_SECONDS)
            await self.flush()

    def _drop(self, count: int) -> None:
        if count:
            self._figures.dropped += count
            _log.warning("Replies that could not be saved in time: %s.", self._figures.dropped)
