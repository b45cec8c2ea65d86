"""The conversations that the host remembers for those who are signed in."""

from dataclasses import dataclass
from typing import TypeAlias

from fakegpt_tui.host.conversation import KeptConversation

Owner: TypeAlias = tuple[str, str]
"""An account and what stands for a session password: who has both sees the same conversations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveLimits:
    """How much is remembered of everybody together; beyond it the longest untouched goes."""

    conversations: int = 1_000
    characters: int = 20_000_000


class Archive:
    """Conversations of all owners, in memory only, and none of them seen by another owner."""

    def __init__(self, limits: ArchiveLimits | None = None) -> None:
        self._limits = limits or ArchiveLimits()
        self._kept: dict[tuple[Owner, str], KeptConversation] = {}
        """The longest untouched first."""

    def find(self, owner: Owner, conversation_id: str) -> KeptConversation | None:
        return self._kept.get((owner, conversation_id))

    def of(self, owner: Owner) -> list[KeptConversation]:
        """All conversations of `owner`, the longest untouched first."""
        return [kept for (whose, _), kept in self._kept.items() if whose == owner]

    def add(self, owner: Owner, conversation: KeptConversation) -> None:
        self._kept[owner, conversation.id] = conversation
        self._make_room()

    def touch(self, owner: Owner, conversation: KeptConversation) -> None:
        """`conversation` has changed; if it was forgotten meanwhile, it stays so."""
        if kept := self._kept.pop((owner, conversation.id), None):
            self.add(owner, kept)

    def forget(self, owner: Owner, conversation_id: str) -> None:
        self._kept.pop((owner, conversation_id), None)

    def clear(self, owner: Owner) -> None:
        """Forget all conversations of `owner`."""
        for conversation in self.of(owner):
            self.forget(owner, conversation.id)

    def _make_room(self) -> None:
        excess = sum(kept.weight for kept in self._kept.values()) - self._limits.characters
        while excess > 0 or len(self._kept) > self._limits.conversations:
            excess -= self._kept.pop(next(iter(self._kept))).weight
