"""What is new in a reply that goes on from another, and may say some of it again."""

from typing import Final

_TAIL: Final = 1000
_MIN_OVERLAP: Final = 12
"""Characters; less than that is more often chance than repetition."""


class OverlapFilter:
    """Leaves out what repeats `before`, all of it or its end, as models do that are told not to.

    What may yet turn out to be a repetition is held back, until it does or does not.
    """

    def __init__(self, before: str) -> None:
        self._before = before
        self._tail = before[-_TAIL:]
        self._held = ""
        self._is_decided = not before

    def add(self, text: str) -> str:
        """What is new, as far as can be told."""
        if self._is_decided:
            return text
        self._held += text
        if self._may_repeat_all() or self._may_repeat_end():
            return ""
        return self.flush()

    def flush(self) -> str:
        """What is new of what was held, now that nothing more decides it."""
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
