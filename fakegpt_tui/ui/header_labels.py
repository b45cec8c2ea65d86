"""Header labels: what the headers of messages say, made for those that are looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from fakegpt_tui.ui.widgets.transcript.appearance import MessageLabel

if TYPE_CHECKING:
    from fakegpt_tui.domain import ChatMessage

KnownLabels = dict[str, "tuple[ChatMessage, MessageLabel]"]
_MOST_KNOWN = 2_000


class HeaderLabels(Mapping[str, MessageLabel]):
    """The labels of the messages of a path, by their ids.

    Counting the tokens of thousands of replies would hold up keys, and a few are in view.
    """

    def __init__(
        self,
        messages: Mapping[str, ChatMessage],
        make: Callable[[ChatMessage], MessageLabel],
        known: KnownLabels,
        *,
        made_by: object,
        notes: Mapping[str, str],
        hints: Mapping[str, str],
    ) -> None:
        """Make none yet.

        Args:
            messages: Those of the path, by their ids.
            make: Makes the label of a message.
            known: Labels that were made in the same way, of this path or of one before.
            made_by: What all labels depend on besides: the day, and the prices.
            notes: Of which variants messages are, and whether they are picked, by their ids.
            hints: What can be done about messages with these ids.
        """
        self._messages = messages
        self._make = make
        self._known = known
        self._made_by = made_by
        self._notes = notes
        self._hints = hints

    def __getitem__(self, message_id: str) -> MessageLabel:
        message = self._messages[message_id]
        entry = self._known.get(message_id)
        if entry is None or entry[0] is not message:
            if len(self._known) > _MOST_KNOWN:
                self._known.clear()
            entry = self._known[message_id] = message, self._make(message)
        note, hint = self._notes.get(message_id, ""), self._hints.get(message_id, "")
        return entry[1]._replace(note=note, hint=hint) if note or hint else entry[1]

    def __iter__(self) -> Iterator[str]:
        return iter(self._messages)

    def __len__(self) -> int:
        return len(self._messages)

    def __eq__(self, other: object) -> bool:
        """Do both say the same? Messages that did not change are not looked at."""
        if not isinstance(other, HeaderLabels):
            return NotImplemented
        before = other._messages
        ours = self._made_by, self._notes, self._hints, self._messages.keys()
        if ours != (other._made_by, other._notes, other._hints, before.keys()):
            return False
        changed = (each for each, now in self._messages.items() if now is not before[each])
        return all(self[each] == other[each] for each in changed)

    __hash__ = None  # type: ignore[assignment]  # as that of every mapping
