"""Sentences of a text that grows, for listeners, who need a pause where one belongs."""

import re
from collections.abc import Iterator

_LOOK_BACK = 24
"""Characters at an end that tell whether it is one."""
_SENTENCE_END = re.compile(r"[.!?…:;][ \t]+|\n|[。！？]")
_NO_END = re.compile(
    r"""
    (?:^|\n)[\s>]*\(?\d{1,4}\.            # the number of an item
    | (?<!\w)(?:\w\.)+                   # e.g., i.e., an initial
    | (?<!\w)(?:cf|vs|etc|approx|Mr|Mrs|Ms|Dr|Prof|St|No|Nr|Fig|p|pp|ca|bzw|vgl)\.
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""What ends with a full stop and no sentence does."""


class SentenceSplitter:
    """Cuts growing text where a listener can pause."""

    def __init__(self) -> None:
        self._pending = ""

    def add(self, text: str) -> Iterator[str]:
        """The sentences that `text` completes."""
        self._pending += text
        start = 0
        while end := _SENTENCE_END.search(self._pending, start):
            start = end.end()
            sentence = self._pending[:start]
            if _ends_within(sentence.rstrip(" \t")):
                continue
            self._pending, start = self._pending[start:], 0
            if stripped := sentence.strip():
                yield stripped

    def flush(self) -> Iterator[str]:
        """What is left where a text ends."""
        rest, self._pending = self._pending.strip(), ""
        if rest:
            yield rest


def _ends_within(text: str) -> bool:
    """Does the text end with a full stop that ends no sentence?"""
    last = text.rpartition("\n")[2][-_LOOK_BACK:]
    return any(match.end() == len(last) for match in _NO_END.finditer(last))
