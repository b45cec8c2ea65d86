"""History recorder: stores a prompt and its reply, however the reply ends."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime

from fakegpt_tui.domain import (
    MessageStatus,
    ReplyEnded,
    StreamEvent,
    TextDelta,
    TextReplaced,
    TitleSuggested,
    now,
)
from fakegpt_tui.host.conversation_cache import CachedConversation, ConversationCache, Owner
from fakegpt_tui.protocol.fakegpt import StoredMessage


class HistoryRecorder:
    """Stores one turn in the cache, as its reply streams.

    Nothing is stored before `begin`, so that a request that failed leaves no trace and can be
    sent again. A reply without a `ReplyEnded` is stored as interrupted.
    """

    def __init__(
        self,
        cache: ConversationCache,
        owner: Owner,
        conversation: CachedConversation,
        prompts: Sequence[StoredMessage],
        reply: StoredMessage,
        *,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._cache = cache
        self._owner = owner
        self._conversation = conversation
        self._prompts = prompts
        self._reply = replace(reply, status=MessageStatus.STREAMING)
        self._clock = clock
        self._texts: list[str] = []
        self._title = ""
        self._has_begun = False

    def begin(self) -> None:
        """Store the prompts and an empty reply: the client knows its id now."""
        self._has_begun = True
        if not self._conversation.size:
            self._cache.add(self._owner, self._conversation)
        for prompt in self._prompts:
            self._conversation.put(prompt, self._clock())
        self._save()

    async def record(self, events: AsyncGenerator[StreamEvent]) -> AsyncGenerator[StreamEvent]:
        """The same events, applied to the stored reply on their way."""
        try:
            async with aclosing(events):
                async for event in events:
                    self._apply(event)
                    yield event
        finally:
            self._finish()

    def _apply(self, event: StreamEvent) -> None:
        match event:
            case TextDelta(text):
                self._texts.append(text)
            case TextReplaced(keep, text):
                self._texts = ["".join(self._texts)[:keep], text]
            case TitleSuggested(title):
                self._title = title
            case ReplyEnded(reason):
                self._reply = replace(self._reply, status=MessageStatus.COMPLETE, finish=reason)
            case _:
                pass

    def _finish(self) -> None:
        if self._reply.finish is None:
            self._reply = replace(self._reply, status=MessageStatus.INTERRUPTED)
        self._reply = replace(self._reply, text="".join(self._texts))
        if self._has_begun:
            self._save()

    def _save(self) -> None:
        self._conversation.title = self._conversation.title or self._title
        self._conversation.put(self._reply, self._clock())
        self._cache.touch(self._owner, self._conversation)
