"""Undo performer: takes back what the steps of an action are about."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fakegpt_tui.domain import Conversation, StoreError, now
from fakegpt_tui.domain.folders import Folder
from fakegpt_tui.formats.fields import Fields, decode_conversation, decode_message

if TYPE_CHECKING:
    from fakegpt_tui.chat.conversation_index import ConversationIndex
    from fakegpt_tui.chat.folders import ConversationFolders
    from fakegpt_tui.chat.message_trees import MessageTrees
    from fakegpt_tui.domain.undo import UndoStep


def perform(
    step: UndoStep, index: ConversationIndex, trees: MessageTrees, folders: ConversationFolders
) -> None:
    """Take back what the step is about. A conversation that is gone is passed over.

    Doing it again changes nothing.

    Raises:
        StoreError: The step cannot be read, as one that a later version wrote.
        StillReplying: A reply is under way in what would go.
    """
    known = index.find(step.conversation_id)
    try:
        values = json.loads(step.data)
        if values["kind"] == "folder":
            before = values["folder"]
            folders.write(values["path"], before and Folder(**before))
        elif known is not None:
            _PERFORMERS[values["kind"]](known, values, index, trees)
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError("How to take this back was kept by another version.") from error


_Values = Mapping[str, Any]


def _restore_header(
    known: Conversation, values: _Values, index: ConversationIndex, _trees: MessageTrees
) -> None:
    before = decode_conversation(Fields(values["header"]))
    if values["if_leaf_is_same"] and known.leaf_id != before.leaf_id:
        return
    fields = {name: getattr(before, name) for name in values["names"]}
    if replace(known, **fields) != known:
        index.update(known.id, lambda each: replace(each, **fields))


def _restore_message(
    known: Conversation, values: _Values, _index: ConversationIndex, trees: MessageTrees
) -> None:
    fields = Fields(values)
    texts = {"text": fields.text("text"), "reasoning": fields.text("reasoning")}
    trees.save_version(decode_message(fields, known.id, **texts))


def _set_trash_time(
    known: Conversation, values: _Values, _index: ConversationIndex, trees: MessageTrees
) -> None:
    at = None if values["at"] is None else datetime.fromisoformat(values["at"])
    trees.set_trash_time(known.id, values["ids"], at)


def _trash(
    known: Conversation, _values: _Values, index: ConversationIndex, _trees: MessageTrees
) -> None:
    if known.trashed_at is None:
        time = now()
        index.update(known.id, lambda each: replace(each, trashed_at=time))


def _trash_messages(
    known: Conversation, values: _Values, _index: ConversationIndex, trees: MessageTrees
) -> None:
    trees.trash_without_undo(known.id, values["ids"])


_PERFORMERS: Mapping[
    str, Callable[[Conversation, _Values, ConversationIndex, MessageTrees], None]
] = {
    "header": _restore_header,
    "message": _restore_message,
    "trash_time": _set_trash_time,
    "trash": _trash,
    "trash_messages": _trash_messages,
}
