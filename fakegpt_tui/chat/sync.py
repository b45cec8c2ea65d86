"""Reading again what another instance of the program has written."""

from contextlib import suppress

from fakegpt_tui.chat.conversation_index import ConversationIndex
from fakegpt_tui.chat.drafts import Drafts
from fakegpt_tui.chat.message_trees import MessageTrees
from fakegpt_tui.chat.queue import PromptQueue
from fakegpt_tui.chat.store_interface import ChatStore
from fakegpt_tui.domain import StoreError


class StoreSync:
    """Reads again what the nouns of the chat room know, once somebody else has changed it.

    What was cancelled, or cannot be read just now, is read the next time.
    """

    def __init__(
        self,
        store: ChatStore,
        headers: ConversationIndex,
        trees: MessageTrees,
        drafts: Drafts,
        queue: PromptQueue,
    ) -> None:
        self._store = store
        self._headers = headers
        self._trees = trees
        self._drafts = drafts
        self._queue = queue
        self._is_stale = False

    def mark_stale(self) -> None:
        """Let the next `refresh` read everything, whoever has changed it."""
        self._is_stale = True

    async def refresh(self) -> bool:
        """Is anything to be shown anew?"""
        self._is_stale = self._store.poll_changes() or self._is_stale
        if self._is_stale:
            with suppress(StoreError):
                await self._headers.refresh()
                self._trees.clear_cache()
                self._drafts.refresh()
                self._queue.refresh()
                self._is_stale = False
                return True
        return False
