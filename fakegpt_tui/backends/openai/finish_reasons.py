"""Finish reasons of chat completions: the words of many services, and what each of them means."""

import re
from collections.abc import Iterator
from typing import Final

from fakegpt_tui.domain import FinishReason, Notice, ServiceError
from fakegpt_tui.text import safe_line

_NO_REASON: Final = {"", "null", "none"}
"""Some services write null as a word, in every chunk."""

_STOPS: Final = {
    "stop", "stopped", "stop_sequence", "stop_token", "eos", "eos_token", "end", "end_turn",
    "complete", "completed", "done", "finish", "finished", "success", "normal",
    "tool_calls", "tool_call", "tool_use", "function_call",
}  # fmt: skip
_LENGTHS: Final = {
    "length", "max_length", "max_tokens", "max_output_tokens", "max_completion_tokens",
    "max_new_tokens", "token_limit", "model_length", "context_length",
    "context_length_exceeded", "model_context_window_exceeded",
}  # fmt: skip
_FILTERS: Final = {
    "content_filter", "content_filtered", "safety", "image_safety", "sensitive", "recitation",
    "prohibited_content", "blocklist", "spii", "guardrail_intervened", "refusal",
}  # fmt: skip
_BROKEN_OFF: Final = re.compile(
    r"insufficient_|error|abort|cancel|timeout|time_limit|fail|interrupt|overload|malformed"
)
_TRUSTED_CONTRADICTIONS: Final = 1


class FinishTracker:
    """The finish reason of a reply, and whether it can be believed."""

    def __init__(self) -> None:
        self.reason: FinishReason | None = None
        self._unknown_word = ""
        self._contradictions = 0

    @property
    def is_reliable(self) -> bool:
        """Does a reason mean the end? Some services send one with every piece of text."""
        return self._contradictions <= _TRUSTED_CONTRADICTIONS

    def text_came(self) -> None:
        """Text after a reason speaks against it; one piece is a habit of some services."""
        if self.reason is not None:
            self._contradictions += 1

    def read(self, word: object) -> ServiceError | None:
        """Take the `finish_reason` of a chunk; the error, if it means that the service failed."""
        name = word.strip().lower() if isinstance(word, str) else ""
        if name in _NO_REASON:
            return None
        if name in _LENGTHS:
            self.reason = FinishReason.LENGTH
        elif name in _FILTERS:
            self.reason = FinishReason.CONTENT_FILTER
        elif name not in _STOPS and _BROKEN_OFF.search(name):
            said = "" if name == "error" else f" ({safe_line(name, 60)})"
            return ServiceError(f"The service broke off the reply{said}.")
        else:
            self.reason = FinishReason.STOP
            self._unknown_word = "" if name in _STOPS else name
        return None

    def notices(self) -> Iterator[Notice]:
        """A word that this program does not know is told: the reply may have been cut."""
        if self._unknown_word:
            word = safe_line(self._unknown_word, 60)
            yield Notice(f"The service ended the reply for a reason of its own: {word}.")
