"""A store that keeps nothing: for a prompt whose conversation nobody wants to find again."""

from concurrent.futures import Future

from fakegpt_tui.domain import ChatMessage, Conversation, MessageStatus


class Unstored:
    """Stands where the chat service expects a store; every write is settled, and gone."""

    def conversations(self) -> list[Conversation]:
        return []

    def messages(self, conversation_id: str) -> list[ChatMessage]:  # noqa: ARG002 - a store's signature
        return []

    def path(self, conversation_id: str) -> list[ChatMessage]:  # noqa: ARG002 - a store's signature
        return []

    def add_turn(
        self,
        conversation: Conversation,  # noqa: ARG002 - a store's signature
        prompt: ChatMessage,  # noqa: ARG002 - a store's signature
        reply: ChatMessage,  # noqa: ARG002 - a store's signature
    ) -> Future[None]:
        return _settled()

    def grow_reply(self, reply_id: str, text: str, keep: int | None = None) -> None:
        """Nothing to grow."""

    def set_status(self, message_id: str, status: MessageStatus) -> Future[None]:  # noqa: ARG002 - a store's signature
        return _settled()

    def finish_reply(self, reply: ChatMessage) -> Future[None]:  # noqa: ARG002 - a store's signature
        return _settled()

    def save_conversation(self, conversation: Conversation) -> Future[None]:  # noqa: ARG002 - a store's signature
        return _settled()


def _settled() -> Future[None]:
    future: Future[None] = Future()
    future.set_result(None)
    return future
