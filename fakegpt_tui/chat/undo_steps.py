"""Undo steps: how one conversation gets back what an action has changed, kept as JSON.

`undo_performer.py` takes them back.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from fakegpt_tui.domain import ChatMessage, Conversation
from fakegpt_tui.domain.folders import Folder
from fakegpt_tui.domain.undo import UndoStep


def header_step(
    before: Conversation, names: Collection[str], *, if_leaf_is_same: bool = False
) -> UndoStep:
    """Give a conversation those fields as they are now, maybe only where its leaf is still this."""
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
    """Give a folder its preset of now; one that is not there yet goes."""
    return _step("", "folder", {"path": path, "folder": before and asdict(before)})


def _step(conversation_id: str, kind: str, values: Mapping[str, object]) -> UndoStep:
    return UndoStep(conversation_id, json.dumps({"kind": kind, **values}))
