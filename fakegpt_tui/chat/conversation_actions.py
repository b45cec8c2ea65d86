"""Actions on whole conversations: rename, pin, archive, trash, restore, configure, branch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fakegpt_tui.chat.undo import header_step, trash_step
from fakegpt_tui.domain import (
    ChatMessage,
    Conversation,
    GenerationSettings,
    MessageStatus,
    NotFound,
    Preset,
    Service,
    TitleSource,
    new_id,
    now,
)
from fakegpt_tui.text import replace_surrogates

if TYPE_CHECKING:
    from fakegpt_tui.chat.conversation_index import ConversationIndex
    from fakegpt_tui.chat.message_trees import MessageTrees
    from fakegpt_tui.chat.undo import UndoHistory


class ConversationActions:
    """Actions on whole conversations; each can be undone, except for `delete`.

    Methods that take several ids skip conversations that are gone. Methods that take one raise
    `NotFound` where there is no such conversation.
    """

    def __init__(
        self,
        index: ConversationIndex,
        trees: MessageTrees,
        history: UndoHistory,
        *,
        service: Callable[[str], Service],
        presets: Mapping[str, Preset],
        discard: Callable[[str], None],
    ) -> None:
        """`service` finds a service by its name, and raises `NotFound`.

        `discard` is called with the id of a conversation that is deleted, to drop what else is
        known of it.
        """
        self._index = index
        self._trees = trees
        self._history = history
        self._service = service
        self._presets = presets
        self._discard = discard

    def rename(self, conversation_id: str, title: str) -> None:
        """Give a conversation a title that nothing overwrites; an empty title changes nothing."""
        self._index.get(conversation_id)
        if title := " ".join(replace_surrogates(title).split()):
            changes = {"title": title, "title_source": TitleSource.PERSON}
            self._set([conversation_id], "renamed", changes)

    def pin(self, conversation_ids: Iterable[str], *, pinned: bool = True) -> None:
        self._set(conversation_ids, "pinned" if pinned else "unpinned", {"pinned": pinned})

    def archive(self, conversation_ids: Iterable[str], *, archived: bool = True) -> None:
        words = "archived" if archived else "brought back from the archive"
        self._set(conversation_ids, words, {"archived": archived})

    def trash(self, conversation_ids: Iterable[str], at: datetime | None = None) -> None:
        """Move conversations to the trash, where they stay for 30 days."""
        self._set(self._not_trashed(conversation_ids), "deleted", {"trashed_at": at or now()})

    def restore(self, conversation_ids: Iterable[str]) -> None:
        """Bring conversations back from the trash."""
        self._set(conversation_ids, "restored", {"trashed_at": None})

    def delete(self, conversation_ids: Iterable[str]) -> None:
        """Delete conversations that are in the trash; this cannot be undone."""
        for each in self._index.find_many(conversation_ids):
            if each.trashed_at is not None:
                self._index.delete(each.id)
                self._discard(each.id)

    def set_service(self, conversation_id: str, service_name: str, model: str = "") -> None:
        """Let another service or model reply from now on; without a model, the service's own.

        Raises:
            NotFound: There is no such conversation, or no such service.
        """
        service = self._service(service_name)
        before = self._index.get(conversation_id)
        chosen = service.name, model or service.model
        if chosen != (before.service, before.model):
            steps = [
                header_step(before, ["service", "model"]),
                header_step(before, ["server_id"], if_leaf_is_same=True),
            ]
            self._history.record(f"switched to {' '.join(chosen).strip()}", steps)
            self._index.update(conversation_id, lambda each: _with_model(each, *chosen))

    def choose_reply(self, conversation_id: str, reply_id: str) -> None:
        """Show a reply, and let its model reply from now on; the others stay variants.

        Raises:
            NotFound: There is no such reply.
        """
        reply = self._trees.message(conversation_id, reply_id)
        self._trees.show_variant(conversation_id, reply_id)
        self._index.update(
            conversation_id, lambda each: _with_model(each, reply.service, reply.model)
        )

    def configure(
        self, conversation_id: str, *, system_prompt: str, generation: GenerationSettings
    ) -> None:
        """Set the system prompt and the generation settings."""
        prompt = replace_surrogates(system_prompt).strip()
        before = self._index.get(conversation_id)
        new = (
            "a new system prompt" if prompt != before.system_prompt else "",
            "new settings" if generation != before.generation else "",
        )
        words = f"given {' and '.join(filter(None, new))}"
        self._configure(conversation_id, words, prompt, generation)

    def apply_preset(self, conversation_id: str, name: str) -> None:
        """Set the system prompt and the generation settings to those of a preset.

        Raises:
            NotFound: There is no such conversation, or no such preset.
        """
        preset = self._presets.get(name)
        if preset is None:
            raise NotFound(f"There is no preset named {name!r} in the configuration.")
        words = f"given the preset {preset.name!r}"
        self._configure(conversation_id, words, preset.system_prompt, preset.generation)

    def record_replaced_preset(self, replaced: Preset, restore: Callable[[Preset], None]) -> None:
        """Let `undo` put back a preset that was replaced."""
        what = f"The preset {replaced.name!r} was"
        self._history.record_here(what, "replaced", lambda: restore(replaced))

    def branch(
        self, conversation_id: str, message_id: str, *, temporary: bool = False
    ) -> Conversation:
        """A new conversation that begins with a copy of the path to a chat message.

        It leaves nothing on disk if it is `temporary`, or if the other one is.

        Raises:
            NotFound: There is no such chat message.
        """
        path = self._trees.path_to(conversation_id, message_id)
        branch, messages = branch_conversation(self._index.get(conversation_id), path)
        if temporary or self._index.is_temporary(conversation_id):
            self._index.make_temporary(branch.id)
        self._history.record("branched off", [trash_step(branch.id)])
        key = self._index.add(branch, messages, copied_from=conversation_id)
        for message in messages:
            self._trees.put(message, key)
        return branch

    def _not_trashed(self, conversation_ids: Iterable[str]) -> list[str]:
        found = self._index.find_many(conversation_ids)
        return [each.id for each in found if each.trashed_at is None]

    def _configure(
        self, conversation_id: str, words: str, system_prompt: str, generation: GenerationSettings
    ) -> None:
        self._index.get(conversation_id)
        changes = {"system_prompt": system_prompt, "generation": generation}
        self._set([conversation_id], words, changes)

    def _set(self, ids: Iterable[str], done: str, changes: Mapping[str, Any]) -> None:
        """Set fields of the conversations in which they have other values."""
        changed = [
            each
            for each in self._index.find_many(dict.fromkeys(ids))
            if any(getattr(each, name) != value for name, value in changes.items())
        ]
        if changed:
            self._history.record(done, [header_step(each, changes.keys()) for each in changed])
        for each in changed:
            self._index.update(each.id, lambda known: replace(known, **changes))


def _with_model(conversation: Conversation, service: str, model: str) -> Conversation:
    # `server_id` means nothing to another service.
    kept = conversation.server_id if service == conversation.service else ""
    return replace(conversation, service=service, model=model, server_id=kept)


def branch_conversation(
    conversation: Conversation, path: Sequence[ChatMessage]
) -> tuple[Conversation, list[ChatMessage]]:
    """A new conversation with copies of the chat messages of `path`.

    The copies have no `server_id`, as the service does not know them.
    """
    time = now()
    branch_id = new_id()
    copies: list[ChatMessage] = []
    for message in path:
        is_final = message.status.is_final
        copies.append(
            replace(
                message,
                id=new_id(),
                conversation_id=branch_id,
                parent_id=copies[-1].id if copies else None,
                status=message.status if is_final else MessageStatus.STOPPED,
                server_id="",
            )
        )
    branch = replace(
        conversation,
        id=branch_id,
        created_at=time,
        updated_at=time,
        leaf_id=copies[-1].id if copies else None,
        unread=False,
        pinned=False,
        archived=False,
        trashed_at=None,
        server_id="",
    )
    return branch, copies
