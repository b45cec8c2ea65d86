"""Words for the end of a reply, in the spellings of many services: what each of them means.

https://platform.openai.com/docs/api-reference/chat/object
"""

from collections.abc import Iterator
from typing import Final

from fakegpt_tui.domain import FinishReason, Notice, ServiceError
from fakegpt_tui.fast_import import lazy_pattern
from fakegpt_tui.text import replace_surrogates, safe_line

_GOING_ON: Final = {
    "", "null", "none", "nil", "undefined", "nan", "false", "unspecified",
    "not_finished", "unfinished", "in_progress", "continue", "running", "generating",
}  # fmt: skip
"""No reason to end. Some services write null as a word, or a word of their own, in every chunk."""

_STOPS: Final = {
    "stop", "stopped", "stop_sequence", "stop_token", "eos", "eos_token", "eot", "end", "end_turn",
    "complete", "completed", "done", "finish", "finished", "success", "normal",
    "tool_calls", "tool_call", "tool_use", "function_call",
}  # fmt: skip
_LENGTHS: Final = {
    "length", "max_length", "max_tokens", "max_output_tokens", "max_completion_tokens",
    "max_new_tokens", "token_limit", "model_length", "context_length",
    "context_length_exceeded", "model_context_window_exceeded", "error_limit",
}  # fmt: skip
_FILTERS: Final = {
    "content_filter", "content_filtered", "safety", "image_safety", "sensitive", "recitation",
    "prohibited_content", "image_prohibited_content", "image_recitation", "content_policy",
    "blocklist", "blocked", "spii", "moderation", "guardrail_intervened", "refusal", "error_toxic",
}  # fmt: skip
_BROKEN_OFF: Final = lazy_pattern(
    r"insufficient_|error|abort|cancel|timeout|time_limit|fail|interrupt|overload|malformed|expired"
)
_ENUM: Final = lazy_pattern(r"^finish_?reason[._]")
"""Before the words of an enumeration, which some libraries write as they call it themselves."""
_TOKEN: Final = lazy_pattern(r"</?[^<>]+>")
"""The token at which the model stopped, such as `<|im_end|>`."""


class EndWord:
    """What the word for the end of a reply means; neither `reason` nor `error`: no end at all."""

    def __init__(self, word: object) -> None:
        self.reason: FinishReason | None = None
        self.error: ServiceError | None = None
        """The service failed in the middle."""
        self._unknown = ""
        name = _folded(word)
        if name in _GOING_ON:
            pass
        elif name in _LENGTHS:
            self.reason = FinishReason.LENGTH
        elif name in _FILTERS:
            self.reason = FinishReason.CONTENT_FILTER
        elif name not in _STOPS and _BROKEN_OFF.search(name):
            said = "" if name == "error" else f" ({safe_line(name, 60)})"
            self.error = ServiceError(f"The service broke off the reply{said}.")
        else:
            self.reason = FinishReason.STOP
            self._unknown = "" if name in _STOPS else name

    def notices(self) -> Iterator[Notice]:
        """A word that this program does not know is told: the reply may have been cut."""
        if self._unknown:
            named = safe_line(replace_surrogates(self._unknown), 60)
            yield Notice(f"The service ended the reply for a reason of its own: {named}.")


def _folded(word: object) -> str:
    """The word in the one spelling that is looked up here."""
    name = word.strip().lower() if isinstance(word, str) else ""
    return "stop_token" if _TOKEN.fullmatch(name) else _ENUM.sub("", name).replace("-", "_")
