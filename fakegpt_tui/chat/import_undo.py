"""Undo of imports: each change of an import is kept before it is made, so that a kill leaves it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import TYPE_CHECKING

from fakegpt_tui.chat.undo import (
    folder_step,
    header_step,
    message_step,
    trash_messages_step,
    trash_step,
)
from fakegpt_tui.domain import Conversation
from fakegpt_tui.domain.undo import UndoAction, UndoStep

if TYPE_CHECKING:
    from fakegpt_tui.chat.store_interface import ChangeStore
    from fakegpt_tui.formats.importer import ImportChange

_FROM_MESSAGES = "leaf_id"
"""Follows from the messages that go."""


class ImportUndo:
    """Keeps how to take one import back, as one action; the store writes it before each change."""

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
