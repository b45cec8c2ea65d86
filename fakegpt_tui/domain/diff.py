"""Word diff of two texts."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from enum import Enum, auto

from fakegpt_tui.fast_import import dataclass

_WORDS = re.compile(r"\s*\S+|\s+")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")
_MOST_WORDS = 4000


class DiffKind(Enum):
    """In which of the two texts a part is."""

    SAME = auto()
    REMOVED = auto()
    ADDED = auto()


@dataclass(frozen=True, slots=True)
class DiffPart:
    """A piece of text. All that are not added make the first text, all not removed the second."""

    kind: DiffKind
    text: str


def diff_words(before: str, after: str) -> tuple[DiffPart, ...]:
    """How to get from one text to the other; of very long texts, by lines."""
    pieces = _WORDS
    one, other = pieces.findall(before), pieces.findall(after)
    if max(len(one), len(other)) > _MOST_WORDS:
        one, other = _LINES.findall(before), _LINES.findall(after)
    return tuple(_parts(one, other))


def _parts(one: list[str], other: list[str]) -> Iterator[DiffPart]:
    matcher = SequenceMatcher(None, one, other)
    for tag, start, end, other_start, other_end in matcher.get_opcodes():
        if tag == "equal":
            yield DiffPart(DiffKind.SAME, "".join(one[start:end]))
            continue
        if start < end:
            yield DiffPart(DiffKind.REMOVED, "".join(one[start:end]))
        if other_start < other_end:
            yield DiffPart(DiffKind.ADDED, "".join(other[other_start:other_end]))
