"""What a person can do with conversations, whatever front end they use."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from fakegpt_tui.backends.base import Backend, ReplyRequest
from fakegpt_tui.chat.connection import Connect, Connections, LoginListener
from fakegpt_tui.chat.schedule import Schedule
from fakegpt_tui.chat.turn import Turn, TurnStore
from fakegpt_tui.domain import (
    ChatMessage,
    ContextMessage,
    Conversation,
    LoginState,
    MessageStatus,
    Model,
    NotFound,
    Role,
    Service,
    ServiceError,
    TitleSource,
    new_id,
    now,
)
from fakegpt_tui.text import repaired, safe_line
from fakegpt_tui.transfer.files import save_file
from fakegpt_tui.transfer.markdown import to_markdown

_TITLE_LENGTH = 60


class ChatStore(TurnStore, Protocol):
    """What the chat service needs of the store; reads see every write that has settled."""

    def conversations(self) -> Sequence[Conversation]: ...

    def path(self, conversation_id: str) -> Sequence[ChatMessage]: ...

    def messages(self, conversation_id: str) -> Sequence[ChatMessage]: ...

    def save_conversation(self, conversation: Conversation) -> Future[None]: ...


class ChatService:
    """Joins backends and the store into turns, and knows which of them run.

    Front ends enter the turns it makes; it holds no task of its own, so a turn lives exactly as
    long as the task that runs it.
    """

    def __init__(
        self,
        store: ChatStore,
        services: Mapping[str, Service],
        connect: Connect,
        *,
        service: str,
        model: str = "",
        max_turns: int = 8,
    ) -> None:
        self._store = store
        self._connections = Connections(services, connect)
        self._schedule = Schedule(max_turns)
        self._turns: dict[str, Turn] = {}
        self._conversations: dict[str, Conversation] | None = None
        self.default_service = self._connections.service(service)
        self._model = model

    def conversations(self) -> list[Conversation]:
        """All conversations that have a prompt, most recently used first."""
        return sorted(self._known().values(), key=lambda each: each.updated_at, reverse=True)

    def conversation(self, conversation_id: str) -> Conversation:
        """The conversation with that id.

        Raises:
            NotFound: There is none.
        """
        try:
            return self._known()[conversation_id]
        except KeyError as error:
            raise NotFound(f"There is no conversation {safe_line(conversation_id)!r}.") from error

    def path(self, conversation_id: str) -> tuple[ChatMessage, ...]:
        """The chat messages that are shown, oldest first, a running reply as it stands."""
        messages = tuple(self._store.path(conversation_id))
        turn = self._turns.get(conversation_id)
        if turn is None:
            return messages
        live = turn.reply
        return tuple(live if message.id == live.id else message for message in messages)

    def turn(self, conversation_id: str) -> Turn | None:
        """The turn that runs or waits in that conversation."""
        return self._turns.get(conversation_id)

    def turns(self) -> list[Turn]:
        """All turns that run or wait, in the order in which they were asked for."""
        return list(self._turns.values())

    def new_conversation(self) -> Conversation:
        """An empty conversation, which is kept once it has a prompt."""
        time = now()
        service = self.default_service
        return Conversation(
            id=new_id(),
            service=service.name,
            model=self._model or service.model,
            created_at=time,
            updated_at=time,
        )

    def new_turn(self, conversation: Conversation, text: str) -> Turn:
        """A turn that asks `text` at the end of the shown path; it runs when it is entered.

        The caller must enter it and call `end_turn` when it has left it.
        """
        text = repaired(text)
        before = tuple(self._store.path(conversation.id)) if conversation.leaf_id else ()
        prompt = _message(conversation, Role.USER, text, parent_id=conversation.leaf_id)
        reply = _message(conversation, Role.ASSISTANT, "", parent_id=prompt.id)
        conversation = replace(
            conversation,
            title=conversation.title or first_line(text),
            leaf_id=reply.id,
            updated_at=prompt.created_at,
        )
        turn = Turn(
            self._store,
            self._schedule,
            lambda: self._backend(conversation.service),
            conversation=conversation,
            prompt=prompt,
            reply=reply,
            request=ReplyRequest(messages=_context((*before, prompt)), model=conversation.model),
        )
        self._turns[conversation.id] = turn
        self._known()[conversation.id] = conversation
        return turn

    def end_turn(self, turn: Turn) -> None:
        """Let go of a turn that was left, and keep the title that the service gave it."""
        conversation_id = turn.conversation.id
        if self._turns.get(conversation_id) is turn:
            del self._turns[conversation_id]
        if not turn.is_saved:
            self._take_back(turn)
            return
        conversation = self.conversation(conversation_id)
        title = safe_line(turn.suggested_title, _TITLE_LENGTH)
        if title and conversation.title_source is TitleSource.PROMPT:
            self._keep(replace(conversation, title=title, title_source=TitleSource.SERVICE))

    def stop(self, conversation_id: str) -> bool:
        """Stop the turn of that conversation; was there one?"""
        turn = self._turns.get(conversation_id)
        if turn is not None:
            turn.stop()
        return turn is not None

    def set_unread(self, conversation_id: str, *, unread: bool) -> None:
        """Note whether a reply waits to be read."""
        conversation = self._known().get(conversation_id)
        if conversation is not None and conversation.unread is not unread:
            self._keep(replace(conversation, unread=unread))

    def save_markdown(self, conversation_id: str, folder: Path) -> Path:
        """Write the shown path as a Markdown file into `folder`, and tell where it is.

        Raises:
            NotFound: There is no such conversation.
            SaveError: The file could not be written.
        """
        conversation = self.conversation(conversation_id)
        text = to_markdown(conversation, self.path(conversation_id))
        return save_file(folder, conversation.title, ".md", text, owner_id=conversation.id)

    def on_login(self, listener: LoginListener) -> None:
        """Tell `listener` whenever the state of a login changes."""
        self._connections.on_login = listener

    def service(self, name: str) -> Service:
        return self._connections.service(name)

    def login_state(self, service_name: str) -> LoginState:
        return self._connections.login_state(service_name)

    async def sign_in(self, service_name: str) -> None:
        """Connect to a service and sign in to it, if that has not been done.

        Raises:
            FakeGPTError: It could not be done; the login state tells a service's reason too.
        """
        connection = await self._connections.get(service_name)
        if connection.login is not None:
            await connection.login.sign_in()

    async def sign_out(self, service_name: str) -> None:
        connection = await self._connections.get(service_name)
        if connection.login is not None:
            await connection.login.sign_out()

    async def models(self, service_name: str) -> tuple[Model, ...]:
        """The models of a service; none where it does not tell."""
        with suppress(ServiceError):
            return await (await self._backend(service_name)).models()
        return ()

    async def aclose(self) -> None:
        """Close the connections. Turns must have been left before."""
        await self._connections.aclose()

    async def _backend(self, service_name: str) -> Backend:
        return (await self._connections.get(service_name)).backend

    def _known(self) -> dict[str, Conversation]:
        # Read when it is first asked for, which front ends do after their first paint.
        if self._conversations is None:
            self._conversations = {each.id: each for each in self._store.conversations()}
        return self._conversations

    def _keep(self, conversation: Conversation) -> None:
        self._known()[conversation.id] = conversation
        self._store.save_conversation(conversation)

    def _take_back(self, turn: Turn) -> None:
        """Make a conversation what it was before a turn whose prompt could not be saved."""
        parent_id = turn.prompt.parent_id
        if parent_id is None:
            self._known().pop(turn.conversation.id, None)
        else:
            self._known()[turn.conversation.id] = replace(turn.conversation, leaf_id=parent_id)


def _message(
    conversation: Conversation, role: Role, text: str, *, parent_id: str | None
) -> ChatMessage:
    is_reply = role is Role.ASSISTANT
    return ChatMessage(
        id=new_id(),
        conversation_id=conversation.id,
        parent_id=parent_id,
        role=role,
        text=text,
        status=MessageStatus.WAITING if is_reply else MessageStatus.COMPLETE,
        created_at=now(),
        service=conversation.service if is_reply else "",
        model=conversation.model if is_reply else "",
    )


def first_line(text: str) -> str:
    """The first line of a prompt that says something, as a title."""
    lines = (safe_line(line, _TITLE_LENGTH) for line in text.splitlines())
    return next((line for line in lines if line), "Untitled")


def _context(messages: Sequence[ChatMessage]) -> tuple[ContextMessage, ...]:
    """What a backend goes on from: replies of which nothing arrived say nothing."""
    return tuple(
        ContextMessage(message.role.value, message.text) for message in messages if message.text
    )
