"""Drafts and bookmarks: what is typed and not sent, and where reading stopped."""

from collections.abc import Mapping
from types import MappingProxyType

from fakegpt_tui.chat.pending_writes import PendingWrites
from fakegpt_tui.chat.store_interface import Stores
from fakegpt_tui.domain import Bookmark, Draft


class Bookmarks:
    """One for each conversation that was left elsewhere than at its end.

    Nobody waits for them to be on disk, and nobody is told if they are not.
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
        """Remember where a conversation is left; `None` is its end."""
        if self.get(conversation_id) == bookmark:
            return
        self._known[conversation_id] = bookmark
        if bookmark is None:
            self._stores.of(conversation_id).delete_bookmark(conversation_id)
        else:
            self._stores.of(conversation_id).save_bookmark(bookmark)

    def discard(self, conversation_id: str) -> None:
        """Let go of the bookmark of a conversation that was deleted for good."""
        self._known.pop(conversation_id, None)


_DRAFT = "draft"
_EDITS = " edits "
"""Stands between the ids of a conversation and of its prompt, for one that is being edited."""


def conversation_of_draft(draft_id: str) -> str:
    """The conversation that a draft is of, be it one of an edited prompt."""
    return draft_id.partition(_EDITS)[0]


class Drafts:
    """One draft for each conversation, with its cursor, also where it has no prompt yet.

    A prompt that is being edited has one of its own.
    """

    def __init__(self, stores: Stores, writes: PendingWrites) -> None:
        self._stores = stores
        self._writes = writes
        self._drafts: dict[str, Draft] | None = None

    def all(self) -> Mapping[str, Draft]:
        """The drafts by conversation, without those of edited prompts."""
        known = self._known()
        return MappingProxyType({each: known[each] for each in known if _EDITS not in each})

    def conversations(self) -> set[str]:
        """The conversations that have a draft of either kind."""
        return {conversation_of_draft(each) for each in self._known()}

    def get(self, conversation_id: str) -> Draft | None:
        return self._known().get(conversation_id)

    def save(self, conversation_id: str, text: str, cursor: tuple[int, int] = (0, 0)) -> None:
        """Keep what is typed; to be called at every change, as the store gathers them.

        Text of nothing but space removes the draft.
        """
        draft = Draft(conversation_id, text if text.strip() else "", cursor)
        if draft.text:
            if self.get(conversation_id) == draft:
                return
            self._known()[conversation_id] = draft
        elif self._known().pop(conversation_id, None) is None:
            return
        store = self._stores.of(conversation_of_draft(conversation_id))
        self._writes.submit((_DRAFT, conversation_id), lambda: store.save_draft(draft))

    def edits(self, conversation_id: str) -> Mapping[str, Draft]:
        """What the prompts of that conversation have become that are being edited, by their ids."""
        begin = conversation_id + _EDITS
        return {
            each.removeprefix(begin): draft
            for each, draft in self._known().items()
            if each.startswith(begin)
        }

    def save_edit(
        self, conversation_id: str, prompt_id: str, text: str, cursor: tuple[int, int] = (0, 0)
    ) -> None:
        """Keep what an edited prompt has become; nothing but space removes it."""
        self.save(f"{conversation_id}{_EDITS}{prompt_id}", text, cursor)

    def refresh(self) -> None:
        """Take what another instance has written, but for what was typed here."""
        known = self._known()
        ours = self._writes.pending(_DRAFT)
        found = self._read()
        self._drafts = {each: draft for each, draft in found.items() if each not in ours}
        self._drafts |= {each: draft for each, draft in known.items() if each in ours}

    def discard(self, conversation_id: str) -> None:
        """Let go of the drafts of a conversation that was deleted for good."""
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
