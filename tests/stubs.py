"""Fakes that stand at the seams between rooms."""

from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import replace

from fakegpt_tui.backends.base import Backend
from fakegpt_tui.chat.connection import Connect, Connection
from fakegpt_tui.domain import (
    ChatMessage,
    Conversation,
    LoginState,
    MessageStatus,
    Service,
    ServiceKind,
    StoreError,
)

SERVICE = Service(name="scripted", kind=ServiceKind.EMBEDDED, model="scripted-1")


class MemoryStore:
    """A store without a disk; `refusal` makes its writes fail."""

    def __init__(self) -> None:
        self.headers: dict[str, Conversation] = {}
        self.nodes: dict[str, ChatMessage] = {}
        self.refusal: str | None = None

    def conversations(self) -> list[Conversation]:
        return list(self.headers.values())

    def path(self, conversation_id: str) -> list[ChatMessage]:
        found = []
        node_id = self.headers[conversation_id].leaf_id
        while node_id is not None:
            found.append(self.nodes[node_id])
            node_id = self.nodes[node_id].parent_id
        return found[::-1]

    def messages(self, conversation_id: str) -> list[ChatMessage]:
        return [node for node in self.nodes.values() if node.conversation_id == conversation_id]

    def add_turn(
        self, conversation: Conversation, prompt: ChatMessage, reply: ChatMessage
    ) -> Future[None]:
        if self.refusal is None:
            self.headers[conversation.id] = conversation
            self.nodes |= {prompt.id: prompt, reply.id: reply}
        return self._saved()

    def grow_reply(self, reply_id: str, text: str, keep: int | None = None) -> None:
        node = self.nodes[reply_id]
        self.nodes[reply_id] = replace(node, text=node.text[:keep] + text)

    def set_status(self, message_id: str, status: MessageStatus) -> Future[None]:
        self.nodes[message_id] = replace(self.nodes[message_id], status=status)
        return self._saved()

    def finish_reply(self, reply: ChatMessage) -> Future[None]:
        if self.refusal is None:
            self.nodes[reply.id] = reply
        return self._saved()

    def save_conversation(self, conversation: Conversation) -> Future[None]:
        self.headers[conversation.id] = conversation
        return self._saved()

    def _saved(self) -> Future[None]:
        future: Future[None] = Future()
        if self.refusal is None:
            future.set_result(None)
        else:
            future.set_exception(StoreError(self.refusal))
        return future


def connecting(backend: Backend, before: Callable[[], Awaitable[object]] | None = None) -> Connect:
    """Connects every service to `backend`, after `before` has run."""

    async def connect(service: Service, _report: Callable[[LoginState], None]) -> Connection:
        if before is not None:
            await before()
        return Connection(service, backend, None)

    return connect
