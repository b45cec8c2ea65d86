"""Variants of a request: what a service or model refuses is left out, or sent in another way."""

import re
from dataclasses import dataclass, replace
from typing import Final

from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.domain import GenerationSettings, Role
from fakegpt_tui.protocol.error_body import NOT_JSON, parse_json
from fakegpt_tui.protocol.error_shapes import find_message

_IS_UNSUPPORTED: Final = re.compile(
    r"unsupported|not support|n't support|unknown|unrecogni[sz]ed|unexpected|\bextra\b"
    r"|not (?:allowed|permitted|available|enabled|implemented)|only the default|deprecated"
    r"|no longer|cannot be (?:used|set|specified)|\bboth\b|invalid (?:parameter|argument|field)"
)
_SYSTEM_ROLE: Final = re.compile(
    r"['\"`]system['\"`]|\bsystem[ _](?:role|message|prompt|instruction)|developer instruction"
    r"|\broles? must alternate|only user and assistant"
)
_MUST_ALTERNATE: Final = re.compile(r"must alternate|only user and assistant")
_SETTINGS: Final = {
    "temperature": re.compile(r"\btemperature\b"),
    "top_p": re.compile(r"\btop_p\b"),
    "max_tokens": re.compile(r"\bmax_tokens\b"),
    "max_completion_tokens": re.compile(r"\bmax_completion_tokens\b"),
    "seed": re.compile(r"['\"`]seed['\"`]|\.seed\b|(?:parameter|argument|field|param):? seed\b"),
    "stop": re.compile(r"['\"`]stop['\"`]|\.stop\b|(?:parameter|argument|field|param):? stop\b"),
}
_PREFILL: Final = re.compile(
    r"continue_final_message|add_generation_prompt|prefill|last (?:role|message)"
)
_NAMES_A_FIELD: Final = re.compile(
    r"\bmodels?\b|\bmessages?\b|\brole\b|\btemperature\b|\btop_p\b|\bseed\b|\bstop\b|tokens?\b"
    r"|\bcontent\b|\bprompt\b|\bimage"
)


@dataclass(frozen=True, slots=True)
class RequestVariant:
    """What a service has shown to accept for one model.

    `usage` asks for the token counts at the end of a stream; `completion_limit` calls the limit of
    a reply `max_completion_tokens`; `prefill` lets a service continue a reply that comes last;
    `system_in_prompt` puts the system prompt before the first prompt; the settings `left_out` are
    not sent; `largest_limit` is the most that the limit of a reply may be.
    """

    usage: bool = True
    completion_limit: bool = False
    prefill: bool = False
    system_in_prompt: bool = False
    left_out: frozenset[str] = frozenset()
    largest_limit: int | None = None

    def adapt(self, error_text: str, request: ReplyRequest) -> "RequestVariant | None":
        """What to try after an error response of `error_text`; `None` where nothing would change.

        Only what the error names is changed, or where it names nothing what is least known.
        """
        words = _told(error_text)
        if "stream_options" in words and self.usage:
            return replace(self, usage=False)
        if "max_completion_tokens" in words and not self.completion_limit:
            return replace(self, completion_limit=True)
        if self._refuses_system_role(words, request):
            return replace(self, system_in_prompt=True)
        if refused := self._refused_settings(words, request.generation):
            return replace(self, left_out=self.left_out | refused)
        if self.prefill and _PREFILL.search(words):
            return replace(self, prefill=False)
        return (
            None if _NAMES_A_FIELD.search(words) or not self.usage else replace(self, usage=False)
        )

    def settings(self, given: GenerationSettings, limit: int | None) -> dict[str, object]:
        """The fields for `given`, with `limit` for the tokens of the reply."""
        name = "max_completion_tokens" if self.completion_limit else "max_tokens"
        fields: dict[str, object | None] = {
            "temperature": given.temperature,
            "top_p": given.top_p,
            name: limit,
            "seed": given.seed,
            "stop": list(given.stop) or None,
        }
        return {
            name: value
            for name, value in fields.items()
            if value is not None and name not in self.left_out
        }

    def changes_since(self, other: "RequestVariant") -> list[str]:
        """Sentences for a person: what of their settings is sent otherwise than in `other`."""
        told = []
        if self.system_in_prompt and not other.system_in_prompt:
            told.append("The model takes no system prompt, so it was put before the first prompt.")
        if left_out := sorted(self.left_out - other.left_out):
            names = " and ".join(left_out)
            told.append(f"The model does not take the setting {names}, so it was not sent.")
        return told

    def _refuses_system_role(self, words: str, request: ReplyRequest) -> bool:
        is_meant = _SYSTEM_ROLE.search(words) and (
            _IS_UNSUPPORTED.search(words) or _MUST_ALTERNATE.search(words)
        )
        has_system = any(each.role == Role.SYSTEM for each in request.messages)
        return bool(is_meant) and has_system and not self.system_in_prompt

    def _refused_settings(self, words: str, given: GenerationSettings) -> frozenset[str]:
        if not _IS_UNSUPPORTED.search(words):
            return frozenset()
        sent = self.settings(given, given.max_tokens)
        named = {name for name, word in _SETTINGS.items() if name in sent and word.search(words)}
        if "both" in words and {"temperature", "top_p"} <= named:
            return frozenset({"top_p"})
        return frozenset(named)


def _told(error_text: str) -> str:
    """What an error says, and the parameter that it names, in small letters."""
    value = parse_json(error_text)
    if value is NOT_JSON:
        return error_text.casefold()
    match value:
        case {"error": {"param": str(name)}} | {"param": str(name)} if name:
            named = f"parameter: {name}"
        case _:
            named = ""
    return f"{find_message(value)}\n{named}".casefold()
