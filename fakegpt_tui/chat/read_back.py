"""Reading back: what was edited in a file of the mirror folder becomes part of its conversation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fakegpt_tui.chat.mirror import EDITED, Mirror
from fakegpt_tui.chat.tree_cache import fold_reasoning
from fakegpt_tui.chat.undo import header_step, message_step
from fakegpt_tui.domain import LoadError, TitleSource
from fakegpt_tui.domain.parts import fit_parts
from fakegpt_tui.domain.undo import UndoAction
from fakegpt_tui.formats.mirror import EditedFile
from fakegpt_tui.text import replace_surrogates, safe_line

if TYPE_CHECKING:
    from fakegpt_tui.chat.store_interface import ChatStore
    from fakegpt_tui.domain import ChatMessage, Conversation

_FIELDS: Final = ("title", "system_prompt", "pinned", "archived", "folder", "tags")
"""What of a conversation can be edited in its file."""


def list_edited(store: ChatStore, folder: Path) -> list[tuple[Path, str]]:
    """The files of a mirror folder that were edited, and the titles of their conversations.

    Raises:
        StoreError: The store cannot be read.
    """
    mirror = Mirror(store, folder)
    mirror.look()
    files = [(file, path) for file, path in mirror.changed_files() if file.state == EDITED]
    known = [(path, store.conversation(file.conversation_id)) for file, path in files]
    return [(path, each.title) for path, each in known if each is not None]


def read_back(store: ChatStore, folder: Path, path: Path) -> str:
    """Take over what was edited in a file of a mirror folder, and tell what. Can be undone.

    Texts of messages are taken over, and fields of the conversation where it has not changed
    since. Nothing is deleted. Then the file counts as written here again, unless it holds more.

    Raises:
        LoadError: The file cannot be read, or its conversation is gone.
        SaveError: It was changed meanwhile, or cannot be written.
        StoreError: The store cannot be read or written.
    """
    edited = EditedFile.read(path)
    known = store.conversation(edited.conversation.id)
    if known is None or known.trashed_at is not None:
        raise LoadError(f"{safe_line(str(path))} is of a conversation that was deleted.")
    mirror = Mirror(store, folder)
    there = {each.id: each for each in fold_reasoning(store.messages(known.id))}
    changed = list(_changed(edited.messages, there))
    fields = _changed_fields(known, edited) if mirror.is_shown(path) else {}
    if changed or fields:
        _keep_undo(store, known, [there[each.id] for each in changed], list(fields))
    for message in changed:
        store.finish_reply(message).result()
    if fields:
        store.save_conversation(replace(known, **fields)).result()
    if not edited.holds_more:
        edited.accept(path)
    mirror.update()
    return _describe(known, len(changed), [each for each in fields if each in _FIELDS], edited)


def _changed(found: Sequence[ChatMessage], there: dict[str, ChatMessage]) -> Iterator[ChatMessage]:
    """The messages that have another text in the file, as they are to be."""
    for each in found:
        known = there.get(each.id)
        if known is None or not known.status.is_final or known.trashed_at is not None:
            continue
        before = replace_surrogates(known.text), replace_surrogates(known.reasoning)
        if before != (each.text, each.reasoning):
            parts = fit_parts(known.parts, each.text, each.reasoning) if known.parts else ()
            yield replace(known, text=each.text, reasoning=each.reasoning, parts=parts)


def _changed_fields(known: Conversation, edited: EditedFile) -> dict[str, Any]:
    found = edited.conversation
    if found.title == known.title and edited.heading not in ("", safe_line(known.title)):
        found = replace(found, title=edited.heading)
    changed: dict[str, Any] = {
        name: getattr(found, name)
        for name in _FIELDS
        if getattr(found, name) != getattr(known, name)
    }
    if "title" in changed:
        changed["title_source"] = TitleSource.PERSON
    return changed


def _keep_undo(
    store: ChatStore,
    known: Conversation,
    messages: Sequence[ChatMessage],
    names: Sequence[str],
) -> None:
    steps = [*map(message_step, messages), *([header_step(known, names)] if names else ())]
    action = UndoAction.new("read back from the mirror folder", steps)
    store.changes.add_action(action).result()


def _describe(known: Conversation, messages: int, fields: Sequence[str], edited: EditedFile) -> str:
    what = [f"{messages} message{'' if messages == 1 else 's'}"] if messages else []
    what += [each.replace("_", " ") for each in fields]
    title = f"“{safe_line(known.title, 40)}”"
    told = f"Read back into {title}: {', '.join(what) or 'nothing that can be taken over'}."
    if edited.holds_more:
        told += " The file holds more than that, so it stays; the next change has a file beside it."
    return told
