"""Decoder for streamed chat completions: server-sent events in, domain events out."""

from collections.abc import Iterator
from typing import Final

from fakegpt_tui.backends.openai.content import (
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
_REFUSED: Final = "The model refused to answer; what follows is its refusal."


class CompletionDecoder:
    """Turns the events of one completion into domain events, and judges how it ended.

    Of several choices only the first is read; nothing here asks for more.
    """

    def __init__(self) -> None:
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
        self._calls = ToolCalls()

    @property
    def has_finish_reason(self) -> bool:
        """Has the service said why the reply ends? All that may follow is numbers."""
        return self._reason is not None

    def decode(self, event: str, data: str) -> Iterator[StreamEvent]:
        """What one server event means; `ReplyEnded` and troubles are for `finish` to tell."""
        if self.done:
            return
        if data.strip() == _END_MARKER:
            self.done = True
            return
        value = parse_json(data)
        match value:
            case {"error": told} if told:
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
            BadReply: The service ended the reply without a word.
            ReplyCut: The stream ended before the reply did.
        """
        if text := self._text.flush() + self._calls.to_markdown():
            self._has_text = True
            yield TextDelta(text)
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
                pass  # Numbers come without a choice, and some services say hello that way.
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
        if thoughts := self._reasoning.add(reasoning_text(delta)):
            self._has_reasoning = True
            yield ReasoningDelta(thoughts)
        if refusal := content_text(delta.get("refusal")):
            if not self._has_refused:
                self._has_refused = True
                yield Notice(_REFUSED)
            yield from self._add_text(refusal)
        yield from self._add_text(content_text(delta.get("content")))
        self._calls.add(delta)

    def _add_text(self, text: str) -> Iterator[StreamEvent]:
        if whole := self._text.add(text):
            self._has_text = True
            yield TextDelta(whole)

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
    """A reason that nobody has heard of is still a reason to end."""
    if word in _LENGTHS:
        return FinishReason.LENGTH
    return FinishReason.CONTENT_FILTER if word in _FILTERS else FinishReason.STOP
