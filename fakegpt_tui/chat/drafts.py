"""What is typed and not sent."""

from collections.abc import Mapping
from types import MappingProxyType

from fakegpt_tui.chat.saving import Saving
from fakegpt_tui.chat.store import ChatStore
from fakegpt_tui.domain import Draft

_KIND = "draft"


class Drafts:
    """One draft for each conversation, with its cursor, also where it has no prompt yet."""

    def __init__(self, store: ChatStore, saving: Saving) -> None:
        self._store = store
        self._saving = saving
        self._drafts: dict[str, Draft] | None = None

    def all(self) -> Mapping[str, Draft]:
        """The drafts by conversation."""
        return MappingProxyType(self._known())

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
        self._saving.keep(_key(conversation_id), lambda: self._store.save_draft(draft))

    def refresh(self) -> None:
        """Take what another instance has written, but for what was typed here."""
        known = self._known()
        ours = self._saving.pending(_KIND)
        found = self._store.drafts()
        self._drafts = {each: draft for each, draft in found.items() if each not in ours}
        self._drafts |= {each: draft for each, draft in known.items() if each in ours}

    def forget(self, conversation_id: str) -> None:
        """Let go of the draft of a conversation that was deleted for good."""
        self._known().pop(conversation_id, None)

    def _known(self) -> dict[str, Draft]:
        if self._drafts is None:
            self._drafts = dict(self._store.drafts())
        return self._drafts


def _key(conversation_id: str) -> tuple[str, str]:
    return _KIND, conversation_id
