"""Decoder for streamed chat completions: server-sent events in, domain events out."""

from collections.abc import Iterable, Iterator
from typing import ClassVar, Final

from fakegpt_tui.backends.api.attachments import Pictures, ToolCalls
from fakegpt_tui.backends.api.cited_sources import CitedSources
from fakegpt_tui.backends.api.completion_text import CompletionText, SurrogateJoiner
from fakegpt_tui.backends.api.errors import event_error, stream_error
from fakegpt_tui.backends.api.json_values import read_usage, unquoted
from fakegpt_tui.backends.api.reply_decoder import (
    ALL_THOUGHT,
    NO_WORD,
    REFUSED,
    incomplete_error,
    join_texts,
)
from fakegpt_tui.backends.openai.content import (
    IllustratedText,
    content_of,
    content_text,
    count_unread,
    reasoning_text,
)
from fakegpt_tui.backends.openai.finish_tracker import FinishTracker
from fakegpt_tui.domain import (
    BadReply,
    FinishReason,
    Notice,
    PartAdded,
    ReasoningDelta,
    ReplyEnded,
    ServiceError,
    StreamEvent,
    Usage,
    UsageReported,
)
from fakegpt_tui.http.sse import JOINED
from fakegpt_tui.protocol.error_body import NOT_JSON, parse_json
from fakegpt_tui.protocol.unread_pieces import UnreadPieces, split_objects

_END_MARKER: Final = "[DONE]"
_GRACE_SECONDS: Final = 2.0
"""For the token counts and the end marker after the finish reason: some services send neither, and
keep the connection open."""
_GRACE_AFTER_TEXT: Final = 20.0
"""The same where the reason came with text: it may be one that comes with every piece."""

_PLAIN_KEYS: Final = frozenset(
    ("id", "object", "created", "model", "choices", "usage", "system_fingerprint", "service_tier")
)
_PLAIN_CHOICE: Final = frozenset(("index", "delta", "finish_reason", "logprobs"))


class CompletionDecoder:
    """Turns the events of one completion into domain events, and judges how it ended.

    Of several choices only the first is read; nothing here asks for more.
    """

    json_key: ClassVar[str] = "choices"
    reads_joined: ClassVar[bool] = True
    is_working: ClassVar[bool] = False

    def __init__(self, continued: str = "") -> None:
        """`continued` is the text that the reply continues; what repeats it is left out."""
        self.done = False
        """Has the end marker come? Nothing after it counts."""
        self._finish = FinishTracker()
        self._error: ServiceError | None = None
        self._usage: Usage | None = None
        self._index: object = None
        self._has_refused = False
        self._ends_in_text = False
        self._has_reasoning = False
        self._unread = UnreadPieces(f'"{self.json_key}"')
        self._foreign: dict[str, object] | None = None
        self._text = CompletionText(continued)
        self._is_joined = False
        self._reasoning = SurrogateJoiner()
        self._calls = ToolCalls()
        self._pictures = Pictures(self._text)
        self._content = IllustratedText(self._text, self._pictures)
        self._sources = CitedSources()

    @property
    def grace(self) -> float | None:
        """Once there is a finish reason, only token counts and the end marker may follow."""
        has_reason = self._finish.reason is not None and self._finish.is_reliable
        seconds = _GRACE_AFTER_TEXT if self._ends_in_text else _GRACE_SECONDS
        return seconds if has_reason else None

    def decode_all(self, server_events: Iterable[tuple[str, str]]) -> Iterator[StreamEvent]:
        """Decode events that came together, each a name and its data.

        Raises:
            ServiceError: What comes out of `server_events`, after all text before it.
        """
        return join_texts(self._decode_each(server_events))

    def _decode_each(self, server_events: Iterable[tuple[str, str]]) -> Iterator[StreamEvent]:
        try:
            for event, data in server_events:
                yield from self.decode(event, data)
                if self.done:
                    break
        except ServiceError:
            yield from self._text.flush_overlap()
            raise

    def decode(self, event: str, data: str) -> Iterator[StreamEvent]:
        """What one server event means; `ReplyEnded` and errors are left to `finish`."""
        if self.done:
            return
        if data.startswith('"'):
            data = unquoted(data)
        if data.strip() == _END_MARKER:
            self.done = True
            return
        self._is_joined = event == JOINED
        value = parse_json(data)
        if event == "message" and (text := _plain_text(value)):
            yield from self._read_content(text)
            return
        self._error = event_error(event, value, data)
        if self._error is None:
            yield from self._read_value(event, value, data)
        # Nothing that follows an error is part of the reply.
        self.done = self._error is not None

    def _read_value(self, event: str, value: object, data: str) -> Iterator[StreamEvent]:
        match value:
            case dict():
                yield from self._read_completion(value)
            case [dict(), *_]:
                for each in value:
                    if isinstance(each, dict):
                        yield from self._read_completion(each)
            case _ if value is NOT_JSON:
                for each in (objects := split_objects(data)):
                    yield from self._read_completion(each)
                if not objects:
                    self._unread.note(event, data)
            case _:
                pass  # Pings, and other noise.

    def finish(self) -> Iterator[StreamEvent]:
        """The last events of the reply, ending in `ReplyEnded`; for when the stream is over.

        Raises:
            ServiceError: The error that the stream told.
            BadReply: The service ended the reply without any text.
            ReplyCut: The stream ended before the reply did.
        """
        yield from self._text.finish(self._calls.to_markdown() + self._pictures.to_markdown())
        yield from map(PartAdded, self._sources.parts())
        if self._error is not None:
            raise self._error
        reason = self._finish.reason if self._finish.is_reliable or self.done else None
        has_text = self._text.has_text or bool(self._pictures)
        has_reply = has_text or self._has_reasoning or self._text.has_reasoning
        if reason is None and not (self.done and has_reply):
            raise self._incomplete_error()
        if not (has_reply or reason in (FinishReason.LENGTH, FinishReason.CONTENT_FILTER)):
            raise self._unread.error() or BadReply(NO_WORD)
        if reason is FinishReason.LENGTH and not has_text:
            yield Notice(ALL_THOUGHT)
        yield from self._unread.notices()
        yield from self._finish.notices()
        yield ReplyEnded(reason or FinishReason.STOP)

    def _incomplete_error(self) -> ServiceError:
        return incomplete_error(
            self._unread,
            has_text=self._text.has_text,
            is_done=self.done,
            foreign=self._foreign,
        )

    def _read_completion(self, value: dict[str, object]) -> Iterator[StreamEvent]:
        match value.get("choices"):
            case [dict(choice)]:
                # Some services count tokens, not choices, in its index.
                yield from self._read_choice(choice)
            case [dict(), *_] as choices:
                yield from self._read_first([each for each in choices if isinstance(each, dict)])
            case None | []:
                # Token counts come without a choice, and so do some greetings.
                self._foreign = self._foreign or value
            case choices:
                self._unread.add(choices)
        self._error = self._error or self._finish.read(value)
        self._sources.add(value)
        yield from self._read_usage(value)

    def _read_first(self, choices: list[dict[str, object]]) -> Iterator[StreamEvent]:
        """Read the one of several choices that was the first when several came first."""
        if self._index is None:
            self._index = choices[0].get("index", 0)
        for choice in choices:
            if choice.get("index", 0) == self._index:
                yield from self._read_choice(choice)
                return

    def _read_choice(self, choice: dict[str, object]) -> Iterator[StreamEvent]:
        delta, message = choice.get("delta"), choice.get("message")
        length = self._text.length
        # A service that does not stream sends all of it as a message; some send both.
        if isinstance(message, dict) and _is_blank(delta):
            yield from self._read_delta(message, is_message=True)
        elif isinstance(delta, dict):
            if delta:
                yield from self._read_delta(delta)
        elif isinstance(text := delta or message or choice.get("text"), str):
            yield from self._read_content(text)
        if choice.get("error"):
            self._error = stream_error(choice, str(choice["error"]))
        else:
            self._error = self._finish.read(choice)
            self._ends_in_text = self._text.length > length
        self._sources.add(choice)

    def _read_delta(
        self, delta: dict[str, object], *, is_message: bool = False
    ) -> Iterator[StreamEvent]:
        match delta:
            case {"content": str(text)} if len(delta) == 1 and not is_message:
                yield from self._read_content(text)
                return
            case _:
                pass
        reasoning = reasoning_text(delta)
        if not (is_message and self._has_reasoning):
            yield from self._add_reasoning(reasoning)
        if refusal := content_text(delta.get("refusal")):
            if not self._has_refused:
                self._has_refused = True
                yield REFUSED
            yield from self._read_content(refusal, is_message=is_message)
        content = content_of(delta)
        yield from self._read_content(content, is_message=is_message)
        self._unread.add(content, count_unread(content))
        if not (is_message and self._calls):
            self._calls.add(delta)
        yield from self._pictures.add(delta.get("images"))
        self._sources.add(delta)

    def _add_reasoning(self, text: str) -> Iterator[StreamEvent]:
        if whole := self._reasoning.add(text):
            self._note_text()
            self._has_reasoning = True
            yield ReasoningDelta(whole)

    def _read_content(self, content: object, *, is_message: bool = False) -> Iterator[StreamEvent]:
        length = self._text.length
        if isinstance(content, str) and not is_message:
            yield from self._text.add_delta(content, is_joined=self._is_joined)
        else:
            yield from self._content.read(content, is_message=is_message)
        if length != self._text.length:
            self._note_text()

    def _note_text(self) -> None:
        if self._finish.reason is not None:
            self._finish.contradict()

    def _read_usage(self, value: dict[str, object]) -> Iterator[StreamEvent]:
        usage = read_usage(value) if value.get("usage") else None
        if usage is not None and usage != self._usage:
            self._usage = usage
            yield UsageReported(usage)


def _is_blank(delta: object) -> bool:
    """Does `delta` say nothing, but for who speaks?"""
    fields = delta.items() if isinstance(delta, dict) else ()
    return not any(value for name, value in fields if name != "role")


def _plain_text(value: object) -> str:
    """The text of a chunk that says nothing else, as most do; empty for any other."""
    if not (isinstance(value, dict) and value.keys() <= _PLAIN_KEYS) or value.get("usage"):
        return ""
    choices = value.get("choices")
    if not (isinstance(choices, list) and len(choices) == 1 and isinstance(choices[0], dict)):
        return ""
    choice = choices[0]
    delta = choice.get("delta")
    if choice.get("finish_reason") is not None or not choice.keys() <= _PLAIN_CHOICE:
        return ""
    if not (isinstance(delta, dict) and len(delta) == 1):
        return ""
    text = delta.get("content")
    return text if isinstance(text, str) else ""
