"""Conversations of a host behind an interface that several processes can share."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from fakegpt_tui.domain import ReplyCut, ServiceError
from fakegpt_tui.host.conversation_cache import CachedConversation, ConversationCache, Owner
from fakegpt_tui.protocol.fakegpt import ConversationSummary, StoredMessage

STATE_SECONDS: Final = 0.3
"""How long a host waits for what several processes share at most."""


class StateError(ServiceError):
    """What several processes share cannot be used; replies go on without it."""


class StateLost(StateError):
    """What several processes share cannot be reached just now."""

    def __init__(self) -> None:
        super().__init__("The host cannot reach its conversations just now. Try again soon.")


class StateFull(StateError):
    """What several processes share has no room; what is there can still be read."""

    def __init__(self) -> None:
        super().__init__("The host has no room left for conversations. Delete some, or wait.")


class TakenOver(ReplyCut):
    """A reply was given up for lost elsewhere while this process was held up."""

    def __init__(self) -> None:
        super().__init__("The host was held up, and the reply ended meanwhile. Ask again.")


@dataclass(slots=True)
class StateFigures:
    """How often the shared state could not be used."""

    errors: int = 0
    full: int = 0
    dropped: int = 0
    """Replies that could not be saved in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostTurn:
    """Prompts that a conversation does not have yet, and the reply to them as it begins."""

    owner: Owner
    conversation: CachedConversation
    prompts: Sequence[StoredMessage]
    reply: StoredMessage


class Conversations(Protocol):
    """Conversations, each visible to its owner alone."""

    text_seconds: float | None
    """How often the text of a reply is to be saved while it streams; `None` for at its end."""

    async def find(self, owner: Owner, conversation_id: str) -> CachedConversation | None:
        """The conversation as it is now; it may be a copy."""
        ...

    async def page(
        self, owner: Owner, *, offset: int, limit: int, by_creation: bool = False
    ) -> tuple[list[ConversationSummary], int]:
        """Some conversations, the last changed or created first, and how many there are."""
        ...

    async def begin(self, turn: HostTurn, at: datetime) -> None:
        """Save the prompts and the empty reply of a turn."""
        ...

    async def save_text(self, turn: HostTurn, text: str, kept: int) -> None:
        """Save what a reply says so far; its first `kept` characters are saved already.

        Raises:
            TakenOver: The reply has ended elsewhere.
        """
        ...

    async def end(self, turn: HostTurn, reply: StoredMessage, title: str, at: datetime) -> None:
        """Save the reply as it ended, and a title where there is none."""
        ...

    async def rename(self, owner: Owner, conversation_id: str, title: str) -> None: ...

    async def delete(self, owner: Owner, conversation_id: str) -> None: ...

    async def clear(self, owner: Owner) -> None:
        """Delete all conversations of an owner."""
        ...


@dataclass(slots=True)
class MemoryConversations:
    """Conversations in the memory of one process."""

    cache: ConversationCache
    text_seconds: float | None = None

    async def find(self, owner: Owner, conversation_id: str) -> CachedConversation | None:
        """The conversation itself."""
        return self.cache.get(owner, conversation_id)

    async def page(
        self, owner: Owner, *, offset: int, limit: int, by_creation: bool = False
    ) -> tuple[list[ConversationSummary], int]:
        """Some conversations, as `Conversations.page` says."""
        kept = self.cache.list_for(owner)
        if by_creation:
            kept.sort(key=lambda conversation: conversation.created_at)
        newest = kept[::-1][offset : offset + limit]
        return [conversation.summary() for conversation in newest], len(kept)

    async def begin(self, turn: HostTurn, at: datetime) -> None:
        """Save the prompts and the empty reply of a turn."""
        if not turn.conversation.size:
            self.cache.add(turn.owner, turn.conversation)
        for message in (*turn.prompts, turn.reply):
            turn.conversation.put(message, at)
        self.cache.touch(turn.owner, turn.conversation)

    async def save_text(self, turn: HostTurn, text: str, kept: int) -> None:
        """Do nothing: a process that ends takes its memory with it."""

    async def end(self, turn: HostTurn, reply: StoredMessage, title: str, at: datetime) -> None:
        """Save the reply as it ended, and a title where there is none."""
        turn.conversation.title = turn.conversation.title or title
        turn.conversation.put(reply, at)
        self.cache.touch(turn.owner, turn.conversation)

    async def rename(self, owner: Owner, conversation_id: str, title: str) -> None:
        if conversation := self.cache.get(owner, conversation_id):
            conversation.title = title

    async def delete(self, owner: Owner, conversation_id: str) -> None:
        self.cache.delete(owner, conversation_id)

    async def clear(self, owner: Owner) -> None:
        """Delete all conversations of an owner."""
        self.cache.clear(owner)
