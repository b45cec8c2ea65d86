"""Actions on whole conversations: rename, pin, archive, trash, restore, configure, branch."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from fakegpt_tui.chat.conversation_index import Change, ConversationIndex
from fakegpt_tui.chat.undo import UndoHistory
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


class ConversationActions:
    """Changes headers as a person wishes.

    Methods that take several ids pass over those that are gone. What they do can be undone, but
    for deleting for good.
    """

    def __init__(
        self,
        headers: ConversationIndex,
        history: UndoHistory,
        service: Callable[[str], Service],
        presets: Mapping[str, Preset],
        forget: Callable[[str], None],
    ) -> None:
        """`service` finds one by its name, and raises `NotFound`.

        `forget` lets go of what else is known of a conversation that is deleted for good.
        """
        self._headers = headers
        self._history = history
        self._service = service
        self._presets = presets
        self._forget = forget

    def rename(self, conversation_id: str, title: str) -> None:
        """Give a conversation a person's title, which nothing overwrites; an empty one does not.

        Raises:
            NotFound: There is no such conversation.
        """
        title = " ".join(replace_surrogates(title).split())
        before = self._headers.get(conversation_id)
        if title:
            self._change(
                [conversation_id],
                "renamed",
                lambda each: replace(each, title=title, title_source=TitleSource.PERSON),
                lambda each: replace(each, title=before.title, title_source=before.title_source),
            )

    def pin(self, conversation_ids: Iterable[str], *, pinned: bool = True) -> None:
        ids = [
            each.id
            for each in self._headers.find_many(conversation_ids)
            if each.pinned is not pinned
        ]
        self._change(
            ids,
            "pinned" if pinned else "unpinned",
            lambda each: replace(each, pinned=pinned),
            lambda each: replace(each, pinned=not pinned),
        )

    def archive(self, conversation_ids: Iterable[str], *, archived: bool = True) -> None:
        ids = [
            each.id
            for each in self._headers.find_many(conversation_ids)
            if each.archived is not archived
        ]
        self._change(
            ids,
            "archived" if archived else "brought back from the archive",
            lambda each: replace(each, archived=archived),
            lambda each: replace(each, archived=not archived),
        )

    def trash(self, conversation_ids: Iterable[str], at: datetime | None = None) -> None:
        """Put conversations into the trash, where they stay for 30 days."""
        time = at or now()
        ids = [
            each.id for each in self._headers.find_many(conversation_ids) if each.trashed_at is None
        ]
        self._change(
            ids,
            "deleted",
            lambda each: replace(each, trashed_at=time),
            lambda each: replace(each, trashed_at=None),
        )

    def trash_without_undo(self, conversation_ids: Iterable[str]) -> None:
        """Put conversations into the trash to take something else back, which is no act itself."""
        time = now()
        for each in self._headers.find_many(conversation_ids):
            if each.trashed_at is None:
                self._headers.update(each.id, lambda found: replace(found, trashed_at=time))

    def restore(self, conversation_ids: Iterable[str]) -> None:
        """Bring conversations back from the trash."""
        before = {
            each.id: each.trashed_at
            for each in self._headers.find_many(conversation_ids)
            if each.trashed_at is not None
        }
        self._change(
            list(before),
            "restored",
            lambda each: replace(each, trashed_at=None),
            lambda each: replace(each, trashed_at=before[each.id]),
        )

    def delete(self, conversation_ids: Iterable[str]) -> None:
        """Delete conversations that are in the trash; this alone cannot be undone."""
        for each in self._headers.find_many(conversation_ids):
            if each.trashed_at is not None:
                self._headers.delete(each.id)
                self._forget(each.id)

    def set_service(self, conversation_id: str, service_name: str, model: str = "") -> None:
        """Let another service or model answer from now on; without one, the service's own model.

        Raises:
            NotFound: There is no such conversation, or no such service.
        """
        service = self._service(service_name)
        before = self._headers.get(conversation_id)
        chosen = service.name, model or service.model
        if chosen == (before.service, before.model):
            return
        self._change(
            [conversation_id],
            f"given to {' '.join(chosen).strip()}",
            lambda each: _with_model(each, *chosen),
            lambda each: _with_former_model(each, before),
        )

    def configure(
        self, conversation_id: str, *, system_prompt: str, generation: GenerationSettings
    ) -> None:
        """Say what a model is told before all prompts, and how it should write from now on.

        Raises:
            NotFound: There is no such conversation.
        """
        self._configure(
            conversation_id, "set up", replace_surrogates(system_prompt).strip(), generation
        )

    def apply_preset(self, conversation_id: str, name: str) -> None:
        """Take over the system prompt and the generation settings of a preset.

        Raises:
            NotFound: There is no such conversation, or no such preset.
        """
        preset = self._presets.get(name)
        if preset is None:
            raise NotFound(f"There is no preset named {name!r} in the configuration.")
        words = f"set up as {preset.name!r}"
        self._configure(conversation_id, words, preset.system_prompt, preset.generation)

    def record_replaced_preset(self, replaced: Preset, put_back: Callable[[Preset], None]) -> None:
        """Remember that there is another preset in place of `replaced`, which can be put back."""
        words = f"The preset {replaced.name!r} was replaced."
        self._history.record(words, lambda: put_back(replaced))

    def _configure(
        self, conversation_id: str, words: str, system_prompt: str, generation: GenerationSettings
    ) -> None:
        before = self._headers.get(conversation_id)
        if (system_prompt, generation) == (before.system_prompt, before.generation):
            return
        self._change(
            [conversation_id],
            words,
            lambda each: replace(each, system_prompt=system_prompt, generation=generation),
            lambda each: replace(
                each, system_prompt=before.system_prompt, generation=before.generation
            ),
        )

    def _change(self, ids: list[str], words: str, change: Change, back: Change) -> None:
        if not ids:
            return

        def apply(step: Change) -> None:
            for conversation in self._headers.find_many(ids):
                self._headers.update(conversation.id, step)

        apply(change)
        count = "A conversation was" if len(ids) == 1 else f"{len(ids)} conversations were"
        self._history.record(f"{count} {words}.", lambda: apply(back))


def _with_model(conversation: Conversation, service: str, model: str) -> Conversation:
    # Another service does not know what this one calls the conversation.
    kept = conversation.server_id if service == conversation.service else ""
    return replace(conversation, service=service, model=model, server_id=kept)


def _with_former_model(conversation: Conversation, before: Conversation) -> Conversation:
    back = _with_model(conversation, before.service, before.model)
    # What was said meanwhile, the service of then does not know.
    is_as_it_was = conversation.leaf_id == before.leaf_id
    return replace(back, server_id=before.server_id if is_as_it_was else back.server_id)


def branch_conversation(
    conversation: Conversation, path: Sequence[ChatMessage]
) -> tuple[Conversation, list[ChatMessage]]:
    """A new conversation with copies of the chat messages of `path`.

    The service knows nothing of them: what it keeps stays that of the other conversation.
    """
    time = now()
    branch_id = new_id()
    copies: list[ChatMessage] = []
    for message in path:
        is_over = message.status.is_final
        copies.append(
            replace(
                message,
                id=new_id(),
                conversation_id=branch_id,
                parent_id=copies[-1].id if copies else None,
                status=message.status if is_over else MessageStatus.STOPPED,
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
