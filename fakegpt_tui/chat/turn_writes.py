"""What a turn writes, so that none of it is lost on the way to the disk."""

from collections.abc import Callable
from concurrent.futures import Future

from fakegpt_tui.chat.saving import PendingWrites
from fakegpt_tui.chat.store import TurnStore
from fakegpt_tui.domain import ChatMessage, Conversation, MessageStatus


class TurnWriteStore:
    """The store of a turn: a reply that could not be saved is kept, and saved again later.

    A prompt that could not be saved is not sent, so there is nothing of it to keep.
    """

    def __init__(
        self,
        store: TurnStore,
        saving: PendingWrites,
        latest: Callable[[Conversation], Conversation],
        on_added: Callable[[], None],
    ) -> None:
        """`latest` knows what was changed since a conversation was given to the turn.

        `on_added` is called when prompt and reply are in the store's queue.
        """
        self._store = store
        self._saving = saving
        self._latest = latest
        self._on_added = on_added

    def add_turn(self, conversation: Conversation, *messages: ChatMessage) -> Future[None]:
        added = self._store.add_turn(self._latest(conversation), *messages)
        self._on_added()
        return added

    def grow_reply(self, reply_id: str, text: str, keep: int | None = None) -> None:
        self._store.grow_reply(reply_id, text, keep)

    def set_status(self, message_id: str, status: MessageStatus) -> Future[None]:
        return self._store.set_status(message_id, status)

    def finish_reply(self, reply: ChatMessage) -> Future[None]:
        return self._saving.submit(reply_key(reply), lambda: self._store.finish_reply(reply))


def reply_key(reply: ChatMessage) -> tuple[str, str, str]:
    return "reply", reply.conversation_id, reply.id
