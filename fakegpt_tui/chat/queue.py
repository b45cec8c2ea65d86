"""Queues: prompts that wait for a reply to end, and turns that wait for a free slot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from fakegpt_tui.domain import NotFound, QueuedPrompt, new_id
from fakegpt_tui.text import replace_surrogates

if TYPE_CHECKING:
    from fakegpt_tui.chat.pending_writes import PendingWrites, Stores
    from fakegpt_tui.domain.parts import Part

_QUEUE = "queue"


class PromptQueue:
    """The queued prompts of each conversation, in the order in which they are to be sent.

    A held prompt waits until a person sends it: a prompt that was queued when a reply failed or
    was stopped, or in an earlier run. A queued prompt and its chat message have the same id, so
    that a prompt that was sent just before a crash is not sent again.
    """

    def __init__(self, stores: Stores, writes: PendingWrites) -> None:
        self._stores = stores
        self._writes = writes
        self._prompts: dict[str, list[QueuedPrompt]] | None = None
        self._released: set[str] = set()

    def of(self, conversation_id: str) -> tuple[QueuedPrompt, ...]:
        """The queued prompts of a conversation."""
        return tuple(self._known().get(conversation_id, ()))

    def all(self) -> Mapping[str, tuple[QueuedPrompt, ...]]:
        """All queued prompts, by conversation."""
        return {each: tuple(prompts) for each, prompts in self._known().items() if prompts}

    def is_held(self, prompt_id: str) -> bool:
        """Does this prompt wait for a person, not only for the end of the reply?"""
        return prompt_id not in self._released

    def add(self, conversation_id: str, text: str, parts: Sequence[Part] = ()) -> QueuedPrompt:
        """Queue a prompt, to be sent when the reply ends."""
        text = replace_surrogates(text)
        prompt = QueuedPrompt(new_id(), conversation_id, text, tuple(parts))
        self._known().setdefault(conversation_id, []).append(prompt)
        self._released.add(prompt.id)
        self.save(conversation_id)
        return prompt

    def edit(self, prompt_id: str, text: str, parts: Sequence[Part] | None = None) -> QueuedPrompt:
        """Change a queued prompt; without `parts`, its pictures and files stay, before the text.

        Raises:
            NotFound: It was sent or withdrawn.
        """
        prompts, index = self._find(prompt_id)
        from fakegpt_tui.domain.parts import attached_parts  # noqa: PLC0415 - not at the start

        prompt, text = prompts[index], replace_surrogates(text)
        kept = attached_parts(prompt.parts) if parts is None else tuple(parts)
        prompts[index] = replace(prompt, text=text, parts=kept)
        self.save(prompts[index].conversation_id)
        return prompts[index]

    def withdraw(self, prompt_id: str) -> QueuedPrompt:
        """Remove a prompt from the queue; its text can be typed again.

        Raises:
            NotFound: It was sent or withdrawn.
        """
        prompt = self.take(prompt_id)
        self.save(prompt.conversation_id)
        return prompt

    def hold(self, conversation_id: str) -> None:
        """Hold the queued prompts of a conversation."""
        self._released.difference_update(prompt.id for prompt in self.of(conversation_id))

    def release(self, prompt_id: str) -> QueuedPrompt:
        """Release a held prompt, to be sent when the reply ends.

        Raises:
            NotFound: It was sent or withdrawn.
        """
        prompts, index = self._find(prompt_id)
        self._released.add(prompt_id)
        return prompts[index]

    def next(self, conversation_id: str) -> QueuedPrompt | None:
        """The first prompt that may be sent."""
        return next((each for each in self.of(conversation_id) if each.id in self._released), None)

    def take(self, prompt_id: str) -> QueuedPrompt:
        """Remove a prompt to send it; it leaves the store with the next `save`.

        Raises:
            NotFound: It was sent or withdrawn.
        """
        prompts, index = self._find(prompt_id)
        self._released.discard(prompt_id)
        return prompts.pop(index)

    def requeue(self, prompt: QueuedPrompt) -> None:
        """Put a prompt that could not be sent back to the front, held."""
        self._known().setdefault(prompt.conversation_id, []).insert(0, prompt)
        self.save(prompt.conversation_id)

    def save(self, conversation_id: str) -> None:
        """Save the queue of a conversation."""
        prompts, store = self.of(conversation_id), self._stores.of(conversation_id)
        self._writes.submit(
            (_QUEUE, conversation_id), lambda: store.save_queue(conversation_id, prompts)
        )

    def refresh(self) -> None:
        """Read what another instance has written, except what was changed here."""
        known = self._known()
        ours = self._writes.pending(_QUEUE)
        found = self._read()
        self._prompts = {each: prompts for each, prompts in found.items() if each not in ours}
        self._prompts |= {each: prompts for each, prompts in known.items() if each in ours}

    def discard(self, conversation_id: str) -> None:
        """Drop the queue of a deleted conversation."""
        self._known().pop(conversation_id, None)

    def _known(self) -> dict[str, list[QueuedPrompt]]:
        if self._prompts is None:
            self._prompts = self._read()
        return self._prompts

    def _read(self) -> dict[str, list[QueuedPrompt]]:
        """The queues of the stores, without prompts that were sent just before a crash."""
        found: dict[str, list[QueuedPrompt]] = {}
        for store in self._stores.all():
            for conversation_id, prompts in store.queued_prompts().items():
                sent = {message.id for message in store.messages(conversation_id)}
                found[conversation_id] = [prompt for prompt in prompts if prompt.id not in sent]
        return found

    def _find(self, prompt_id: str) -> tuple[list[QueuedPrompt], int]:
        for prompts in self._known().values():
            for index, prompt in enumerate(prompts):
                if prompt.id == prompt_id:
                    return prompts, index
        raise NotFound("This prompt no longer waits: it was sent or withdrawn.")


class ConcurrencyLimiter:
    """Lets at most `limit` turns run; the others wait, first come, first served."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._active = 0
        self._waiting: dict[str, asyncio.Future[None]] = {}

    def set_limit(self, limit: int) -> None:
        """Change the limit; turns that run already go on."""
        self._limit = limit
        self._admit()

    @asynccontextmanager
    async def slot(self, turn_id: str) -> AsyncIterator[None]:
        """Hold a slot while the block runs, waiting for one first if all are taken."""
        if self.is_full():
            await self._wait(turn_id)
        else:
            self._active += 1
        try:
            yield
        finally:
            self._release()

    def is_full(self) -> bool:
        """Are all slots taken?"""
        return self._active >= self._limit

    def position(self, turn_id: str) -> int:
        """The position in the queue, from 1; 0 for a turn that does not wait."""
        waiting = list(self._waiting)
        return waiting.index(turn_id) + 1 if turn_id in self._waiting else 0

    async def _wait(self, turn_id: str) -> None:
        """Wait until `_admit` has taken a slot for that turn."""
        slot = self._waiting[turn_id] = asyncio.get_running_loop().create_future()
        try:
            await slot
        except asyncio.CancelledError:
            # The slot may have been given at the same moment.
            if self._waiting.pop(turn_id, None) is None:
                self._release()
            raise

    def _release(self) -> None:
        self._active -= 1
        self._admit()

    def _admit(self) -> None:
        while self._waiting and self._active < self._limit:
            slot = self._waiting.pop(next(iter(self._waiting)))
            self._active += 1
            slot.set_result(None)
