"""Answers of the guide: topics found by keywords, and generated text of a given length."""

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import count, islice

from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.domain import Model, ReplyEnded, StreamEvent, TextDelta
from fakegpt_tui.fast_import import lazy_pattern

_MAX_LENGTH = 10_000

_WORDS = re.compile(
    r"\b(?:write|say|give|show)\b[^.?!]{0,60}?\b(\d[\d,.']{0,20})[ -]words?\b", re.IGNORECASE
)
_COUNT = re.compile(r"\bcount\b[^.?!]{0,60}?\bto (\d[\d,.']{0,20})", re.IGNORECASE)
"""Bounded, so that every prompt is searched quickly."""

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
    """A text of the length that `prompt` asks for, if any."""
    for pattern, text_of_length in ((_WORDS, _prose), (_COUNT, _numbers)):
        if match := pattern.search(prompt):
            wanted = int(re.sub(r"\D", "", match[1]))
            text = text_of_length(min(max(wanted, 1), _MAX_LENGTH))
            return text if wanted <= _MAX_LENGTH else f"{text}\n\nI stop at {_MAX_LENGTH:,}."
    return None


def _prose(words: int) -> str:
    """Exactly `words` words of grammatical nonsense."""
    paragraphs = (" ".join(paragraph).rstrip(".") for paragraph in _paragraphs(words))
    return "\n\n".join(f"{paragraph}." for paragraph in paragraphs)


def _paragraphs(words: int) -> Iterator[list[str]]:
    sentences = (sentence.split() for sentence in _sentences())
    while words > 0:
        paragraph = [word for sentence in islice(sentences, _SENTENCES) for word in sentence]
        yield paragraph[:words]
        words -= len(paragraph)


def _sentences() -> Iterator[str]:
    """Endless; repeats late, because the lengths of the lists have no common divisor."""
    for turn in count():
        who, does, what = (parts[turn % len(parts)] for parts in (_SUBJECTS, _VERBS, _OBJECTS))
        yield f"{who} {does} {what}."


def _numbers(to: int) -> str:
    numbers = [str(number) for number in range(1, to + 1)]
    lines = (numbers[start : start + _PER_LINE] for start in range(0, to, _PER_LINE))
    return ",\n".join(", ".join(line) for line in lines) + "."


_MARKER = lazy_pattern(r"^<!-- topic: ([^|\n]+)\| ([^\n]+) -->\n", re.MULTILINE)
_WORD = lazy_pattern(r"[\w-]+")

_STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        """a about am an and any are as at be been but by can could did do does for from get give
        had has have how i if in into is it its let may me might must my no not of on or please
        should show so some tell than that the their them then there these they this those to use
        was we were what when where which who why will with would you your""",
    )
)
"""Words without a topic, unless a topic names them."""

_PHRASE_WEIGHT = 3
_MIN_SHARE = 1 / 3
"""The share of keywords that a topic must match, so that no single word decides by chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A text, its keywords, and phrases that count more."""

    title: str
    keywords: frozenset[str]
    phrases: tuple[str, ...]
    text: str

    def score(self, words: list[str]) -> int:
        """How well the topic matches `words`, in lower case."""
        line = f" {' '.join(words)} "
        found = sum(f" {phrase} " in line for phrase in self.phrases)
        return len(self.keywords.intersection(words)) + _PHRASE_WEIGHT * found


def read_topics(name: str) -> tuple[Topic, ...]:
    """The topics of one of the Markdown files beside this module, in their order."""
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    _, *parts = _MARKER.split(text)
    return tuple(
        _topic(title.strip(), names.split(", "), body.strip())
        for title, names, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    )


def find_topic(topics: Sequence[Topic], prompt: str) -> Topic | None:
    """The topic with the best score, if it is high enough; the first of equals."""
    words = _WORD.findall(prompt.casefold())
    keywords = {word for word in words if word not in _STOP_WORDS}
    best = max(topics, key=lambda topic: topic.score(words))
    score = best.score(words)
    return best if score and score >= len(keywords) * _MIN_SHARE else None


def _topic(title: str, names: list[str], text: str) -> Topic:
    return Topic(
        title=title,
        keywords=frozenset(name for name in names if " " not in name),
        phrases=tuple(name for name in names if " " in name),
        text=text,
    )


GUIDE = Model("guide", "Guide", "The built-in responder; it is not a language model.")

_PACKED_END = "\nAssistant:"
_USER_LINE = lazy_pattern(r"^User: ?", re.MULTILINE)
_SHOWING = lazy_pattern(r"\b(?:show|example|examples|demo)\b", re.IGNORECASE)
_LINE_END = lazy_pattern(r"\r\n|\r|\n")
_CHUNK = lazy_pattern(r"\s*\w{1,5}|\s*[^\w\s]{1,3}|\s+")
"""About as much text as a token has."""

_QUESTION_LIMIT = 2_000
"""Characters that are searched for keywords."""

_QUOTE_LIMIT = 1_000

_EMPTY_PROMPT = (
    "Your prompt is empty. I am the **guide**, a built-in responder; ask me `what can you do?`."
)
_NO_ANSWER = (
    "You wrote:\n\n{quote}\n\n"
    "I cannot answer that: I am the **guide** of this program, a built-in responder, and not a"
    " language model. To talk to a real one, add a service to `config.toml`; ask me"
    " `how do I connect a real model?` for the lines it takes.\n\n"
    "What I can do: tell you about **keys**, **services**, **saving**, **many conversations**,"
    " **stopping** and **files**, `show markdown`, `write 500 words` or `count to 100`."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TypingSpeed:
    """Seconds before the first chunk, and chunks per second."""

    first: float = 0.35
    per_second: float = 75.0


class GuideBackend:
    """Answers from a help text; the same prompt always gets the same reply."""

    def __init__(
        self,
        *,
        pace: TypingSpeed = TypingSpeed(),
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._pace = pace
        self._sleep = sleep
        self._handbook = read_topics("guide.md")
        self._showcase = read_topics("markdown.md")

    async def stream(self, request: ReplyRequest) -> AsyncGenerator[StreamEvent]:
        answer = self._find_answer(_last_prompt(request))
        await self._sleep(self._pace.first)
        for number, chunk in enumerate(_CHUNK.findall(answer)):
            if number:
                await self._sleep(1 / self._pace.per_second)
            yield TextDelta(chunk)
        yield ReplyEnded()

    async def models(self) -> tuple[Model, ...]:
        return (GUIDE,)

    async def aclose(self) -> None:
        pass

    def _find_answer(self, prompt: str) -> str:
        if not prompt.strip():
            return _EMPTY_PROMPT
        question = prompt[:_QUESTION_LIMIT]
        if text := generate_text(question):
            return text
        topics = self._handbook
        if _SHOWING.search(question):
            if "markdown" in question.casefold():
                return "\n\n".join(topic.text for topic in self._showcase)
            topics = self._showcase + topics
        if topic := find_topic(topics, question):
            return topic.text
        return _NO_ANSWER.format(quote=_quote(prompt))


def _last_prompt(request: ReplyRequest) -> str:
    """The last prompt of the conversation.

    A client of the protocol sends the whole conversation as one prompt, with a role before each
    message; a message that has such a line inside cannot be told from two.
    """
    text = request.messages[-1].text
    if not text.endswith(_PACKED_END):
        return text
    _, *prompts = _USER_LINE.split(text.removesuffix(_PACKED_END))
    return prompts[-1] if prompts else text


def _quote(prompt: str) -> str:
    cut = prompt if len(prompt) <= _QUOTE_LIMIT else f"{prompt[:_QUOTE_LIMIT]}…"
    # Carriage returns end lines in Markdown, too, and with them the quotation.
    return "\n".join(f"> {line}" for line in _LINE_END.split(cut))
