"""Active turns: those that run or wait, by conversation, and those whose replies failed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from fakegpt_tui.domain import StoreError

if TYPE_CHECKING:
    from fakegpt_tui.chat.pending_writes import Stores
    from fakegpt_tui.chat.turn import Turn


class ActiveTurns(Collection[str]):
    """Turns in the order in which they were created.

    Iterating yields the ids of conversations with an active turn. Several turns in one
    conversation reply to the same prompt side by side.
    """

    def __init__(self) -> None:
        self._turns: dict[str, list[Turn]] = {}
        self._all: list[Turn] = []

    def __contains__(self, conversation_id: object) -> bool:
        return conversation_id in self._turns

    def __iter__(self) -> Iterator[str]:
        return iter(self._turns)

    def __len__(self) -> int:
        return len(self._turns)

    def all(self) -> list[Turn]:
        return self._all.copy()

    def of(self, conversation_id: str) -> tuple[Turn, ...]:
        return tuple(self._turns.get(conversation_id, ()))

    def shown(self, conversation_id: str, leaf_id: str | None) -> Turn | None:
        """The turn whose reply ends the shown path, or else the first one there."""
        turns = self._turns.get(conversation_id, [])
        shown = (turn for turn in turns if turn.reply_id == leaf_id)
        return next(shown, turns[0] if turns else None)

    def add(self, turn: Turn) -> None:
        self._turns.setdefault(turn.conversation.id, []).append(turn)
        self._all.append(turn)

    def remove(self, turn: Turn) -> None:
        """Remove a turn, if it is active."""
        if turn not in self._all:
            return
        self._all.remove(turn)
        turns = self._turns[turn.conversation.id]
        turns.remove(turn)
        if not turns:
            del self._turns[turn.conversation.id]

    def stop(self, conversation_id: str) -> bool:
        """Stop the turns of a conversation; true if there was one."""
        turns = self.of(conversation_id)
        for turn in turns:
            turn.stop()
        return bool(turns)

    def stop_all(self) -> int:
        """Stop all turns; the number of turns that were stopped."""
        turns = self.all()
        for turn in turns:
            turn.stop()
        return len(turns)


class FailedReplies:
    """The replies that failed or were interrupted last, by the ids of their conversations.

    The sign is that of the reply that a conversation ends with, so that it goes with the next
    prompt, and with another variant. The store notes failures as it ends replies, those of other
    instances and commands included; so a kill is one, too.
    """

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._replies: dict[str, str] | None = None

    def all(self) -> Mapping[str, str]:
        """The failed replies by conversation, some of which may have been asked for again."""
        if self._replies is None:
            self._replies = {}
            self.refresh()
        return self._replies

    def refresh(self) -> None:
        """Read what other instances have noted, too."""
        known = dict(self._replies or {})
        with suppress(StoreError):
            for store in self._stores.all():
                known |= store.changes.failed_replies()
        self._replies = known

    def add(self, conversation_id: str, reply_id: str) -> None:
        """Take note of a reply that has just failed."""
        self._replies = {**self.all(), conversation_id: reply_id}
