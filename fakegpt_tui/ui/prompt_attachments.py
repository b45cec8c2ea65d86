"""Prompt attachments: what marks in typed prompts stand for, and prompts that wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from fakegpt_tui.fast_import import dataclass

if TYPE_CHECKING:
    from fakegpt_tui.chat.service import ChatService
    from fakegpt_tui.domain import ChatMessage, Conversation
    from fakegpt_tui.domain.parts import Attachment, Part


@dataclass
class HeldPrompt:
    """A prompt that was sent, and waits until all is read that goes with it."""

    conversation: Conversation
    text: str
    edited_prompt: ChatMessage | None

    def replace(self, conversation_id: str, old: str, new: str) -> bool:
        """Replace the first `old` in the text, where it is of that conversation; is there one?"""
        is_here = self.conversation.id == conversation_id and old in self.text
        if is_here:
            self.text = self.text.replace(old, new, 1)
        return is_here


class PromptAttachments:
    """Knows the attachments of all prompts of this run, and which are still being read."""

    def __init__(self, chat: ChatService, open_id: Callable[[], str]) -> None:
        """`open_id` tells which conversation is open."""
        self._chat = chat
        self._open_id = open_id
        self._known: dict[str, tuple[Attachment, ...]] = {}
        self._reading: set[asyncio.Future[None]] = set()

    @property
    def is_reading(self) -> bool:
        """Is something still being read that belongs to a prompt?"""
        return bool(self._reading)

    def begin_reading(self) -> Callable[[], None]:
        """Let what is sent from now on wait, until the function that this returns is called."""
        reading: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._reading.add(reading)

        def end() -> None:
            self._reading.discard(reading)
            reading.set_result(None)

        return end

    async def wait(self) -> None:
        """Wait until nothing is being read any more."""
        while self._reading:
            await asyncio.wait(self._reading)

    def known(self, conversation_id: str) -> tuple[Attachment, ...]:
        """All that was attached to prompts of a conversation in this run; undo brings it back."""
        return self._known.get(conversation_id, ())

    def learn(self, conversation_id: str, attachments: tuple[Attachment, ...]) -> None:
        """Know from now on what marks in prompts of a conversation stand for."""
        if not attachments:
            return
        added = {(each.id, each.part.name): each for each in attachments}
        known = self.known(conversation_id)
        others = [each for each in known if (each.id, each.part.name) not in added]
        self._known[conversation_id] = (*others, *attachments)
        draft = self._chat.drafts.get(conversation_id)
        if draft is not None and conversation_id != self._open_id():
            found = self.marked_in(draft.text, conversation_id)
            self._chat.drafts.save(conversation_id, draft.text, draft.cursor, found)

    def marked_in(self, text: str, conversation_id: str) -> tuple[Attachment, ...]:
        """What the marks in a prompt of a conversation stand for."""
        known = self.known(conversation_id)
        if not known:
            return ()
        from fakegpt_tui.attachments.marks import marked  # noqa: PLC0415 - with an attachment

        return marked(text, known)

    def mark_elsewhere(self, conversation_id: str, old: str, mark: str) -> None:
        """Put a mark into the draft of a conversation that is not open any more."""
        draft = self._chat.drafts.get(conversation_id)
        text = draft.text if draft else ""
        text = text.replace(old, mark, 1) if old and old in text else f"{text} {mark}".strip()
        self._chat.drafts.save(conversation_id, text)

    def type_again(self, text: str, parts: Sequence[Part]) -> str:
        """A prompt as it was typed, with marks for its parts."""
        if not parts:
            return text
        from fakegpt_tui.attachments.marks import put_marks  # noqa: PLC0415 - with an attachment

        typed, found = put_marks(text, parts, self.known(self._open_id()))
        self.learn(self._open_id(), found)
        return typed

    def forget_held(self, held: HeldPrompt) -> None:
        """Take a prompt that was sent out of the draft of a conversation that is not open."""
        conversation_id = held.conversation.id
        draft = self._chat.drafts.get(conversation_id)
        if draft is not None and draft.text.startswith(held.text):
            rest = draft.text.removeprefix(held.text).removeprefix("\n")
            attached = self.marked_in(rest, conversation_id)
            self._chat.drafts.save(conversation_id, rest, attachments=attached)
