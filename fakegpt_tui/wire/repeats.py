"""Events that say again what an earlier one said, with more text at its end."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from fakegpt_tui.wire.answers import Answer
from fakegpt_tui.wire.json_text import parsed

_PARTS = re.compile(r'"parts"\s*:\s*\[\s*(?=")')
_LAST_PART = re.compile(r"\s*\]")
_IN_A_STRING = re.compile(r'(?:[^"\\\x00-\x1f]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*')
_FIRST_HALVES: Final = ("\ud800", "\udbff")
_MOST_MESSAGES: Final = 8
"""How many messages may grow side by side before the oldest is read whole again."""

_decoder = json.JSONDecoder()


class Repeats:
    """Reads of an event that repeats another only what is new, and only of the newest that came.

    Every event of the protocol holds all of the text so far, so that a reply whose events were all
    read whole would cost the square of its length. An event that is, character by character, the
    last one of its message but for text added at its end can say nothing else that is new.
    """

    def __init__(self) -> None:
        self._known: dict[str, _Repeated] = {}

    def learn(self, data: str, answer: Answer) -> None:
        """Remember `data`, which was read whole and means `answer`."""
        self._known.pop(answer.message_id, None)
        if repeated := _recognised(data, answer):
            self._known[answer.message_id] = repeated
            if len(self._known) > _MOST_MESSAGES:
                del self._known[next(iter(self._known))]

    def hold(self, data: str) -> bool:
        """Keep `data` for `newest`, in place of what it repeats; was it such an event?"""
        return any(repeated.hold(data) for repeated in self._known.values())

    def newest(self) -> Iterator[Answer]:
        """What the events that were held mean, the newest of each message."""
        for repeated in self._known.values():
            if repeated.is_held:
                yield repeated.read()


class _Repeated:
    """An event in three: all up to the end of its text, what a newer one adds, and the rest."""

    def __init__(self, head: str, rest: str, answer: Answer) -> None:
        self._head = head
        self._rest = rest
        self._answer = answer
        self._added: str | None = None

    @property
    def is_held(self) -> bool:
        return self._added is not None

    def hold(self, data: str) -> bool:
        end = len(data) - len(self._rest)
        if end < len(self._head) or not data.startswith(self._head) or self._ends_in_half:
            return False
        added = data[len(self._head) : end]
        # An addition that ends the string early would make of the rest something else than it was.
        if not (data.endswith(self._rest) and _IN_A_STRING.fullmatch(added)):
            return False
        self._added = added
        return True

    @property
    def _ends_in_half(self) -> bool:
        """Is the last character one that only means something together with the next?"""
        text = self._answer.text or ""
        return bool(text) and _FIRST_HALVES[0] <= text[-1] <= _FIRST_HALVES[1]

    def read(self) -> Answer:
        added, self._added = self._added, None
        text = parsed(f'"{added}"')
        if isinstance(text, str):
            self._head += added or ""
            self._answer = replace(self._answer, text=(self._answer.text or "") + text)
        return self._answer


def _recognised(data: str, answer: Answer) -> _Repeated | None:
    parts = _PARTS.search(data)
    if parts is None or not answer.text:
        return None
    text, end = _decoder.raw_decode(data, parts.end())
    if text != answer.text or not _LAST_PART.match(data, end) or '"parts"' in data[end:]:
        return None
    return _Repeated(data[: end - 1], data[end - 1 :], answer)
