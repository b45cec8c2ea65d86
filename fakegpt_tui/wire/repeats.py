"""Events that say again what an earlier one said, with more text at its end."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from fakegpt_tui.wire.answers import AssistantMessage
from fakegpt_tui.wire.json_text import parse_json

_PARTS = re.compile(r'"parts"\s*:\s*\[\s*(?=")')
_LAST_PART = re.compile(r"\s*\]")
_STRING_CONTENT = re.compile(r'(?:[^"\\\x00-\x1f]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*')
_HIGH_SURROGATE_BOUNDS: Final = ("\ud800", "\udbff")
_MAX_GROWING_MESSAGES: Final = 8
"""How many messages may grow side by side before the oldest is read whole again."""

_decoder = json.JSONDecoder()


class SnapshotDeltas:
    """Reads of an event that repeats another only what is new, and only of the newest that came.

    Every event of the protocol holds all of the text so far, so that a reply whose events were all
    read whole would cost the square of its length. An event that is, character by character, the
    last one of its message but for text added at its end can say nothing else that is new.
    """

    def __init__(self) -> None:
        self._known: dict[str, _Snapshot] = {}

    def remember(self, data: str, answer: AssistantMessage) -> None:
        """Remember `data`, which was read whole and means `answer`."""
        self._known.pop(answer.message_id, None)
        if repeated := _split_snapshot(data, answer):
            self._known[answer.message_id] = repeated
            if len(self._known) > _MAX_GROWING_MESSAGES:
                del self._known[next(iter(self._known))]

    def defer(self, data: str) -> bool:
        """Keep `data` for `newest`, in place of what it repeats; was it such an event?"""
        return any(repeated.defer(data) for repeated in self._known.values())

    def take_deferred(self) -> Iterator[AssistantMessage]:
        """What the events that were held mean, the newest of each message."""
        for repeated in self._known.values():
            if repeated.is_deferred:
                yield repeated.resolve()


class _Snapshot:
    """An event in three: all up to the end of its text, what a newer one adds, and the rest."""

    def __init__(self, head: str, rest: str, answer: AssistantMessage) -> None:
        self._head = head
        self._rest = rest
        self._message = answer
        self._added: str | None = None

    @property
    def is_deferred(self) -> bool:
        return self._added is not None

    def defer(self, data: str) -> bool:
        end = len(data) - len(self._rest)
        if end < len(self._head) or not data.startswith(self._head) or self._ends_in_surrogate:
            return False
        added = data[len(self._head) : end]
        # An addition that ends the string early would make of the rest something else than it was.
        if not (data.endswith(self._rest) and _STRING_CONTENT.fullmatch(added)):
            return False
        self._added = added
        return True

    @property
    def _ends_in_surrogate(self) -> bool:
        """Is the last character one that only means something together with the next?"""
        text = self._message.text or ""
        return bool(text) and _HIGH_SURROGATE_BOUNDS[0] <= text[-1] <= _HIGH_SURROGATE_BOUNDS[1]

    def resolve(self) -> AssistantMessage:
        added, self._added = self._added, None
        text = parse_json(f'"{added}"')
        if isinstance(text, str):
            self._head += added or ""
            self._message = replace(self._message, text=(self._message.text or "") + text)
        return self._message


def _split_snapshot(data: str, answer: AssistantMessage) -> _Snapshot | None:
    parts = _PARTS.search(data)
    if parts is None or not answer.text:
        return None
    text, end = _decoder.raw_decode(data, parts.end())
    if text != answer.text or not _LAST_PART.match(data, end) or '"parts"' in data[end:]:
        return None
    return _Snapshot(data[: end - 1], data[end - 1 :], answer)
