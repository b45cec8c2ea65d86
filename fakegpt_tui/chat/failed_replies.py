"""Failed replies: which conversations have the sign of one, also after a restart."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from fakegpt_tui.domain import StoreError

if TYPE_CHECKING:
    from fakegpt_tui.chat.pending_writes import Stores


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
