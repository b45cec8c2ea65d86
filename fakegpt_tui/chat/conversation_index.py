"""Index of all conversations, in memory, with every change queued for the store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias

from fakegpt_tui.domain import (
    ChatMessage,
    Conversation,
    NotFound,
    StoreError,
    TitleSource,
    new_id,
    now,
)
from fakegpt_tui.text import safe_line

if TYPE_CHECKING:
    from fakegpt_tui.chat.pending_writes import PendingWrites, Stores, WriteKey

TITLE_LENGTH = 60
TRASH_DAYS = 30

_HEADER = "header"
_BRANCH = "branch"

Change: TypeAlias = Callable[[Conversation], Conversation]


class ConversationIndex:
    """All conversations in memory; a change is in the store's queue when the call returns."""

    def __init__(
        self,
        stores: Stores,
        writes: PendingWrites,
        active: Collection[str],
        default_model: Callable[[], tuple[str, str]],
        *,
        temporary: bool = False,
    ) -> None:
        """`active` are the conversations in which a turn runs or waits.

        `default_model` returns the service and the model of new conversations, all of which are
        `temporary` where that is wanted.
        """
        self._stores = stores
        self._writes = writes
        self._active = active
        self.default_model = default_model
        self.is_all_temporary = temporary
        """Do all new conversations leave nothing on disk?"""
        self._conversations: dict[str, Conversation] | None = None
        self._sorted: list[Conversation] | None = None
        self._trash_is_read = False
        self._new: dict[str, Conversation] = {}
        self._touched: set[str] = set()
        self._refreshing = asyncio.Lock()

    def all(self) -> list[Conversation]:
        """All that have a prompt and are not in the trash, most recently used first."""
        if self._sorted is None:
            listed = (each for each in self._known().values() if each.trashed_at is None)
            self._sorted = sorted(listed, key=lambda each: each.updated_at, reverse=True)
        return self._sorted.copy()

    def trashed(self) -> list[Conversation]:
        """All that are in the trash, the last trashed first."""
        self._read_trash()
        trashed = [(each.trashed_at, each) for each in self._known().values() if each.trashed_at]
        return [each for _, each in sorted(trashed, key=lambda pair: pair[0], reverse=True)]

    def get(self, conversation_id: str) -> Conversation:
        """The conversation with that id, also one without a prompt or in the trash.

        Raises:
            NotFound: There is no such conversation.
        """
        found = self.find(conversation_id)
        if found is None:
            raise NotFound(f"There is no conversation {safe_line(conversation_id)!r}.")
        return found

    def find(self, conversation_id: str) -> Conversation | None:
        known = self._new.get(conversation_id) or self._known().get(conversation_id)
        if known is None and not self._trash_is_read:
            self._read_trash()
            known = self._known().get(conversation_id)
        return known

    def find_many(self, conversation_ids: Iterable[str]) -> list[Conversation]:
        """The conversations with those ids, except those that do not exist."""
        return [found for each in conversation_ids if (found := self.find(each)) is not None]

    def is_new(self, conversation_id: str) -> bool:
        """Has the conversation no prompt yet, so that it is not saved?"""
        return conversation_id in self._new

    def create(
        self, *, temporary: bool = False, conversation_id: str | None = None
    ) -> Conversation:
        """An empty conversation, which is saved once it has a prompt.

        Of a temporary one only what it costs reaches the disk. A conversation with the id that is
        given is returned where it exists.
        """
        if conversation_id and (known := self.find(conversation_id)) is not None:
            return known
        service, model = self.default_model()
        time = now()
        conversation = Conversation(
            id=conversation_id or new_id(),
            service=service,
            model=model,
            created_at=time,
            updated_at=time,
        )
        self.put_unsaved(conversation)
        if temporary or self.is_all_temporary:
            self.make_temporary(conversation.id)
        return conversation

    def make_temporary(self, conversation_id: str) -> None:
        """Keep a conversation off the disk; to be called before anything of it is saved."""
        self._stores.make_temporary(conversation_id)

    def is_temporary(self, conversation_id: str) -> bool:
        return self._stores.is_temporary(conversation_id)

    def put_unsaved(self, conversation: Conversation) -> None:
        """Put a conversation that has no prompt, or none that could be saved."""
        self._writes.discard(_write_key(conversation.id))
        if self._conversations is not None:
            self._discard(conversation.id)
        self._new[conversation.id] = conversation

    def add(
        self, conversation: Conversation, messages: Sequence[ChatMessage], *, copied_from: str
    ) -> WriteKey:
        """Save a new conversation with its messages; returns the key of that write.

        Pictures and files are those of the conversation `copied_from`.

        Raises:
            StoreError: One of them cannot be copied.
        """
        self.put(conversation)
        key, store = (_BRANCH, conversation.id), self._stores.of(conversation.id)
        source = self._stores.of(copied_from)
        if source is not store:
            from fakegpt_tui.domain.parts import blobs_of  # noqa: PLC0415 - not before the first frame

            for blob in blobs_of(part for message in messages for part in message.parts):
                store.put_blob(source.read_blob(blob.digest))
        self._writes.submit(key, lambda: store.add_turn(conversation, *messages))
        return key

    def delete(self, conversation_id: str) -> None:
        """Delete a conversation, and drop its pending writes."""
        self._discard(conversation_id)
        self._writes.discard_conversation(conversation_id)
        store = self._stores.of(conversation_id)
        self._writes.submit(
            _write_key(conversation_id), lambda: store.delete_conversation(conversation_id)
        )

    def roll_back(self, before: Conversation, *, is_new: bool) -> None:
        """Revert what a prompt changed that could not be saved."""
        known = self.get(before.id)
        title = known.title if known.title_source is TitleSource.PERSON else before.title
        known = replace(known, title=title, leaf_id=before.leaf_id, updated_at=before.updated_at)
        if is_new:
            self.put_unsaved(known)
        elif self._writes.is_pending(_write_key(before.id)):
            self.save(known)
        else:
            self.put(known)

    def put(self, conversation: Conversation) -> None:
        """Put a conversation as it is, or is about to be, in the store."""
        self._touched.add(conversation.id)
        self._new.pop(conversation.id, None)
        self._known()[conversation.id] = conversation
        self._sorted = None

    def save(self, conversation: Conversation) -> None:
        """Put a conversation, and save it unless it has no prompt yet."""
        if conversation.id in self._new:
            self._new[conversation.id] = conversation
            return
        self.put(conversation)
        store = self._stores.of(conversation.id)
        self._writes.submit(
            _write_key(conversation.id), lambda: store.save_conversation(conversation)
        )

    def update(self, conversation_id: str, change: Change) -> None:
        """Change a conversation, on top of what another instance may have changed.

        Raises:
            NotFound: There is no such conversation.
        """
        self.save(change(self.current(conversation_id)))

    def current(self, conversation_id: str) -> Conversation:
        """A conversation as it is in the store, with changes that are not on disk yet.

        Raises:
            NotFound: There is no such conversation.
        """
        known = self.get(conversation_id)
        if conversation_id in self._new or self._writes.is_pending(_write_key(conversation_id)):
            return known
        stored = None
        # If it cannot be read, the last known state is used.
        with suppress(StoreError):
            stored = self._stores.of(conversation_id).conversation(conversation_id)
        if stored is None:
            return known
        if conversation_id not in self._active:
            return stored
        # A prompt that was just sent may not be on disk yet, and is what is shown.
        return replace(stored, leaf_id=known.leaf_id, updated_at=known.updated_at)

    def suggest_title(self, conversation_id: str, title: str) -> None:
        """Use the title of a service where the title is still that of the first prompt."""
        conversation = self.get(conversation_id)
        title = safe_line(title, TITLE_LENGTH)
        if title and conversation.title_source is TitleSource.PROMPT:
            self.update(
                conversation_id,
                lambda each: replace(each, title=title, title_source=TitleSource.SERVICE),
            )

    def set_unread(self, conversation_id: str, *, unread: bool) -> None:
        """Set whether there is an unread reply."""
        conversation = self._known().get(conversation_id)
        if conversation is not None and conversation.unread is not unread:
            self.update(conversation_id, lambda each: replace(each, unread=unread))

    async def load(self) -> None:
        """Read all conversations in a thread, so that the first access does not wait for it."""
        found = await asyncio.to_thread(self._read)
        if self._conversations is None:
            self._set_conversations(found)

    async def refresh(self) -> None:
        """Read what another instance has written, except what is changed here meanwhile."""
        async with self._refreshing:
            self._touched = set(self._active)
            known = self._known()
            found = await asyncio.to_thread(lambda: self._read() | self._read_trashed())
            ours = self._touched | set(self._active) | self._writes.pending(_BRANCH)
            for gone in known.keys() - found.keys() - ours:
                self._writes.discard_conversation(gone)
            ours |= self._writes.pending(_HEADER)
            for each in ours:
                found.pop(each, None)
            found |= {each: known[each] for each in ours & known.keys()}
            self._conversations = found
            self._sorted = None
            self._trash_is_read = True

    def _discard(self, conversation_id: str) -> None:
        self._touched.add(conversation_id)
        self._known().pop(conversation_id, None)
        self._sorted = None

    def _known(self) -> dict[str, Conversation]:
        # Read at the first access, which front ends make after their first paint.
        if self._conversations is None:
            return self._set_conversations(self._read())
        return self._conversations

    def _set_conversations(self, found: dict[str, Conversation]) -> dict[str, Conversation]:
        """Set what was read first, and delete what has been in the trash for 30 days."""
        self._conversations = found
        self._stores.disk.delete_trashed(now() - timedelta(days=TRASH_DAYS))
        return found

    def _read(self) -> dict[str, Conversation]:
        return {each.id: each for store in self._stores.all() for each in store.conversations()}

    def _read_trashed(self) -> dict[str, Conversation]:
        return {each.id: each for store in self._stores.all() for each in store.trashed()}

    def _read_trash(self) -> None:
        known = self._known()
        for each in self._read_trashed().values():
            known.setdefault(each.id, each)
        self._trash_is_read = True


def _write_key(conversation_id: str) -> tuple[str, str]:
    return _HEADER, conversation_id
