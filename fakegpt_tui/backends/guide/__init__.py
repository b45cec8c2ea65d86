"""Guide: the built-in responder, which answers questions about this program."""

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from dataclasses import dataclass

from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.backends.guide.answers import find_topic, generate_text, read_topics
from fakegpt_tui.domain import Model, ReplyEnded, StreamEvent, TextDelta, TitleSuggested

GUIDE = Model("guide", "Guide", "The built-in responder; it is not a language model.")

_PACKED_END = "\nAssistant:"
_USER_LINE = re.compile(r"^User: ?", re.MULTILINE)
_SHOWING = re.compile(r"\b(?:show|example|examples|demo)\b", re.IGNORECASE)
_LINE_END = re.compile(r"\r\n|\r|\n")
_CHUNK = re.compile(r"\s*\w{1,5}|\s*[^\w\s]{1,3}|\s+")

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


@dataclass(frozen=True, slots=True)
class _GuideAnswer:
    text: str
    title: str = ""


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
        prompt, is_first = _last_prompt(request)
        answer = self._find_answer(prompt)
        await self._sleep(self._pace.first)
        for number, chunk in enumerate(_split_text(answer.text)):
            if number:
                await self._sleep(1 / self._pace.per_second)
            yield TextDelta(chunk)
        if is_first and answer.title:
            yield TitleSuggested(answer.title)
        yield ReplyEnded()

    async def models(self) -> tuple[Model, ...]:
        return (GUIDE,)

    async def aclose(self) -> None:
        pass

    def _find_answer(self, prompt: str) -> _GuideAnswer:
        if not prompt.strip():
            return _GuideAnswer(_EMPTY_PROMPT)
        question = prompt[:_QUESTION_LIMIT]
        if text := generate_text(question):
            return _GuideAnswer(text)
        topics = self._handbook
        if _SHOWING.search(question):
            if "markdown" in question.casefold():
                return _GuideAnswer("\n\n".join(topic.text for topic in self._showcase), "Markdown")
            topics = self._showcase + topics
        if topic := find_topic(topics, question):
            return _GuideAnswer(topic.text, topic.title)
        return _GuideAnswer(_NO_ANSWER.format(quote=_quote(prompt)))


def _last_prompt(request: ReplyRequest) -> tuple[str, bool]:
    """The last prompt, and whether it was the first of the conversation.

    A client of the protocol sends the whole conversation as one prompt, with a role before each
    message; a message that has such a line inside cannot be told from two.
    """
    text = request.messages[-1].text
    if not text.endswith(_PACKED_END):
        return text, len(request.messages) == 1
    _, *prompts = _USER_LINE.split(text.removesuffix(_PACKED_END))
    return (prompts[-1], len(prompts) == 1) if prompts else (text, True)


def _quote(prompt: str) -> str:
    cut = prompt if len(prompt) <= _QUOTE_LIMIT else f"{prompt[:_QUOTE_LIMIT]}…"
    # Carriage returns end lines in Markdown, too, and with them the quotation.
    return "\n".join(f"> {line}" for line in _LINE_END.split(cut))


def _split_text(text: str) -> Iterator[str]:
    """`text` in chunks of about the size of a token."""
    return (match[0] for match in _CHUNK.finditer(text))
