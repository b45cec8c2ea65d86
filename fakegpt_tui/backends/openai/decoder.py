"""Decoder for streamed chat completions: server-sent events in, domain events out."""

from collections.abc import Iterable, Iterator
from typing import ClassVar, Final

from fakegpt_tui.backends.openai.content import (
    OverlapFilter,
    SurrogateJoiner,
    ToolCalls,
    content_text,
    reasoning_text,
)
from fakegpt_tui.backends.openai.errors import stream_error
from fakegpt_tui.domain import (
    BadReply,
    FinishReason,
    Notice,
    ReasoningDelta,
    ReplyCut,
    ReplyEnded,
    ServiceError,
    StreamEvent,
    TextDelta,
    Usage,
    UsageReported,
)
from fakegpt_tui.protocol.error_body import parse_error_body, parse_json

_END_MARKER: Final = "[DONE]"
_LENGTHS: Final = {"length", "max_tokens", "model_length"}
_FILTERS: Final = {"content_filter", "safety"}
_REFUSED: Final = Notice("The model refused to answer; what follows is its refusal.")
_GRACE_SECONDS: Final = 2.0
"""For the token counts and the end marker after the finish reason: some services send neither, and
keep the connection open."""


class CompletionDecoder:
    """Turns the events of one completion into domain events, and judges how it ended.

    Of several choices only the first is read; nothing here asks for more.
    """

    json_key: ClassVar[bytes] = b'"choices"'

    def __init__(self, continued: str = "") -> None:
        """`continued` is the text that the reply continues; what repeats it is left out."""
        self.done = False
        """Has the end marker come? Nothing after it counts."""
        self._reason: FinishReason | None = None
        self._error: ServiceError | None = None
        self._usage: Usage | None = None
        self._has_text = False
        self._has_reasoning = False
        self._has_refused = False
        self._text = SurrogateJoiner()
        self._reasoning = SurrogateJoiner()
        self._overlap = OverlapFilter(continued)
        self._calls = ToolCalls()

    @property
    def grace(self) -> float | None:
        """Once there is a finish reason, only token counts and the end marker may follow."""
        return None if self._reason is None else _GRACE_SECONDS

    def decode_all(self, server_events: Iterable[tuple[str, str]]) -> Iterator[StreamEvent]:
        """Decode events that came together, each a name and its data.

        Raises:
            ServiceError: What comes out of `server_events`, after all text before it.
        """
        try:
            for event, data in server_events:
                yield from self.decode(event, data)
                if self.done:
                    break
        except ServiceError:
            yield from self._add_fresh(self._overlap.flush())
            raise

    def decode(self, event: str, data: str) -> Iterator[StreamEvent]:
        """What one server event means; `ReplyEnded` and errors are left to `finish`."""
        if self.done:
            return
        if data.strip() == _END_MARKER:
            self.done = True
            return
        value = parse_json(data)
        match value:
            case {"error": inner} if inner:
                self._error = stream_error(value, data)
            case {"object": "error"} | {"detail": _}:
                self._error = stream_error(value, data)
            case dict():
                yield from self._read_completion(value)
            case _ if event == "error":
                said = {"error": parse_error_body(data.encode(errors="replace")).text}
                self._error = stream_error(said, data)
            case _:
                pass
        # Nothing that follows an error is part of the reply.
        self.done = self._error is not None

    def finish(self) -> Iterator[StreamEvent]:
        """The last events of the reply, ending in `ReplyEnded`; for when the stream is over.

        Raises:
            ServiceError: The error that the stream told.
            BadReply: The service ended the reply without any text.
            ReplyCut: The stream ended before the reply did.
        """
        text = self._text.flush() + self._calls.to_markdown()
        self._has_text = self._has_text or bool(text)
        yield from self._add_fresh(self._overlap.add(text) + self._overlap.flush())
        if self._error is not None:
            raise self._error
        is_whole = self._reason is not None or (self.done and self._has_text)
        if not is_whole:
            raise self._incomplete_error()
        is_explained = self._has_reasoning or self._reason is FinishReason.CONTENT_FILTER
        if not (self._has_text or is_explained):
            raise BadReply("The service ended its reply without a word.")
        yield ReplyEnded(self._reason or FinishReason.STOP)

    def _incomplete_error(self) -> ServiceError:
        if self._has_text:
            return ReplyCut("The reply broke off before its end.")
        if self.done:
            return BadReply("The service ended its reply without a word.")
        return ReplyCut("The stream ended before a word of the reply came.")

    def _read_completion(self, value: dict[str, object]) -> Iterator[StreamEvent]:
        match value.get("choices"):
            case [dict(choice), *_] if choice.get("index") in (0, None):
                yield from self._read_choice(choice)
            case _:
                pass  # Token counts come without a choice, and so do some greetings.
        yield from self._read_usage(value)

    def _read_choice(self, choice: dict[str, object]) -> Iterator[StreamEvent]:
        match choice:
            # A service that does not stream sends all of it as a message.
            case {"delta": dict(delta)} | {"message": dict(delta)}:
                yield from self._read_delta(delta)
            case _:
                pass
        match choice.get("finish_reason"):
            case "error":
                self._error = ServiceError("The service broke off the reply.")
            case str(reason) if reason:
                self._reason = _finish_reason(reason)
            case _:
                pass

    def _read_delta(self, delta: dict[str, object]) -> Iterator[StreamEvent]:
        if reasoning := self._reasoning.add(reasoning_text(delta)):
            self._has_reasoning = True
            yield ReasoningDelta(reasoning)
        if refusal := content_text(delta.get("refusal")):
            if not self._has_refused:
                self._has_refused = True
                yield _REFUSED
            yield from self._add_text(refusal)
        yield from self._add_text(content_text(delta.get("content")))
        self._calls.add(delta)

    def _add_text(self, text: str) -> Iterator[StreamEvent]:
        if whole := self._text.add(text):
            self._has_text = True
            yield from self._add_fresh(self._overlap.add(whole))

    def _add_fresh(self, text: str) -> Iterator[StreamEvent]:
        if text:
            yield TextDelta(text)

    def _read_usage(self, value: dict[str, object]) -> Iterator[StreamEvent]:
        match value:
            case {"usage": {"prompt_tokens": int(prompt), "completion_tokens": int(reply)}}:
                usage = Usage(max(0, prompt), max(0, reply))
                if usage != self._usage:
                    self._usage = usage
                    yield UsageReported(usage)
            case _:
                pass


def _finish_reason(word: str) -> FinishReason:
    """An unknown reason is still a reason to end."""
    if word in _LENGTHS:
        return FinishReason.LENGTH
    return FinishReason.CONTENT_FILTER if word in _FILTERS else FinishReason.STOP
