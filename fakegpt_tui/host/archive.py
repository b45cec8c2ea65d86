"""The conversations that the host remembers for those who are signed in."""

from dataclasses import dataclass
from typing import TypeAlias

from fakegpt_tui.host.conversation import CachedConversation

Owner: TypeAlias = tuple[str, str]
"""An account and what stands for a session password: who has both sees the same conversations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheLimits:
    """How much is remembered of everybody together; beyond it the longest untouched goes."""

    conversations: int = 1_000
    characters: int = 20_000_000


class ConversationCache:
    """Conversations of all owners, in memory only, and none of them seen by another owner."""

    def __init__(self, limits: CacheLimits | None = None) -> None:
        self._limits = limits or CacheLimits()
        self._conversations: dict[tuple[Owner, str], CachedConversation] = {}
        """The longest untouched first."""

    def get(self, owner: Owner, conversation_id: str) -> CachedConversation | None:
        return self._conversations.get((owner, conversation_id))

    def list_for(self, owner: Owner) -> list[CachedConversation]:
        """All conversations of `owner`, the longest untouched first."""
        return [kept for (whose, _), kept in self._conversations.items() if whose == owner]

    def add(self, owner: Owner, conversation: CachedConversation) -> None:
        self._conversations[owner, conversation.id] = conversation
        self._make_room()

    def touch(self, owner: Owner, conversation: CachedConversation) -> None:
        """`conversation` has changed; if it was forgotten meanwhile, it stays so."""
        if kept := self._conversations.pop((owner, conversation.id), None):
            self.add(owner, kept)

    def delete(self, owner: Owner, conversation_id: str) -> None:
        self._conversations.pop((owner, conversation_id), None)

    def clear(self, owner: Owner) -> None:
        """Forget all conversations of `owner`."""
        for conversation in self.list_for(owner):
            self.delete(owner, conversation.id)

    def _make_room(self) -> None:
        excess = sum(kept.weight for kept in self._conversations.values()) - self._limits.characters
        while excess > 0 or len(self._conversations) > self._limits.conversations:
            excess -= self._conversations.pop(next(iter(self._conversations))).weight
