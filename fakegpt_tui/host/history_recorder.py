"""History recorder: saves a prompt and its reply, however the reply ends."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime
from time import monotonic

from fakegpt_tui.domain import (
    MessageStatus,
    ReplyEnded,
    ServiceError,
    StreamEvent,
    TextDelta,
    TextReplaced,
    TitleSuggested,
    now,
)
from fakegpt_tui.host.conversations import Conversations, HostTurn, TakenOver


class HistoryRecorder:
    """Saves one turn as its reply streams.

    Nothing is saved before `begin`, so that a request that failed leaves no trace and can be sent
    again. A reply without a `ReplyEnded` is saved as interrupted.
    """

    def __init__(
        self,
        conversations: Conversations,
        turn: HostTurn,
        *,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._conversations = conversations
        self._turn = replace(turn, reply=replace(turn.reply, status=MessageStatus.STREAMING))
        self._reply = self._turn.reply
        self._clock = clock
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
        await self._conversations.begin(self._turn, self._clock())
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
            await self._conversations.end(self._turn, self._reply, self._title, self._clock())
