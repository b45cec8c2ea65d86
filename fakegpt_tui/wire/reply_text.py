"""The text of a reply that arrives as whole texts of several messages, over and over."""

from typing import Final

from fakegpt_tui.domain import TextDelta, TextReplaced
from fakegpt_tui.text import replace_surrogates

_GAP: Final = "\n\n"
_HIGH_SURROGATES = range(0xD800, 0xDC00)

TextChange = TextDelta | TextReplaced


class SnapshotText:
    """Knows the newest text of each message, and how the reply changes with it.

    The reply is the text of each message, in the order in which they first appeared, with a blank
    line between; messages without text leave no trace. Half a character at the end of a text is
    held back until its other half comes, or `settle` is called.
    """

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._held: dict[str, str] = {}
        self._last_id = ""
        self._length = 0

    def __bool__(self) -> bool:
        return self._length > 0

    def __len__(self) -> int:
        """How many messages there are."""
        return len(self._texts)

    def update(self, message_id: str, text: str) -> list[TextChange]:
        """What changes now that `text` is all of the text of the message."""
        held = text[-1:] if text and ord(text[-1]) in _HIGH_SURROGATES else ""
        self._held[message_id] = held
        return self._set_text(message_id, text[: len(text) - len(held)])

    def flush(self) -> list[TextChange]:
        """What changes now that no missing half of a character can come any more."""
        halves = [(message_id, held) for message_id, held in self._held.items() if held]
        self._held.clear()
        return [
            change
            for message_id, held in halves
            for change in self._set_text(message_id, self._texts[message_id] + held)
        ]

    def _set_text(self, message_id: str, text: str) -> list[TextChange]:
        if message_id not in self._texts:
            self._texts[message_id] = ""
            self._last_id = message_id
        shown = self._texts[message_id]
        if text == shown:
            return []
        self._texts[message_id] = text
        if message_id == self._last_id:
            return self._change_end(shown, text)
        return self._change_middle(message_id, shown, text)

    def _change_end(self, shown: str, text: str) -> list[TextChange]:
        start = self._length - len(shown)
        if not shown:
            return self._replace_from(start, _GAP + text if start else text)
        if not text:
            return self._replace_from(max(0, start - len(_GAP)), "")
        kept = _common_prefix_length(shown, text)
        return self._replace_from(start + kept, text[kept:])

    def _change_middle(self, message_id: str, shown: str, text: str) -> list[TextChange]:
        """Later text moves, so all from the change on is told again."""
        ids = list(self._texts)
        place = ids.index(message_id)
        before = _GAP.join(self._texts_of(ids[:place]))
        after = self._texts_of(ids[place + 1 :])
        old, new = (
            _GAP.join([*filter(None, [before, middle]), *after]) for middle in (shown, text)
        )
        kept = _common_prefix_length(old, new)
        return self._replace_from(kept, new[kept:])

    def _texts_of(self, ids: list[str]) -> list[str]:
        return [text for message_id in ids if (text := self._texts[message_id])]

    def _replace_from(self, keep: int, text: str) -> list[TextChange]:
        is_addition = keep == self._length
        self._length = keep + len(text)
        text = replace_surrogates(text)
        if not is_addition:
            return [TextReplaced(keep, text)]
        return [TextDelta(text)] if text else []


def _common_prefix_length(one: str, other: str) -> int:
    """How many characters both begin with."""
    if other.startswith(one):
        return len(one)
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
