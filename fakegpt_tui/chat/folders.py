"""Folders and tags: moving and tagging conversations, and presets of folders, all undoable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from fakegpt_tui.chat.undo import folder_step, header_step
from fakegpt_tui.domain import Conversation, NotFound, Service, StoreError
from fakegpt_tui.domain.folders import (
    Folder,
    clean_folder,
    clean_tags,
    folder_order,
    is_inside,
    move_path,
    with_ancestors,
)
from fakegpt_tui.text import safe_line

if TYPE_CHECKING:
    from fakegpt_tui.chat.conversation_index import ConversationIndex
    from fakegpt_tui.chat.pending_writes import PendingWrites, Stores
    from fakegpt_tui.chat.undo import UndoHistory

_FOLDER = "folder"

_FieldValues: TypeAlias = Mapping[str, Mapping[str, Any]]
"""Values of fields, by the id of the conversation that has them."""


class ConversationFolders:
    """Folders of conversations, which are paths, and their tags.

    A folder exists once it was made, or a conversation is in it. Temporary conversations are in
    none.
    """

    def __init__(
        self,
        stores: Stores,
        index: ConversationIndex,
        writes: PendingWrites,
        history: UndoHistory,
        find_service: Callable[[str], Service | None],
    ) -> None:
        self._stores = stores
        self._index = index
        self._writes = writes
        self._history = history
        self._find_service = find_service
        self._made: dict[str, Folder] | None = None
        self._begun: set[str] = set()
        """Conversations that got a folder before they had a prompt."""

    def all(self) -> list[Folder]:
        """All folders as a tree: each is followed by those in it, by the alphabet."""
        named = (each.folder for each in self._index.all())
        paths = sorted(with_ancestors((*self._known(), *named)), key=folder_order)
        return [self._known().get(path, Folder(path)) for path in paths]

    @property
    def made(self) -> tuple[str, ...]:
        """The paths of those that were made, though no conversation may be in them.

        There are none while they cannot be read.
        """
        with suppress(StoreError):
            return tuple(self._known())
        return ()

    def find(self, path: str) -> Folder:
        """The folder of that path, whichever letters are capitals.

        Raises:
            NotFound: There is no such folder.
        """
        wanted = clean_folder(path).casefold()
        for each in self.all():
            if each.path.casefold() == wanted:
                return each
        raise NotFound(f"There is no folder {safe_line(path)!r}.")

    def spelled(self, path: str) -> Folder:
        """The folder of a path, as it is spelled where it exists, or as it would be made."""
        spelled = self._spelled(path)
        return self._known().get(spelled, Folder(spelled))

    def tags(self) -> list[str]:
        """All tags that conversations have, the most used first."""
        counts = Counter(tag for each in self._index.all() for tag in each.tags)
        return sorted(counts, key=lambda tag: (-counts[tag], tag.casefold()))

    def refresh(self) -> None:
        """Read the folders that another instance may have changed.

        Raises:
            StoreError: They cannot be read.
        """
        known, found = self._known(), self._read()
        for path in self._writes.pending(_FOLDER):
            found.pop(path, None)
            found |= {path: known[path]} if path in known else {}
        self._made = found

    def new_conversation(self, path: str) -> Conversation:
        """An empty conversation in a folder, with its preset; saved once it has a prompt."""
        created = self._index.create()
        if self._index.is_temporary(created.id):
            return created
        self._put_into(created, self._spelled(path))
        return self._index.get(created.id)

    def move(self, conversation_ids: Iterable[str], path: str) -> int:
        """Move conversations to a folder, which is made if need be, or to the top for no path.

        One without a prompt gets the preset of the folder. Returns how many were moved.
        """
        folder = self._spelled(path)
        found = self._index.find_many(conversation_ids)
        kept = [each for each in found if not self._index.is_temporary(each.id)]
        unsaved = [each for each in kept if self._index.is_new(each.id)]
        for each in unsaved:
            self._put_into(each, folder)
        moved = self._set_fields(
            {each.id: {"folder": folder} for each in kept if each not in unsaved},
            f"moved to {folder or 'the top'}",
        )
        return moved + len(unsaved)

    def tag(
        self, conversation_ids: Iterable[str], add: Iterable[str], remove: Iterable[str] = ()
    ) -> int:
        """Add tags to conversations, and take others away; returns how many that changed."""
        added, gone = clean_tags(add), {tag.casefold() for tag in clean_tags(remove)}

        def tagged(conversation: Conversation) -> tuple[str, ...]:
            kept = (tag for tag in conversation.tags if tag.casefold() not in gone)
            return clean_tags((*kept, *added))

        found = self._index.find_many(conversation_ids)
        return self._set_fields({each.id: {"tags": tagged(each)} for each in found}, "tagged")

    def configure(self, folder: Folder) -> Folder:
        """Make a folder, or change its preset; a model is one of a service.

        Raises:
            NotFound: There is no such service.
        """
        model = folder.model if folder.service else ""
        folder = replace(folder, path=self._spelled(folder.path), model=model)
        if folder.service and self._find_service(folder.service) is None:
            raise NotFound(f"There is no service named {folder.service!r} in the configuration.")
        if not folder.path:
            raise NotFound("Give the folder a name.")
        if self._known().get(folder.path) != folder:
            what = f"The folder {folder.path} was"
            self._change({}, {folder.path: folder}, "changed", what=what)
        return folder

    def rename(self, path: str, new: str) -> str:
        """Give a folder another path, with all that is in it; returns the path as it is spelled.

        An existing folder of that path takes in the contents, and keeps its own preset.

        Raises:
            NotFound: There is no such folder.
        """
        old, new = self.find(path).path, clean_folder(new)
        if not new or new == old:
            return old
        new = new if is_inside(new.casefold(), old.casefold()) else self._spelled(new)
        inside = [each for each in self.all() if is_inside(each.path, old)]
        folders: dict[str, Folder | None] = {each.path: None for each in inside}
        for each in inside:
            target = move_path(each.path, old, new)
            kept = None if is_inside(target, old) else self._known().get(target)
            folders[target] = kept or replace(each, path=target)
        what = f"The folder {old} was"
        self._change(self._moved(old, new), folders, f"renamed to {new}", what=what)
        return new

    def delete(self, path: str) -> int:
        """Delete a folder with those in it; conversations go back to the top. Tells how many.

        Raises:
            NotFound: There is no such folder.
        """
        old = self.find(path).path
        inside = self._moved(old, "")
        fields = {each: {"folder": ""} for each in inside}
        folders = {each.path: None for each in self.all() if is_inside(each.path, old)}
        self._change(fields, folders, "deleted", what=f"The folder {old} was")
        return len(inside)

    def preset(self, path: str) -> Folder:
        """What new conversations in a folder get: its own preset, or that of one around it."""
        around = sorted(with_ancestors([path]), key=len, reverse=True)
        known = [self._known().get(each, Folder(each)) for each in around]
        serving = (each for each in known if self._find_service(each.service) is not None)
        served = next(serving, Folder(path))
        prompts = (each.system_prompt for each in known if each.system_prompt)
        return Folder(path, served.service, served.model, next(prompts, ""))

    def _put_into(self, conversation: Conversation, path: str) -> None:
        """Put a conversation that has no prompt yet into a folder, with what its preset says."""
        preset = self.preset(path)
        moved = replace(conversation, folder=path)
        if preset.service:
            moved = replace(moved, service=preset.service, model=preset.model)
        prompt = moved.system_prompt or preset.system_prompt
        self._index.save(replace(moved, system_prompt=prompt))
        self._begun.add(conversation.id)

    def _spelled(self, path: str) -> str:
        """A path with its names as folders of these names are spelled that exist."""
        spelled, known = "", {each.path.casefold(): each.path for each in self.all()}
        for name in clean_folder(path).split("/"):
            step = f"{spelled}/{name}".strip("/")
            spelled = known.get(step.casefold(), step)
        return spelled

    def _moved(self, old: str, new: str) -> _FieldValues:
        """What the conversations in a folder have once that is called `new`."""
        begun = self._index.find_many(self._begun)
        return {
            each.id: {"folder": move_path(each.folder, old, new)}
            for each in (*self._index.all(), *self._index.trashed(), *begun)
            if is_inside(each.folder, old)
        }

    def _set_fields(self, fields: _FieldValues, done: str) -> int:
        """Set fields of conversations that have other values; tells of how many."""
        changed = {
            each.id: fields[each.id]
            for each in self._index.find_many(fields)
            if any(getattr(each, name) != value for name, value in fields[each.id].items())
        }
        if changed:
            self._change(changed, {}, done)
        return len(changed)

    def _change(
        self,
        fields: _FieldValues,
        folders: Mapping[str, Folder | None],
        done: str,
        *,
        what: str = "",
    ) -> None:
        """Change conversations and folders, `None` being one that goes; `undo` takes it back.

        There is nothing to take back of a conversation that has no prompt yet.
        """
        found = self._index.find_many(fields)
        saved = (each for each in found if not self._index.is_new(each.id))
        steps = [
            *(folder_step(path, self._known().get(path)) for path in folders),
            *(header_step(each, fields[each.id]) for each in saved),
        ]
        if steps:
            self._history.record(done, steps, what=what)
        for path, folder in folders.items():
            self.write(path, folder)
        for conversation in found:
            self._index.update(conversation.id, partial(replace, **fields[conversation.id]))

    def write(self, path: str, folder: Folder | None) -> None:
        """Make or change just the folder at a path; with none, delete it. No undo is kept."""
        if self._known().get(path) == folder:
            return
        if folder is None:
            self._known().pop(path)
        else:
            self._known()[path] = folder
        store = self._stores.disk
        self._writes.submit(
            (_FOLDER, path),
            lambda: store.save_folder(folder) if folder else store.delete_folder(path),
        )

    def _known(self) -> dict[str, Folder]:
        if self._made is None:
            self._made = self._read()
        return self._made

    def _read(self) -> dict[str, Folder]:
        return {each.path: each for each in self._stores.disk.folders()}
