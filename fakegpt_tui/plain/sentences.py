"""Sentences of a text that grows, for listeners, who need a pause where one belongs."""

import re
from collections.abc import Iterator

_LOOK_BACK = 24
"""Characters at an end that tell whether it is one."""
_LINE_END = re.compile(r"\n")
_FENCE = re.compile(r"`{3,}(?!.*`)|~{3,}")
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
    """Cuts growing text where a listener can pause; code at its lines alone, indented as it is."""

    def __init__(self) -> None:
        self._pending = ""
        self._fence = ""
        """What the code began with that is being written; empty outside of code."""

    def add(self, text: str) -> Iterator[str]:
        """The sentences that `text` completes."""
        self._pending += text
        start = 0
        while end := self._end.search(self._pending, start):
            start = end.end()
            sentence = self._pending[:start]
            if not self._fence and _ends_within(sentence.rstrip(" \t")):
                continue
            self._pending, start = self._pending[start:], 0
            yield from self._complete(sentence)

    def flush(self) -> Iterator[str]:
        """What is left where a text ends."""
        rest, self._pending = self._pending, ""
        yield from self._complete(rest)

    @property
    def _end(self) -> re.Pattern[str]:
        return _LINE_END if self._fence else _SENTENCE_END

    def _complete(self, sentence: str) -> Iterator[str]:
        """The sentence or line of code without what surrounds it, if it has any words."""
        words = sentence.strip()
        if not words:
            return
        if not self._fence:
            opening = _FENCE.match(words)
            self._fence = opening[0] if opening else ""
            yield words
            return
        if words.startswith(self._fence) and not words.strip(self._fence[0]):
            self._fence = ""
        yield sentence.rstrip()


def _ends_within(text: str) -> bool:
    """Does the text end with a full stop that ends no sentence?"""
    last = text.rpartition("\n")[2][-_LOOK_BACK:]
    return any(match.end() == len(last) for match in _NO_END.finditer(last))
