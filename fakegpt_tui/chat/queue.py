"""Queues: prompts that wait for a reply to end, and turns that wait for a free slot."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

from fakegpt_tui.chat.pending_writes import PendingWrites
from fakegpt_tui.chat.store_interface import Stores
from fakegpt_tui.domain import NotFound, QueuedPrompt, new_id
from fakegpt_tui.text import replace_surrogates

_QUEUE = "queue"


class PromptQueue:
    """The queued prompts of each conversation, in the order in which they are to be sent.

    One that is held waits until a person sends it: those that were queued when a reply failed or
    was stopped, and those of an earlier run. The id of a queued prompt becomes that of its chat
    message, so that one which was sent just before a crash is known for sent.
    """

    def __init__(self, stores: Stores, writes: PendingWrites) -> None:
        self._stores = stores
        self._writes = writes
        self._prompts: dict[str, list[QueuedPrompt]] | None = None
        self._released: set[str] = set()

    def of(self, conversation_id: str) -> tuple[QueuedPrompt, ...]:
        """What waits in that conversation."""
        return tuple(self._known().get(conversation_id, ()))

    def all(self) -> Mapping[str, tuple[QueuedPrompt, ...]]:
        """What waits, by conversation."""
        return {each: tuple(prompts) for each, prompts in self._known().items() if prompts}

    def is_held(self, prompt_id: str) -> bool:
        """Does this prompt wait for a person, and not just for the end of the reply?"""
        return prompt_id not in self._released

    def add(self, conversation_id: str, text: str) -> QueuedPrompt:
        """Queue a prompt, to be sent when the reply ends."""
        prompt = QueuedPrompt(new_id(), conversation_id, replace_surrogates(text))
        self._known().setdefault(conversation_id, []).append(prompt)
        self._released.add(prompt.id)
        self.save(conversation_id)
        return prompt

    def edit(self, prompt_id: str, text: str) -> QueuedPrompt:
        """Change the text of a prompt that waits.

        Raises:
            NotFound: It was sent or withdrawn.
        """
        prompts, place = self._find(prompt_id)
        prompts[place] = replace(prompts[place], text=replace_surrogates(text))
        self.save(prompts[place].conversation_id)
        return prompts[place]

    def withdraw(self, prompt_id: str) -> QueuedPrompt:
        """Take a prompt out of the queue; what it said can go back to where it was typed.

        Raises:
            NotFound: It was sent or withdrawn.
        """
        prompt = self.take(prompt_id)
        self.save(prompt.conversation_id)
        return prompt

    def hold(self, conversation_id: str) -> None:
        """Let what waits there wait for a person."""
        self._released.difference_update(prompt.id for prompt in self.of(conversation_id))

    def release(self, prompt_id: str) -> QueuedPrompt:
        """Let a prompt be sent when the reply ends.

        Raises:
            NotFound: It was sent or withdrawn.
        """
        prompts, place = self._find(prompt_id)
        self._released.add(prompt_id)
        return prompts[place]

    def next(self, conversation_id: str) -> QueuedPrompt | None:
        """The first prompt that may be sent."""
        return next((each for each in self.of(conversation_id) if each.id in self._released), None)

    def take(self, prompt_id: str) -> QueuedPrompt:
        """Take a prompt out to send it; it leaves the store with the next `save`.

        Raises:
            NotFound: It was sent or withdrawn.
        """
        prompts, place = self._find(prompt_id)
        self._released.discard(prompt_id)
        return prompts.pop(place)

    def requeue(self, prompt: QueuedPrompt) -> None:
        """Put a prompt that could not be sent in front again, where it waits for a person."""
        self._known().setdefault(prompt.conversation_id, []).insert(0, prompt)
        self.save(prompt.conversation_id)

    def save(self, conversation_id: str) -> None:
        """Make the store's queue this one."""
        prompts, store = self.of(conversation_id), self._stores.of(conversation_id)
        self._writes.submit(
            (_QUEUE, conversation_id), lambda: store.save_queue(conversation_id, prompts)
        )

    def refresh(self) -> None:
        """Take what another instance has written, but for what was changed here."""
        known = self._known()
        ours = self._writes.pending(_QUEUE)
        found = self._read()
        self._prompts = {each: prompts for each, prompts in found.items() if each not in ours}
        self._prompts |= {each: prompts for each, prompts in known.items() if each in ours}

    def discard(self, conversation_id: str) -> None:
        """Let go of the queue of a conversation that was deleted for good."""
        self._known().pop(conversation_id, None)

    def _known(self) -> dict[str, list[QueuedPrompt]]:
        if self._prompts is None:
            self._prompts = self._read()
        return self._prompts

    def _read(self) -> dict[str, list[QueuedPrompt]]:
        """The store's queue, without what was sent just before a crash."""
        found: dict[str, list[QueuedPrompt]] = {}
        for store in self._stores.all():
            for conversation_id, prompts in store.queued_prompts().items():
                sent = {message.id for message in store.messages(conversation_id)}
                found[conversation_id] = [prompt for prompt in prompts if prompt.id not in sent]
        return found

    def _find(self, prompt_id: str) -> tuple[list[QueuedPrompt], int]:
        for prompts in self._known().values():
            for place, prompt in enumerate(prompts):
                if prompt.id == prompt_id:
                    return prompts, place
        raise NotFound("This prompt no longer waits: it was sent or withdrawn.")


class ConcurrencyLimiter:
    """Lets at most `limit` turns run; the others wait in the order in which they came."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._active = 0
        self._waiting: dict[str, asyncio.Future[None]] = {}

    def set_limit(self, limit: int) -> None:
        """Let so many run from now on; of those that run already none is stopped."""
        self._limit = limit
        self._admit()

    @asynccontextmanager
    async def slot(self, turn_id: str) -> AsyncIterator[None]:
        """Hold a place while the block runs, waiting for one first if all are taken."""
        if self.is_full():
            await self._wait(turn_id)
        else:
            self._active += 1
        try:
            yield
        finally:
            self._release()

    def is_full(self) -> bool:
        """Would a turn that starts now have to wait?"""
        return self._active >= self._limit

    def position(self, turn_id: str) -> int:
        """The place in the queue, counted from 1; 0 for a turn that does not wait."""
        waiting = list(self._waiting)
        return waiting.index(turn_id) + 1 if turn_id in self._waiting else 0

    async def _wait(self, turn_id: str) -> None:
        """Wait until `_let_in` has taken a place for that turn."""
        place = self._waiting[turn_id] = asyncio.get_running_loop().create_future()
        try:
            await place
        except asyncio.CancelledError:
            # The place may have been given in the same moment.
            if self._waiting.pop(turn_id, None) is None:
                self._release()
            raise

    def _release(self) -> None:
        self._active -= 1
        self._admit()

    def _admit(self) -> None:
        while self._waiting and self._active < self._limit:
            place = self._waiting.pop(next(iter(self._waiting)))
            self._active += 1
            place.set_result(None)
