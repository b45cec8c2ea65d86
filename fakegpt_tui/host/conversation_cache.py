"""Conversation cache: conversations in memory, per owner."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TypeAlias

from fakegpt_tui.domain import ContextMessage, MessageStatus, Role
from fakegpt_tui.domain.message_tree import Tree
from fakegpt_tui.protocol.fakegpt import ConversationSummary, StoredMessage, conversation_json

MESSAGE_WEIGHT = 500
"""The size of a message without text, in characters."""


class CachedConversation:
    """Grows by prompts and replies, and ends in the newest of them.

    `root_id` is the parent of the first prompt. The client chose it, and names it again to edit
    that prompt.
    """

    def __init__(self, *, conversation_id: str, root_id: str, created_at: datetime) -> None:
        self.id = conversation_id
        self.root_id = root_id
        self.leaf_id = root_id
        self.title = ""
        self.created_at = created_at
        self.updated_at = created_at
        self.weight = MESSAGE_WEIGHT
        """Its approximate size in characters."""
        self._tree = Tree[StoredMessage]()

    @property
    def size(self) -> int:
        """How many messages it has."""
        return len(self._tree)

    @property
    def is_streaming(self) -> bool:
        """Is its newest message still arriving?"""
        newest = self._tree.get(self.leaf_id)
        return newest is not None and newest.status is MessageStatus.STREAMING

    def __contains__(self, node_id: str) -> bool:
        return node_id == self.root_id or node_id in self._tree

    def message(self, message_id: str) -> StoredMessage | None:
        return self._tree.get(message_id)

    def messages(self) -> tuple[StoredMessage, ...]:
        """All messages, in the order in which they came."""
        return tuple(self._tree)

    def put(self, message: StoredMessage, at: datetime) -> None:
        """Add a message, whose parent is there, or replace the one with its id."""
        before = self._tree.get(message.id)
        self.weight += len(message.text) - len(before.text) if before else _weight(message)
        self._tree.put(message)
        self.leaf_id = message.id
        self.updated_at = at

    def context(self, leaf_id: str) -> tuple[ContextMessage, ...]:
        """The path to `leaf_id`, oldest first; a continued reply is one message."""
        context: list[ContextMessage] = []
        path = list(self._tree.upwards(leaf_id))[::-1]
        for role, run in groupby(path, key=lambda message: message.role):
            texts = [message.text for message in run]
            if role == Role.ASSISTANT:
                texts = ["".join(texts)]
            context += [ContextMessage(role, text) for text in texts]
        return tuple(context)

    def first_prompt(self) -> str:
        """The text of the first prompt; empty without one."""
        prompts = (m.text for m in self._tree if m.role == Role.USER)
        return next(prompts, "")

    def summary(self) -> ConversationSummary:
        return ConversationSummary(
            id=self.id, title=self.title, created_at=self.created_at, updated_at=self.updated_at
        )

    def body(self) -> Iterator[str]:
        """All of it as it is now, in the shape of the protocol, as pieces of JSON."""
        return conversation_json(
            self.summary(), list(self._tree), root_id=self.root_id, leaf_id=self.leaf_id
        )


def _weight(message: StoredMessage) -> int:
    return MESSAGE_WEIGHT + len(message.text) + len(message.role)


Owner: TypeAlias = tuple[str, str]
"""An account and a digest of a session password; the same pair sees the same conversations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheLimits:
    """The size of the cache for an account or access key, and in all."""

    conversations: int = 1_000
    characters: int = 20_000_000
    all_characters: int = 200_000_000


class ConversationCache:
    """Conversations of all owners, in memory only, each visible to its owner alone.

    The first part of an owner, its account or key, has room of its own. Where it is full, the owner
    who has the most of it loses the least recently used conversation; where all is full, the
    largest account or key does so. A conversation that is being replied to stays.
    """

    def __init__(self, limits: CacheLimits | None = None) -> None:
        self._limits = limits or CacheLimits()
        self._accounts: dict[str, dict[tuple[Owner, str], CachedConversation]] = {}
        """Of each account, the least recently used first."""
        self._weights: dict[str, int] = {}
        self._weighed: dict[tuple[Owner, str], int] = {}
        """What each conversation counts for in the weight of its account."""

    def get(self, owner: Owner, conversation_id: str) -> CachedConversation | None:
        return self._accounts.get(owner[0], {}).get((owner, conversation_id))

    def list_for(self, owner: Owner) -> list[CachedConversation]:
        """All conversations of `owner`, the least recently used first."""
        kept = self._accounts.get(owner[0], {})
        return [each for (other, _), each in kept.items() if other == owner]

    def add(self, owner: Owner, conversation: CachedConversation) -> None:
        self._accounts.setdefault(owner[0], {})[owner, conversation.id] = conversation
        self._weigh(owner, conversation.id, conversation.weight)
        self._drop_excess(owner[0])
        while sum(self._weights.values()) > self._limits.all_characters:
            largest = max(self._weights, key=lambda account: self._weights[account])
            if not self._drop_oldest(largest):
                break

    def touch(self, owner: Owner, conversation: CachedConversation) -> None:
        """Mark a conversation as changed, unless it has been deleted."""
        if kept := self._accounts.get(owner[0], {}).pop((owner, conversation.id), None):
            self.add(owner, kept)

    def delete(self, owner: Owner, conversation_id: str) -> None:
        kept = self._accounts.get(owner[0], {})
        if kept.pop((owner, conversation_id), None) is not None:
            self._weigh(owner, conversation_id, 0)

    def clear(self, owner: Owner) -> None:
        """Delete all conversations of `owner`."""
        for conversation in self.list_for(owner):
            self.delete(owner, conversation.id)

    def _drop_excess(self, account: str) -> None:
        while (
            self._weights.get(account, 0) > self._limits.characters
            or len(self._accounts.get(account, ())) > self._limits.conversations
        ):
            if not self._drop_oldest(account):
                return

    def _drop_oldest(self, account: str) -> bool:
        """Drop what the largest owner has used least recently and is not being replied to."""
        kept, weights = self._accounts[account], Counter[Owner]()
        for (owner, _), conversation in kept.items():
            weights[owner] += conversation.weight
        for largest, _ in weights.most_common():
            for name, conversation in kept.items():
                if name[0] == largest and not conversation.is_streaming:
                    self.delete(*name)
                    return True
        return False

    def _weigh(self, owner: Owner, conversation_id: str, weight: int) -> None:
        """Count a conversation, or with a weight of 0 no more."""
        account, name = owner[0], (owner, conversation_id)
        self._weights[account] = self._weights.get(account, 0) + weight - self._weighed.pop(name, 0)
        if weight:
            self._weighed[name] = weight
        elif not self._accounts[account]:
            del self._accounts[account], self._weights[account]
