"""Drafts and bookmarks: what is typed and not sent, and where reading stopped."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING

from fakegpt_tui.domain import Bookmark, Conversation, Draft

if TYPE_CHECKING:
    from fakegpt_tui.chat.conversation_index import ConversationIndex
    from fakegpt_tui.chat.pending_writes import PendingWrites, Stores
    from fakegpt_tui.domain.parts import Attachment


class Bookmarks:
    """One bookmark for each conversation that was left before its end.

    Writes are not awaited, and their errors are not reported.
    """

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._known: dict[str, Bookmark | None] = {}

    def get(self, conversation_id: str) -> Bookmark | None:
        """Where the conversation was left; `None` is its end."""
        if conversation_id not in self._known:
            self._known[conversation_id] = self._stores.of(conversation_id).bookmark(
                conversation_id
            )
        return self._known[conversation_id]

    def put(self, conversation_id: str, bookmark: Bookmark | None) -> None:
        """Set where a conversation was left; `None` is its end."""
        if self.get(conversation_id) == bookmark:
            return
        self._known[conversation_id] = bookmark
        if bookmark is None:
            self._stores.of(conversation_id).delete_bookmark(conversation_id)
        else:
            self._stores.of(conversation_id).save_bookmark(bookmark)

    def discard(self, conversation_id: str) -> None:
        """Drop the bookmark of a deleted conversation."""
        self._known.pop(conversation_id, None)


_DRAFT = "draft"
_EDITS = " edits "
"""Separates the id of a conversation from that of its prompt, in the id of an edit's draft."""


def conversation_of_draft(draft_id: str) -> str:
    """The conversation of a draft, also of the draft of an edited prompt."""
    return draft_id.partition(_EDITS)[0]


class Drafts:
    """One draft per conversation, with its cursor, also before the first prompt.

    A prompt that is being edited has its own draft.
    """

    def __init__(self, stores: Stores, writes: PendingWrites, index: ConversationIndex) -> None:
        self._stores = stores
        self._writes = writes
        self._index = index
        self._drafts: dict[str, Draft] | None = None

    def all(self) -> Mapping[str, Draft]:
        """The drafts by conversation, without those of edited prompts."""
        known = self._known()
        return MappingProxyType({each: known[each] for each in known if _EDITS not in each})

    def unsent(self) -> list[Draft]:
        """Drafts of an earlier run whose conversations have no prompt yet.

        A run that leaves nothing on disk goes on with none.
        """
        if self._index.is_all_temporary:
            return []
        return [each for each in self.all().values() if not self._index.find(each.conversation_id)]

    def conversations(self) -> set[str]:
        """The conversations that have a draft of either kind."""
        return {conversation_of_draft(each) for each in self._known()}

    def get(self, conversation_id: str) -> Draft | None:
        return self._known().get(conversation_id)

    def save(
        self,
        conversation_id: str,
        text: str,
        cursor: tuple[int, int] = (0, 0),
        attachments: tuple[Attachment, ...] = (),
    ) -> None:
        """Save what is typed; may be called at every key, as the store gathers writes.

        Blank text removes the draft, unless a conversation without a prompt has been set up.
        `attachments` are what the marks in the text stand for.
        """
        header = self._header(conversation_id)
        text = text if text.strip() else ""
        draft = Draft(conversation_id, text, cursor, attachments, header)
        if draft.text or draft.header:
            if self.get(conversation_id) == draft:
                return
            self._known()[conversation_id] = draft
        elif self._known().pop(conversation_id, None) is None:
            return
        self._submit(draft)

    def resume(self, draft: Draft) -> Conversation:
        """The conversation of a draft of an earlier run, set up as it was."""
        conversation = self._index.create(conversation_id=draft.conversation_id)
        if draft.header:
            from fakegpt_tui.formats.base import FormatError  # noqa: PLC0415 - not at every start
            from fakegpt_tui.formats.fields import Fields, decode_conversation  # noqa: PLC0415

            with suppress(ValueError, FormatError):
                conversation = decode_conversation(Fields(json.loads(draft.header)))
                self._index.put_unsaved(conversation)
        return conversation

    def leave(self, conversation_id: str) -> None:
        """Forget what a conversation was set up as in which nothing is asked or typed."""
        draft = self.get(conversation_id)
        if draft is not None and not draft.text:
            del self._known()[conversation_id]
            self._submit(Draft(conversation_id, ""))

    def _submit(self, draft: Draft) -> None:
        store = self._stores.of(conversation_of_draft(draft.conversation_id))
        self._writes.submit((_DRAFT, draft.conversation_id), lambda: store.save_draft(draft))

    def _header(self, conversation_id: str) -> str:
        """What a conversation without a prompt was set up as; empty where nothing was."""
        if not self._index.is_new(conversation_id):
            return ""
        found = self._index.get(conversation_id)
        is_plain = (found.service, found.model) == self._index.default_model()
        if is_plain and not found.is_set_up:
            return ""
        from fakegpt_tui.formats.fields import encode_conversation  # noqa: PLC0415 - not at every start

        return json.dumps(encode_conversation(found))

    def edits(self, conversation_id: str) -> Mapping[str, Draft]:
        """The drafts of edited prompts in a conversation, by the id of the prompt."""
        begin = conversation_id + _EDITS
        return {
            each.removeprefix(begin): draft
            for each, draft in self._known().items()
            if each.startswith(begin)
        }

    def save_edit(
        self,
        conversation_id: str,
        prompt_id: str,
        text: str,
        cursor: tuple[int, int] = (0, 0),
        attachments: tuple[Attachment, ...] = (),
    ) -> None:
        """Save the draft of an edited prompt; blank text removes it."""
        self.save(f"{conversation_id}{_EDITS}{prompt_id}", text, cursor, attachments)

    def refresh(self) -> None:
        """Read what another instance has written, except what was typed here."""
        known = self._known()
        ours = self._writes.pending(_DRAFT)
        found = self._read()
        self._drafts = {each: draft for each, draft in found.items() if each not in ours}
        self._drafts |= {each: draft for each, draft in known.items() if each in ours}

    def discard(self, conversation_id: str) -> None:
        """Drop the drafts of a deleted conversation."""
        self._known().pop(conversation_id, None)
        for prompt_id in self.edits(conversation_id):
            self.save_edit(conversation_id, prompt_id, "")

    def _known(self) -> dict[str, Draft]:
        if self._drafts is None:
            self._drafts = self._read()
        return self._drafts

    def _read(self) -> dict[str, Draft]:
        return {
            each: draft for store in self._stores.all() for each, draft in store.drafts().items()
        }
