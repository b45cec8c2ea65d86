"""Long answers of the guide, which need no knowledge but only length."""

import re
from collections.abc import Iterator
from itertools import count, islice

_MAX_LENGTH = 10_000

_WORDS = re.compile(
    r"\b(?:write|say|give|show)\b[^.?!]{0,60}?\b(\d[\d,.']{0,20})[ -]words?\b", re.IGNORECASE
)
_COUNT = re.compile(r"\bcount\b[^.?!]{0,60}?\bto (\d[\d,.']{0,20})", re.IGNORECASE)
"""Bounded, so that no prompt takes long to search."""

_SENTENCES = 5
_PER_LINE = 20

_SUBJECTS = (
    "A reply", "The prompt", "Every line", "The reader", "One conversation", "This paragraph",
    "The terminal", "A long answer", "The last word", "Nobody", "The footer",
)  # fmt: skip
_VERBS = (
    "arrives in", "waits for", "stays with", "moves past", "asks nothing of", "follows", "outlives",
    "begins with", "returns to", "knows little of", "is kept beside", "makes room for", "ends in",
)  # fmt: skip
_OBJECTS = (
    "small pieces", "the next screen", "a steady pace", "its own beginning", "the quiet machine",
    "whatever was written before", "a window of eighty columns", "the hand on the keyboard",
    "an unhurried stream", "the scroll of the page", "a second thought", "the old store",
    "many others like it", "the space between two words", "an evening of work",
    "everything that came so far", "a blank line",
)  # fmt: skip


def generate_text(prompt: str) -> str | None:
    """The text of the length that `prompt` asks for, if it does ask for one."""
    for pattern, text_of_length in ((_WORDS, _prose), (_COUNT, _numbers)):
        if match := pattern.search(prompt):
            wanted = int(re.sub(r"\D", "", match[1]))
            text = text_of_length(min(max(wanted, 1), _MAX_LENGTH))
            return text if wanted <= _MAX_LENGTH else f"{text}\n\nI stop at {_MAX_LENGTH:,}."
    return None


def _prose(words: int) -> str:
    """Exactly `words` words of grammatical nothing."""
    paragraphs = (" ".join(paragraph).rstrip(".") for paragraph in _paragraphs(words))
    return "\n\n".join(f"{paragraph}." for paragraph in paragraphs)


def _paragraphs(words: int) -> Iterator[list[str]]:
    sentences = (sentence.split() for sentence in _sentences())
    while words > 0:
        paragraph = [word for sentence in islice(sentences, _SENTENCES) for word in sentence]
        yield paragraph[:words]
        words -= len(paragraph)


def _sentences() -> Iterator[str]:
    """Endless, and different for a long time: the lists have lengths without a common divisor."""
    for turn in count():
        who, does, what = (parts[turn % len(parts)] for parts in (_SUBJECTS, _VERBS, _OBJECTS))
        yield f"{who} {does} {what}."


def _numbers(to: int) -> str:
    numbers = [str(number) for number in range(1, to + 1)]
    lines = (numbers[start : start + _PER_LINE] for start in range(0, to, _PER_LINE))
    return ",\n".join(", ".join(line) for line in lines) + "."
