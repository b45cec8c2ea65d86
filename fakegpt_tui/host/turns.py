"""Turns: where a prompt stands in its conversation, and saving it and its reply."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic

from fakegpt_tui.backends.context_window import name_media
from fakegpt_tui.domain import (
    ContextMessage,
    MessageStatus,
    PromptTooLong,
    ReplyEnded,
    Role,
    ServiceError,
    StreamEvent,
    TextDelta,
    TextReplaced,
    TitleSuggested,
    new_id,
    now,
)
from fakegpt_tui.host.conversation_cache import CachedConversation
from fakegpt_tui.host.conversations import Conversations, HostTurn, TakenOver
from fakegpt_tui.host.errors import ThreadNotFound
from fakegpt_tui.protocol.fakegpt import (
    ConversationAction,
    ConversationRequest,
    InvalidRequest,
    StoredMessage,
)

MAX_MESSAGES = 5_000
"""Of one conversation, because all of them are sent at once when it is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadPosition:
    """A request in its conversation.

    `context` goes to the backend; `prompts` are the messages that the conversation does not have
    yet; the reply follows `parent_id`.
    """

    context: tuple[ContextMessage, ...]
    prompts: tuple[StoredMessage, ...]
    parent_id: str


def resolve_thread(
    asked: ConversationRequest, conversation: CachedConversation, at: datetime
) -> ThreadPosition:
    """The position of a request. The conversation is not changed.

    A prompt that is there already, word for word, is asked again; any other becomes a new branch
    below the named parent, or at the end of the conversation without one.

    Raises:
        ThreadNotFound: The conversation has no such parent.
        InvalidRequest: What should be continued is no reply.
        PromptTooLong: The conversation has more messages than can be shown at once.
    """
    if conversation.size >= MAX_MESSAGES:
        raise PromptTooLong("The conversation has become too long for this host.")
    if asked.action is ConversationAction.CONTINUE:
        return _resolve_continuation(asked, conversation)
    known = conversation.message(asked.message_id)
    if known is not None and (known.role, known.text) == (Role.USER, asked.prompt):
        return ThreadPosition(
            context=conversation.context(known.id), prompts=(), parent_id=known.id
        )
    if asked.message_id in conversation:
        asked = replace(asked, message_id=new_id())
    return _resolve_branch(asked, conversation, at)


def _resolve_continuation(
    asked: ConversationRequest, conversation: CachedConversation
) -> ThreadPosition:
    parent_id = _resolve_parent(asked, conversation)
    reply = conversation.message(parent_id)
    if reply is None or reply.role != Role.ASSISTANT:
        raise InvalidRequest("a reply is required", "parent_message_id")
    return ThreadPosition(context=conversation.context(parent_id), prompts=(), parent_id=parent_id)


def _resolve_branch(
    asked: ConversationRequest, conversation: CachedConversation, at: datetime
) -> ThreadPosition:
    parent_id = _resolve_parent(asked, conversation)
    prompts = tuple(_link_messages(asked.messages, asked.message_id, parent_id, at))
    return ThreadPosition(
        context=(*conversation.context(parent_id), *asked.messages),
        prompts=prompts,
        parent_id=prompts[-1].id,
    )


def _resolve_parent(asked: ConversationRequest, conversation: CachedConversation) -> str:
    parent_id = asked.parent_message_id or conversation.leaf_id
    if parent_id not in conversation:
        raise ThreadNotFound
    return parent_id


def _link_messages(
    messages: Sequence[ContextMessage], last_id: str, parent_id: str, at: datetime
) -> list[StoredMessage]:
    """Each message below the one before; only the id of the last one comes from the client.

    Of pictures and files, names are kept: their bytes are of this request alone.
    """
    chain: list[StoredMessage] = []
    for index, message in enumerate(messages):
        message_id = last_id if index == len(messages) - 1 else new_id()
        chain.append(
            StoredMessage(
                id=message_id,
                parent_id=parent_id,
                role=message.role,
                text=name_media(message).text,
                created_at=at,
            )
        )
        parent_id = message_id
    return chain


class HistoryRecorder:
    """Saves one turn as its reply streams.

    Nothing is saved before `begin`, so that a request that failed leaves no trace and can be sent
    again. A reply without a `ReplyEnded` is saved as interrupted.
    """

    def __init__(self, conversations: Conversations, turn: HostTurn) -> None:
        self._conversations = conversations
        self._turn = replace(turn, reply=replace(turn.reply, status=MessageStatus.STREAMING))
        self._reply = self._turn.reply
        self._text = ""
        self._pieces: list[str] = []
        self._title = ""
        self._has_begun = False
        self._saved = 0
        """Characters of the text that were saved on the way."""
        self._saved_at = 0.0
        self._saving: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Save the prompts and an empty reply: the client knows its id now."""
        await self._conversations.begin(self._turn, now())
        self._has_begun = True

    async def record(self, events: AsyncGenerator[StreamEvent]) -> AsyncGenerator[StreamEvent]:
        """The same events, applied to the saved reply on their way.

        Raises:
            TakenOver: The reply has ended elsewhere.
        """
        try:
            async with aclosing(events):
                async for event in events:
                    self._apply(event)
                    self._save_on_the_way()
                    yield event
        finally:
            await asyncio.shield(self._finish())

    def _apply(self, event: StreamEvent) -> None:
        match event:
            case TextDelta(text):
                self._pieces.append(text)
            case TextReplaced(keep, text):
                self._text, self._pieces = self._joined()[:keep], [text]
                self._saved = min(self._saved, keep)
            case TitleSuggested(title):
                self._title = title
            case ReplyEnded(reason):
                self._reply = replace(self._reply, status=MessageStatus.COMPLETE, finish=reason)
            case _:
                pass

    def _joined(self) -> str:
        if self._pieces:
            self._text, self._pieces = self._text + "".join(self._pieces), []
        return self._text

    def _save_on_the_way(self) -> None:
        """Save what is new every now and then, one time at once, without waiting for it."""
        seconds = self._conversations.text_seconds
        if seconds is None or not self._has_begun or monotonic() < self._saved_at + seconds:
            return
        if self._saving is not None:
            if not self._saving.done():
                return
            self._saving.result()
        self._saved_at = monotonic()
        self._saving = asyncio.create_task(self._save_text())

    async def _save_text(self) -> None:
        kept, text = self._saved, self._joined()
        self._saved = len(text)
        try:
            await self._conversations.save_text(self._turn, text, kept)
        except TakenOver:
            raise
        except ServiceError:
            self._saved = 0  # What is there may be gone; next time all of it is sent.

    async def _finish(self) -> None:
        if self._saving is not None:
            await asyncio.wait([self._saving])
            self._saving.exception()  # which the end of the reply meets again
        if self._reply.finish is None:
            self._reply = replace(self._reply, status=MessageStatus.INTERRUPTED)
        self._reply = replace(self._reply, text=self._joined())
        if self._has_begun:
            await self._conversations.end(self._turn, self._reply, self._title, now())
