"""What was found, for a person and for a script."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How a finding is to be taken."""

    GOOD = "good"
    NOTE = "note"
    """So it is, and nothing is wrong with it."""

    ATTENTION = "attention"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is so. `id` has its topic before the dot, and stays the same for scripts.

    The texts are shown as they are, so foreign ones in them are cleaned where a finding is made.
    """

    id: str
    level: Level
    sentence: str
    advice: str = ""

    @property
    def topic(self) -> str:
        return self.id.partition(".")[0]


def good(name: str, sentence: str, advice: str = "") -> Finding:
    return Finding(name, Level.GOOD, sentence, advice)


def note(name: str, sentence: str, advice: str = "") -> Finding:
    return Finding(name, Level.NOTE, sentence, advice)


def attention(name: str, sentence: str, advice: str = "") -> Finding:
    return Finding(name, Level.ATTENTION, sentence, advice)
