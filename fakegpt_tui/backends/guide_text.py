"""What the guide knows: texts, and the words by which they are found."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

_MARKER = re.compile(r"^<!-- topic: ([^|\n]+)\| ([^\n]+) -->\n", re.MULTILINE)
_WORD = re.compile(r"[\w-]+")

_STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        """a about am an and any are as at be been but by can could did do does for from get give
        had has have how i if in into is it its let may me might must my no not of on or please
        should show so some tell than that the their them then there these they this those to use
        was we were what when where which who why will with would you your""",
    )
)
"""Words that say nothing about the topic, unless a topic names them."""

_PHRASE_WEIGHT = 3
_MIN_SHARE = 1 / 3
"""How much of what was asked a topic must know, so that a chance word does not choose it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A text, the words that ask for it, and the phrases that do so on their own."""

    title: str
    keywords: frozenset[str]
    phrases: tuple[str, ...]
    text: str

    def score(self, asked: list[str]) -> int:
        """How much of `asked`, which is in lower case, is about this."""
        line = f" {' '.join(asked)} "
        found = sum(f" {phrase} " in line for phrase in self.phrases)
        return len(self.keywords.intersection(asked)) + _PHRASE_WEIGHT * found


def read_topics(name: str) -> tuple[Topic, ...]:
    """The topics of one of the Markdown files beside this module, in their order."""
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    _, *parts = _MARKER.split(text)
    return tuple(
        _topic(title.strip(), names.split(", "), body.strip())
        for title, names, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    )


def find_topic(topics: Sequence[Topic], prompt: str) -> Topic | None:
    """The topic that knows most of what was asked; the first of equals, if any knows enough."""
    asked = _WORD.findall(prompt.casefold())
    telling = {word for word in asked if word not in _STOP_WORDS}
    best = max(topics, key=lambda topic: topic.score(asked))
    score = best.score(asked)
    return best if score and score >= len(telling) * _MIN_SHARE else None


def _topic(title: str, names: list[str], text: str) -> Topic:
    return Topic(
        title=title,
        keywords=frozenset(name for name in names if " " not in name),
        phrases=tuple(name for name in names if " " in name),
        text=text,
    )
