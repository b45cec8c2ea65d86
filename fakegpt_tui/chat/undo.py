"""Undo: what can be taken back, also after a restart, and the steps for it, kept as JSON.

`undo_performer.py` performs the steps.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import TYPE_CHECKING

from fakegpt_tui.domain import ChatMessage, Conversation
from fakegpt_tui.domain.folders import Folder
from fakegpt_tui.domain.undo import UndoAction, UndoStep
from fakegpt_tui.text import safe_line

if TYPE_CHECKING:
    from fakegpt_tui.chat.conversation_index import ConversationIndex
    from fakegpt_tui.chat.pending_writes import PendingWrites, Stores
    from fakegpt_tui.chat.store_interface import ChangeStore
    from fakegpt_tui.formats.import_report import ImportChange

_TITLE_LENGTH = 40
_FROM_MESSAGES = "leaf_id"
"""A field of conversations that follows from the messages that go."""


class UndoHistory:
    """Actions that can be undone, the last one first; all instances share those in the store.

    An action is kept before it changes anything, so that a kill in between leaves an undo of
    nothing, and never a change without its undo. What is about conversations that leave nothing
    on disk is kept in memory.
    """

    def __init__(
        self,
        stores: Stores,
        writes: PendingWrites,
        index: ConversationIndex,
        perform: Callable[[UndoStep], None],
    ) -> None:
        """`perform` takes back what a step is about."""
        self._stores = stores
        self._writes = writes
        self._index = index
        self._perform = perform
        self._in_memory: dict[str, UndoAction] = {}
        self._here: dict[str, Callable[[], None]] = {}
        self._on_disk: set[str] = set()
        self._undone: set[str] = set()
        self._told = ""

    def record(
        self, done: str, steps: Iterable[UndoStep], *, what: str = "", scope: str = ""
    ) -> None:
        """Keep what is about to be done, and the steps that take it back, see `UndoAction`."""
        action = self._remember(UndoAction.new(done, steps, what=what, scope=scope))
        for_disk = tuple(filter(self._is_for_disk, action.steps))
        if for_disk:
            kept, changes = replace(action, steps=for_disk), self._stores.disk.changes
            self._writes.submit(_write_key(action.id), lambda: changes.add_action(kept))
        if for_disk == action.steps:
            self._on_disk.add(action.id)

    def record_here(self, what: str, done: str, undo: Callable[[], None]) -> None:
        """Keep, for this run, how to undo a change outside the store, such as of a preset."""
        action = self._remember(UndoAction.new(done, what=what))
        self._here[action.id] = undo

    def show_done(self, action_id: str) -> None:
        """Know that a person sees what was just done here and is in the store already."""
        self._told = action_id

    def last(self, scope: str = "") -> UndoAction | None:
        """What `undo` would take back: the last action of that scope or on whole conversations."""
        self._forget_settled()
        found = [each for each in self._in_memory.values() if each.scope in ("", scope)]
        stored = self._stores.disk.changes.last_action(scope, but_not=self._undone)
        if stored is not None and stored.id not in self._in_memory:
            found.append(stored)
        return max(found, key=lambda each: each.at, default=None)

    def describe(self, action: UndoAction) -> str:
        """What was done, in a sentence with the title of its conversation."""
        # A kill may have kept what was about to be done from being done.
        ids = [each.id for each in self._index.find_many(action.conversation_ids)]
        if action.what:
            title = f" in {self._title(action.scope)}" if action.scope else ""
            return f"{action.what} {action.done}{title}."
        if len(ids) == 1:
            return f"{self._title(ids[0])} was {action.done}."
        return f"{len(ids)} conversations were {action.done}."

    def is_told(self, action: UndoAction) -> bool:
        """Does a person know that this is what `undo` would take back?

        They know the last action of this program, and what `tell` has returned.
        """
        return self._told == action.id

    def tell(self, action: UndoAction) -> str:
        """What `undo` would take back, which is told from now on."""
        self._told = action.id
        return self.describe(action)

    def undo(self, scope: str = "") -> str | None:
        """Undo the last action of that scope or on whole conversations; what it was.

        `None` if there is none. An action whose undoing fails stays, and can be undone later.
        """
        action = self.last(scope)
        if action is None:
            return None
        sentence, self._told = self.describe(action), ""
        if (undo := self._here.pop(action.id, None)) is not None:
            undo()
        for step in action.steps:
            self._perform(step)
        self._in_memory.pop(action.id, None)
        self._undone.add(action.id)
        changes = self._stores.disk.changes
        self._writes.submit(_write_key(action.id), lambda: changes.remove_action(action.id))
        return sentence

    def _remember(self, action: UndoAction) -> UndoAction:
        self._in_memory[action.id] = action
        self._told = action.id
        return action

    def _forget_settled(self) -> None:
        """Leave to the store what is there, because another instance may undo it."""
        for each in self._on_disk & self._in_memory.keys():
            if not self._writes.is_pending(_write_key(each)):
                del self._in_memory[each]

    def _is_for_disk(self, step: UndoStep) -> bool:
        """Is the conversation in the store, or will it be?"""
        conversation_id = step.conversation_id
        return not (
            self._stores.is_temporary(conversation_id) or self._index.is_new(conversation_id)
        )

    def _title(self, conversation_id: str) -> str:
        known = self._index.find(conversation_id)
        title = safe_line(known.title, _TITLE_LENGTH) if known is not None else ""
        return f"“{title}”" if title else "A conversation"


def _write_key(action_id: str) -> tuple[str, str, str]:
    return "undo", "", action_id


def header_step(
    before: Conversation, names: Collection[str], *, if_leaf_is_same: bool = False
) -> UndoStep:
    """Give a conversation those fields as they are now; `if_leaf_is_same`, only with this leaf."""
    from fakegpt_tui.formats.fields import encode_conversation  # noqa: PLC0415 - not at the start

    values = {"names": sorted(names), "header": encode_conversation(before)}
    return _step(before.id, "header", values | {"if_leaf_is_same": if_leaf_is_same})


def message_step(before: ChatMessage) -> UndoStep:
    """Put a message back in its place as it is now."""
    from fakegpt_tui.formats.fields import encode_message  # noqa: PLC0415 - as above

    texts = {"text": before.text, "reasoning": before.reasoning}
    return _step(before.conversation_id, "message", encode_message(before) | texts)


def trash_time_step(
    conversation_id: str, message_ids: Sequence[str], time: datetime | None
) -> UndoStep:
    """Put messages back into the trash as of that time; without one, out of it."""
    at = None if time is None else time.isoformat()
    return _step(conversation_id, "trash_time", {"ids": list(message_ids), "at": at})


def trash_step(conversation_id: str) -> UndoStep:
    """Move the conversation to the trash, because the action has made it."""
    return _step(conversation_id, "trash", {})


def trash_messages_step(conversation_id: str, message_ids: Sequence[str]) -> UndoStep:
    """Move messages to the trash, because the action has made them."""
    return _step(conversation_id, "trash_messages", {"ids": list(message_ids)})


def folder_step(path: str, before: Folder | None) -> UndoStep:
    """Give a folder the preset that it has now, or delete it where it does not exist now."""
    return _step("", "folder", {"path": path, "folder": before and asdict(before)})


def _step(conversation_id: str, kind: str, values: Mapping[str, object]) -> UndoStep:
    return UndoStep(conversation_id, json.dumps({"kind": kind, **values}))


class ImportUndo:
    """Keeps how to take one import back, as one action, so that a kill leaves it.

    The store writes it before each change.
    """

    def __init__(self, changes: ChangeStore) -> None:
        self._changes = changes
        self._action = UndoAction.new("imported")
        self._count = 0

    @property
    def id(self) -> str:
        """The id of the action; empty until something was changed."""
        return self._action.id if self._count else ""

    def keep(self, change: ImportChange) -> None:
        """Keep how to take back what is about to be written."""
        steps = tuple(_steps(change))
        self._changes.extend_action(self._action, steps, self._count)
        self._count += len(steps)

    def finish(self) -> None:
        """Make the import the last action, whatever was done while it ran."""
        if self._count:
            self._changes.renew_action(self._action.id)


def _steps(change: ImportChange) -> Iterator[UndoStep]:
    if change.folder:
        yield folder_step(change.folder, None)
    if change.after is None:
        return
    if change.before is None:
        yield trash_step(change.after.id)
        return
    if change.added:
        yield trash_messages_step(change.after.id, change.added)
    yield from map(message_step, change.replaced)
    if names := _changed_fields(change.before, change.after):
        yield header_step(change.before, names)


def _changed_fields(before: Conversation, after: Conversation) -> list[str]:
    names = (each.name for each in fields(Conversation) if each.name != _FROM_MESSAGES)
    return [name for name in names if getattr(before, name) != getattr(after, name)]
