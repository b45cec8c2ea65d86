"""Filters of text on its way: split surrogates are joined, and repeated text is removed."""

import re
from typing import Final

from fakegpt_tui.text import replace_surrogates

_TAIL: Final = 1000
_MIN_OVERLAP: Final = 12
"""Characters; less than that is more often chance than repetition."""


class OverlapFilter:
    """Removes from a continuation what repeats `before`, all of it or its end.

    Models repeat text even when told not to. Text that may be a repetition is held back until that
    is decided.
    """

    def __init__(self, before: str) -> None:
        self._before = before
        self._tail = before[-_TAIL:]
        self._held = ""
        self._is_decided = not before

    @property
    def is_decided(self) -> bool:
        """Is all text that comes now new?"""
        return self._is_decided

    def add(self, text: str) -> str:
        """The new text in what was held and `text`, as far as is decided."""
        if self._is_decided:
            return text
        self._held += text
        if self._may_repeat_all() or self._may_repeat_end():
            return ""
        return self.flush()

    def flush(self) -> str:
        """The new text in what was held; no more text comes."""
        held, self._held = self._held, ""
        self._is_decided = True
        if held.startswith(self._before) and len(self._before) >= _MIN_OVERLAP:
            return held[len(self._before) :]
        longest = min(len(held), len(self._tail))
        for length in range(longest, _MIN_OVERLAP - 1, -1):
            if self._tail.endswith(held[:length]):
                return held[length:]
        return held

    def _may_repeat_all(self) -> bool:
        return len(self._held) <= len(self._before) and self._before.startswith(self._held)

    def _may_repeat_end(self) -> bool:
        return len(self._held) <= len(self._tail) and self._held in self._tail


_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_HIGH_SURROGATES: Final = range(0xD800, 0xDC00)


class SurrogateJoiner:
    """Joins surrogate pairs that a service splits, and replaces lone surrogates."""

    def __init__(self) -> None:
        self._held = ""

    def is_needed(self, text: str) -> bool:
        """Is half of a character held back, or in `text`?"""
        return bool(text) and (bool(self._held) or _SURROGATE.search(text) is not None)

    def add(self, text: str) -> str:
        """The complete characters of what was held and `text`."""
        if not self.is_needed(text):
            return text
        text = self._held + text
        self._held = text[-1] if ord(text[-1]) in _HIGH_SURROGATES else ""
        return _join_surrogates(text[: len(text) - len(self._held)])

    def flush(self) -> str:
        """What was held; no more text comes."""
        held, self._held = self._held, ""
        return replace_surrogates(held)


def _join_surrogates(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
