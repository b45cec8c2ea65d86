"""Where somebody stopped reading each conversation."""

from fakegpt_tui.chat.store import ChatStore
from fakegpt_tui.domain import Bookmark


class Bookmarks:
    """One for each conversation that was left elsewhere than at its end.

    Nobody waits for them to be on disk, and nobody is told if they are not.
    """

    def __init__(self, store: ChatStore) -> None:
        self._store = store
        self._known: dict[str, Bookmark | None] = {}

    def get(self, conversation_id: str) -> Bookmark | None:
        """Where the conversation was left; `None` is its end."""
        if conversation_id not in self._known:
            self._known[conversation_id] = self._store.bookmark(conversation_id)
        return self._known[conversation_id]

    def put(self, conversation_id: str, bookmark: Bookmark | None) -> None:
        """Remember where a conversation is left; `None` is its end."""
        if self.get(conversation_id) == bookmark:
            return
        self._known[conversation_id] = bookmark
        if bookmark is None:
            self._store.forget_bookmark(conversation_id)
        else:
            self._store.save_bookmark(bookmark)

    def discard(self, conversation_id: str) -> None:
        """Let go of the bookmark of a conversation that was deleted for good."""
        self._known.pop(conversation_id, None)
