"""Variants of a request: what a service refuses is left out, made less, or sent in another way."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from fakegpt_tui.backends.api.refused_fields import (
    IS_UNSUPPORTED,
    error_words,
    find_refused,
    is_vague,
)
from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.domain import Role
from fakegpt_tui.fast_import import dataclass, lazy_pattern

_SYSTEM_ROLE: Final = lazy_pattern(
    r"['\"`]system['\"`]|\bsystem[ _](?:role|message|prompt|instruction)|\binstructions\b"
    r"|developer (?:role|message|instruction)|^(?:body\.)?system:"
    r"|\broles? must alternate|only user and assistant"
)
_MUST_ALTERNATE: Final = lazy_pattern(r"must alternate|only user and assistant")
LIMIT_NAMES: Final = (
    *("max_completion_tokens", "max_tokens", "max_output_tokens"),
    *("max_new_tokens", "num_predict", "n_predict"),
)
"""What services call the longest reply."""

REFUSES_PREFILL: Final = lazy_pattern(
    r"continue_final_message|add_generation_prompt|prefill|last (?:role|message)"
    r"|(?:final|end with an?) (?:assistant|user)|must end with"
)
"""What is said of a reply that comes last, to be continued."""


@dataclass(frozen=True, slots=True)
class RequestVariant:
    """What a service has shown to accept for one model.

    `usage` asks for the token counts at the end of a stream; `limit_name` is what the limit of a
    reply is called, `refused_names` what it is not; `prefill` lets a service continue a reply that
    comes last; `system_in_prompt` puts the system prompt before the first prompt; the fields at the
    paths in `left_out` are not sent, nor are those in `left_out_values` with the value beside them,
    as JSON; `largest_limit` is the most that the limit of a reply may be; with `replays`, what a
    service wants back of earlier replies is sent back.
    """

    usage: bool = True
    limit_name: str = "max_tokens"
    refused_names: frozenset[str] = frozenset()
    prefill: bool = False
    system_in_prompt: bool = False
    left_out: frozenset[str] = frozenset()
    left_out_values: frozenset[tuple[str, str]] = frozenset()
    largest_limit: int | None = None
    replays: bool = True

    def adapt(
        self, error_text: str, request: ReplyRequest, sent: Mapping[str, object]
    ) -> "RequestVariant | None":
        """What to try after an error response of `error_text`; `None` where nothing would change.

        `sent` are the fields of settings by their paths. Only what the error names is changed, or
        where it names nothing what is least known.
        """
        words = error_words(error_text)
        if "stream_options" in words and self.usage:
            return replace(self, usage=False)
        if name := self._other_limit_name(words, sent):
            refused = self.refused_names | {self.limit_name}
            return replace(self, limit_name=name, refused_names=refused)
        return (
            self.without_system_role(words, request)
            or self.without_refused(words, sent)
            or self._without_own_fields(words)
        )

    def without_refused(self, words: str, sent: Mapping[str, object]) -> "RequestVariant | None":
        """Without those of the fields `sent` that the `words` of an error refuse."""
        refused = find_refused(words, sent)
        if refused is None:
            return None
        if refused.is_value:
            values = {(path, json_value(sent[path])) for path in refused.paths}
            return replace(self, left_out_values=self.left_out_values | values)
        return replace(self, left_out=self.left_out | refused.paths)

    def _without_own_fields(self, words: str) -> "RequestVariant | None":
        """Without what the program itself adds, where that may be what was refused."""
        if self.prefill and REFUSES_PREFILL.search(words):
            return replace(self, prefill=False)
        # What was refused for its contents, as by a filter, must not be sent again.
        return replace(self, usage=False) if self.usage and is_vague(words) else None

    def without(self, fields: Mapping[str, object]) -> frozenset[str]:
        """The paths of what is left out of `fields`, which are values by their paths."""
        refused = {
            path
            for path, value in fields.items()
            if (path, json_value(value)) in self.left_out_values
        }
        return (self.left_out & fields.keys()) | refused

    def _other_limit_name(self, words: str, sent: Mapping[str, object]) -> str:
        """Another name for the limit, where the error names one, or refuses the one in use."""
        named = [each for each in LIMIT_NAMES if re.search(rf"\b{each}\b", words)]
        others = [each for each in named if each not in (self.limit_name, *self.refused_names)]
        if others and (self.limit_name in sent or not sent):
            return others[0]
        if named == [self.limit_name] and self.limit_name in sent and IS_UNSUPPORTED.search(words):
            left = (
                each
                for each in LIMIT_NAMES[:2]
                if each not in (self.limit_name, *self.refused_names)
            )
            return next(left, "")
        return ""

    def without_system_role(self, words: str, request: ReplyRequest) -> "RequestVariant | None":
        """With the system prompt of `request` elsewhere, if that is what `words` refuse."""
        is_meant = _SYSTEM_ROLE.search(words) and (
            IS_UNSUPPORTED.search(words) or _MUST_ALTERNATE.search(words)
        )
        has_system = any(each.role == Role.SYSTEM for each in request.messages)
        is_new = has_system and not self.system_in_prompt
        return replace(self, system_in_prompt=True) if is_meant and is_new else None


def json_value(value: object) -> str:
    """A value as a text that can be compared and kept."""
    return json.dumps(value, sort_keys=True)
