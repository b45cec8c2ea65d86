"""Snapshot text: deltas from events that repeat the whole text each time."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from fakegpt_tui.domain import TextDelta, TextReplaced
from fakegpt_tui.fast_import import lazy_pattern
from fakegpt_tui.protocol.error_body import parse_json
from fakegpt_tui.protocol.fakegpt.assistant_messages import AssistantMessage
from fakegpt_tui.text import replace_surrogates

_PARTS = lazy_pattern(r'"parts"\s*:\s*\[\s*(?=")')
_LAST_PART = lazy_pattern(r"\s*\]")
_STRING_CONTENT = lazy_pattern(r'(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+')
_HIGH_SURROGATE_BOUNDS: Final = ("\ud800", "\udbff")
_MAX_GROWING_MESSAGES: Final = 8
"""More messages than this growing at the same time are parsed whole again."""

_decoder = json.JSONDecoder(strict=False)


class SnapshotDeltas:
    """Parses only the new text of an event that repeats an earlier one.

    Every event of the protocol contains all of the text so far, so parsing all of them would cost
    the square of the reply's length. An event that equals the last one of its message except for
    text added at the end says nothing else that is new, and of several only the newest counts.
    """

    def __init__(self) -> None:
        self._known: dict[str, _Snapshot] = {}

    def remember(self, data: str, message: AssistantMessage) -> None:
        """Remember `data`, which was parsed to `message`."""
        self._known.pop(message.message_id, None)
        if snapshot := _split_snapshot(data, message):
            self._known[message.message_id] = snapshot
            if len(self._known) > _MAX_GROWING_MESSAGES:
                del self._known[next(iter(self._known))]

    def defer(self, data: str) -> bool:
        """Keep `data` for `take_deferred` if it repeats an earlier event; does it?"""
        return any(snapshot.defer(data) for snapshot in self._known.values())

    def take_deferred(self) -> Iterator[AssistantMessage]:
        """The newest deferred state of each message."""
        for snapshot in self._known.values():
            if snapshot.is_deferred:
                yield snapshot.resolve()


class _Snapshot:
    """An event in three parts: up to the end of its text, what a newer one adds, and the rest."""

    def __init__(self, head: str, rest: str, message: AssistantMessage) -> None:
        self._head = head
        self._rest = rest
        self._message = message
        self._added: str | None = None

    @property
    def is_deferred(self) -> bool:
        return self._added is not None

    def defer(self, data: str) -> bool:
        end = len(data) - len(self._rest)
        if end < len(self._head) or not data.startswith(self._head) or self._ends_in_surrogate:
            return False
        added = data[len(self._head) : end]
        # An addition that ends the string early would change what the rest means.
        if not (data.endswith(self._rest) and _STRING_CONTENT.fullmatch(added)):
            return False
        self._added = added
        return True

    @property
    def _ends_in_surrogate(self) -> bool:
        """Is the last character the first half of a surrogate pair?"""
        text = self._message.text or ""
        return bool(text) and _HIGH_SURROGATE_BOUNDS[0] <= text[-1] <= _HIGH_SURROGATE_BOUNDS[1]

    def resolve(self) -> AssistantMessage:
        added, self._added = self._added, None
        text = parse_json(f'"{added}"')
        if isinstance(text, str):
            self._head += added or ""
            self._message = replace(self._message, text=(self._message.text or "") + text)
        return self._message


def _split_snapshot(data: str, message: AssistantMessage) -> _Snapshot | None:
    parts = _PARTS.search(data)
    if parts is None or not message.text:
        return None
    text, end = _decoder.raw_decode(data, parts.end())
    if text != message.text or not _LAST_PART.match(data, end) or '"parts"' in data[end:]:
        return None
    return _Snapshot(data[: end - 1], data[end - 1 :], message)


_GAP: Final = "\n\n"
_HIGH_SURROGATES = range(0xD800, 0xDC00)

TextChange = TextDelta | TextReplaced


class SnapshotText:
    """The newest text of each message, and how the reply changes with it.

    The reply is the text of each message, in the order in which their texts began, with a blank
    line between; messages without text do not count. The first half of a surrogate pair at the end
    of a text is held back until the other half comes, or `flush` is called.
    """

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._begun: set[str] = set()
        """The messages that have had some text."""
        self._held: dict[str, str] = {}
        self._last_id = ""
        self._length = 0

    def __bool__(self) -> bool:
        return self._length > 0

    def __len__(self) -> int:
        """The number of messages."""
        return len(self._texts)

    def update(self, message_id: str, text: str) -> list[TextChange]:
        """The changes if `text` is the whole text of the message."""
        held = text[-1:] if text and ord(text[-1]) in _HIGH_SURROGATES else ""
        self._held[message_id] = held
        return self._set_text(message_id, text[: len(text) - len(held)])

    def flush(self) -> list[TextChange]:
        """The changes if no more text comes."""
        halves = [(message_id, held) for message_id, held in self._held.items() if held]
        self._held.clear()
        return [
            change
            for message_id, held in halves
            for change in self._set_text(message_id, self._texts[message_id] + held)
        ]

    def _set_text(self, message_id: str, text: str) -> list[TextChange]:
        shown = self._texts.setdefault(message_id, "")
        if text == shown:
            return []
        if message_id not in self._begun:
            # What begins late stands below what is shown already.
            self._begun.add(message_id)
            del self._texts[message_id]
            self._last_id = message_id
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
        """Later text moves, so all text after the change is sent again."""
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
    """The length of the common beginning."""
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
