"""Fakes that stand at the seams between rooms."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime

from fakegpt_tui.backends.base import Backend
from fakegpt_tui.backends.scripted import ScriptedBackend, Step
from fakegpt_tui.chat.connections import Connect, Connection
from fakegpt_tui.domain import (
    ChatMessage,
    Conversation,
    Draft,
    LoginState,
    Model,
    NoLogin,
    QueuedPrompt,
    SearchHit,
    SearchQuery,
    Service,
    ServiceError,
    ServiceKind,
    StoreError,
)
from fakegpt_tui.domain.folders import Folder
from tests.dict_store import DictStore

SERVICE = Service(name="scripted", kind=ServiceKind.EMBEDDED, model="scripted-1")


class MemoryStore(DictStore):
    """A store without a disk that can be made to fail, to wait, and to have been changed.

    `refusal` makes writes fail, and `damage` reading what is in a conversation; `held` keeps writes
    from settling until `settle` is called, so that reads do not see them. `hits` are what a search
    finds.
    """

    def __init__(self) -> None:
        super().__init__()
        self.refusal: str | None = None
        self.damage: str | None = None
        self.held = False
        self.is_changed = False
        self.hits: list[SearchHit] = []
        self.queries: list[SearchQuery] = []
        self._waiting: list[tuple[Callable[[], object], Future[None]]] = []

    def path(self, conversation_id: str) -> list[ChatMessage]:
        found = []
        node_id = self.headers[conversation_id].leaf_id
        while node_id is not None:
            found.append(self.nodes[node_id])
            node_id = self.nodes[node_id].parent_id
        return found[::-1]

    def settle(self) -> None:
        """Let all writes settle, those that wait and those that come."""
        self.held = False
        waiting, self._waiting = self._waiting, []
        for write, future in waiting:
            write()
            future.set_result(None)

    def messages(self, conversation_id: str) -> list[ChatMessage]:
        if self.damage is not None:
            raise StoreError(self.damage)
        return super().messages(conversation_id)

    def folders(self) -> list[Folder]:
        if self.damage is not None:
            raise StoreError(self.damage)
        return super().folders()

    def save_folder(self, folder: Folder) -> Future[None]:
        return self._written(lambda: super(MemoryStore, self).save_folder(folder))

    def add_turn(self, conversation: Conversation, *messages: ChatMessage) -> Future[None]:
        return self._written(lambda: super(MemoryStore, self).add_turn(conversation, *messages))

    def finish_reply(self, reply: ChatMessage) -> Future[None]:
        return self._written(lambda: super(MemoryStore, self).finish_reply(reply))

    def save_conversation(self, conversation: Conversation) -> Future[None]:
        if conversation.id not in self.headers and not self.held:
            return failed("This is no longer in the store.")
        return self._written(lambda: super(MemoryStore, self).save_conversation(conversation))

    def delete_conversation(self, conversation_id: str) -> Future[None]:
        return self._written(lambda: super(MemoryStore, self).delete_conversation(conversation_id))

    def trash_messages(self, message_ids: Sequence[str], at: datetime | None) -> Future[None]:
        return self._written(lambda: super(MemoryStore, self).trash_messages(message_ids, at))

    def save_draft(self, draft: Draft) -> Future[None]:
        return self._written(lambda: super(MemoryStore, self).save_draft(draft))

    def save_queue(self, conversation_id: str, prompts: Sequence[QueuedPrompt]) -> Future[None]:
        return self._written(lambda: super(MemoryStore, self).save_queue(conversation_id, prompts))

    def search(
        self,
        query: SearchQuery,
        limit: int,
        *,
        best_first: bool = False,
        stopped: Callable[[], bool] | None = None,
    ) -> list[SearchHit]:
        del best_first, stopped
        self.queries.append(query)
        return self.hits[:limit]

    def poll_changes(self) -> bool:
        is_changed, self.is_changed = self.is_changed, False
        return is_changed

    def _written(self, write: Callable[[], Future[None]]) -> Future[None]:
        if self.refusal is not None:
            return failed(self.refusal)
        if not self.held:
            return write()
        future: Future[None] = Future()
        self._waiting.append((write, future))
        return future


def failed(sentence: str, kind: type[StoreError] = StoreError) -> Future[None]:
    future: Future[None] = Future()
    future.set_exception(kind(sentence))
    return future


class SilentBackend(ScriptedBackend):
    """Answers, but fails to list its models."""

    def __init__(self, error: ServiceError, *scripts: Iterable[Step]) -> None:
        super().__init__(*scripts)
        self._error = error

    async def models(self) -> tuple[Model, ...]:
        raise self._error


def connecting_each(backends: Mapping[str, Backend], rest: Backend) -> Connect:
    """Connects each service to the backend of its name, and all others to `rest`."""

    async def connect(service: Service, report: Callable[[LoginState], None]) -> Connection:
        report(NoLogin())
        return Connection(service, backends.get(service.name, rest), None)

    return connect


def connecting(backend: Backend, before: Callable[[], Awaitable[object]] | None = None) -> Connect:
    """Connects every service to `backend`, after `before` has run."""

    async def connect(service: Service, _report: Callable[[LoginState], None]) -> Connection:
        if before is not None:
            await before()
        return Connection(service, backend, None)

    return connect
