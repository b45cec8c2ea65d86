"""Conversation cache: the conversations that the host remembers, in memory, per owner."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TypeAlias

from fakegpt_tui.domain import ContextMessage, Role
from fakegpt_tui.domain.message_tree import Tree
from fakegpt_tui.protocol.fakegpt import ConversationSummary, StoredMessage, conversation_body

_MESSAGE_WEIGHT = 500
"""What a message without text takes, in characters."""


class CachedConversation:
    """Grows by prompts and replies, and ends in the newest of them.

    `root_id` is what the first prompt follows; the client made it up, and will name it again to
    ask that prompt in another way.
    """

    def __init__(self, *, conversation_id: str, root_id: str, created_at: datetime) -> None:
        self.id = conversation_id
        self.root_id = root_id
        self.leaf_id = root_id
        self.title = ""
        self.created_at = created_at
        self.updated_at = created_at
        self.weight = _MESSAGE_WEIGHT
        """Roughly the characters that it takes in memory."""
        self._tree = Tree[StoredMessage]()

    @property
    def size(self) -> int:
        """How many messages it has."""
        return len(self._tree)

    def __contains__(self, node_id: str) -> bool:
        return node_id == self.root_id or node_id in self._tree

    def message(self, message_id: str) -> StoredMessage | None:
        return self._tree.get(message_id)

    def put(self, message: StoredMessage, at: datetime) -> None:
        """Add `message`, or have it take the place of the one of its id; its parent is known."""
        before = self._tree.get(message.id)
        self.weight += len(message.text) - len(before.text) if before else _weight(message)
        self._tree.put(message)
        self.leaf_id = message.id
        self.updated_at = at

    def context(self, leaf_id: str) -> tuple[ContextMessage, ...]:
        """The path down to `leaf_id`, oldest first; a reply in several pieces is one message."""
        context: list[ContextMessage] = []
        path = list(self._tree.upwards(leaf_id))[::-1]
        for role, run in groupby(path, key=lambda message: message.role):
            texts = [message.text for message in run]
            if role == Role.ASSISTANT:
                texts = ["".join(texts)]
            context += [ContextMessage(role, text) for text in texts]
        return tuple(context)

    def first_prompt(self) -> str:
        """What the conversation began with; empty where nobody has asked anything."""
        prompts = (m.text for m in self._tree if m.role == Role.USER)
        return next(prompts, "")

    def summary(self) -> ConversationSummary:
        return ConversationSummary(
            id=self.id, title=self.title, created_at=self.created_at, updated_at=self.updated_at
        )

    def body(self) -> dict[str, object]:
        """All of it, as the wire has it."""
        return conversation_body(
            self.summary(), self._tree, root_id=self.root_id, leaf_id=self.leaf_id
        )


def _weight(message: StoredMessage) -> int:
    return _MESSAGE_WEIGHT + len(message.text) + len(message.role)


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
