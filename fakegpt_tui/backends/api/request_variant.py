"""Variants of a request: what a service refuses is left out, made less, or sent in another way."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.domain import Role
from fakegpt_tui.fast_import import dataclass, lazy_pattern
from fakegpt_tui.protocol.error_body import NOT_JSON, parse_json
from fakegpt_tui.protocol.error_shapes import find_message

IS_UNSUPPORTED: Final = lazy_pattern(
    r"unsupported|not support|n't support|unknown|unrecogni[sz]ed|unexpected|\bextra\b"
    r"|not (?:allowed|permitted|available|enabled|implemented)|only the default|deprecated"
    r"|no longer|cannot be (?:used|set|specified)|\bboth\b|invalid (?:parameter|argument|field)"
    r"|extra_forbidden|must be verified"
)
_IS_VALUE: Final = lazy_pattern(
    r"(?:unsupported|invalid|unknown) (?:value|enum|variant)|supported values|must be one of"
    r"|only the default|input should be|does not support ['\"`]|not a valid|one of the following"
)
_DISTINCT: Final = lazy_pattern(r"_|^temperature$|^verbosity$")
"""Names that mean a field wherever they stand; others are words of a sentence, too."""


@dataclass(frozen=True, slots=True)
class RefusedFields:
    """The paths of the fields that were refused; with `is_value` only for their values."""

    paths: frozenset[str]
    is_value: bool


def error_words(error_text: str) -> str:
    """What an error says, and the parameters that it names, in small letters."""
    value = parse_json(error_text)
    if value is NOT_JSON:
        return error_text.casefold()
    names = "".join(f"\nparameter: {name}" for name in _named_parameters(value))
    return f"{find_message(value)}{names}".casefold()


def _named_parameters(value: object) -> Iterator[str]:
    match value:
        case {"error": {"param": str(name)}} | {"param": str(name)} if name:
            yield name
        case {"detail": list(problems)}:
            for problem in problems:
                match problem:
                    case {"loc": [*parts]}:
                        names = [str(each) for each in parts if each != "body"]
                        yield ".".join(names)
                        yield f"{names[-1] if names else ''} {problem.get('type', '')}"
                    case _:
                        pass
        case {"error": dict(inner)} if inner is not value:
            yield from _named_parameters(inner)
        case _:
            pass


def find_refused(words: str, paths: Iterable[str]) -> RefusedFields | None:
    """The fields among `paths` that the `words` of an error refuse; `None` for none.

    Of a table and a field inside of it the inner one is meant, where both are named.
    """
    is_value = _IS_VALUE.search(words) is not None
    if not (is_value or IS_UNSUPPORTED.search(words)):
        return None
    named = {path for path in paths if _names(words, path)}
    named -= {outer for outer in named if any(each.startswith(f"{outer}.") for each in named)}
    if "both" in words and {"temperature", "top_p"} <= named:
        named = {"top_p"}
    return RefusedFields(frozenset(named), is_value) if named else None


def _names(words: str, path: str) -> bool:
    path = path.casefold()
    first, leaf = path.partition(".")[0], path.rpartition(".")[2]
    if path != leaf and re.search(rf"\b{re.escape(first)}\W+(?:\w+\W+)?{re.escape(leaf)}\b", words):
        return True  # also as `reasoning[effort]`
    form = re.escape(leaf)
    if _DISTINCT.search(leaf):
        return re.search(rf"\b{form}\b", words) is not None
    pattern = (
        rf"['\"`]{form}['\"`]|\.{form}\b|(?:parameter|argument|field|param):? {form}\b|^{form}: "
    )
    return re.search(pattern, words, re.MULTILINE) is not None


_SYSTEM_ROLE: Final = lazy_pattern(
    r"['\"`]system['\"`]|\bsystem[ _](?:role|message|prompt|instruction)|developer instruction"
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

_NAMES_A_FIELD: Final = lazy_pattern(
    r"\bmodels?\b|\bmessages?\b|\brole\b|\btemperature\b|\btop_p\b|\bseed\b|\bstop\b|tokens?\b"
    r"|\bcontent\b|\bprompt\b|\bimage"
)


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
        if self._refuses_system_role(words, request):
            return replace(self, system_in_prompt=True)
        return self.without_refused(words, sent) or self._without_own_fields(words)

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
        is_other = _NAMES_A_FIELD.search(words) is not None or not self.usage
        return None if is_other else replace(self, usage=False)

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

    def _refuses_system_role(self, words: str, request: ReplyRequest) -> bool:
        is_meant = _SYSTEM_ROLE.search(words) and (
            IS_UNSUPPORTED.search(words) or _MUST_ALTERNATE.search(words)
        )
        has_system = any(each.role == Role.SYSTEM for each in request.messages)
        return bool(is_meant) and has_system and not self.system_in_prompt


def json_value(value: object) -> str:
    """A value as a text that can be compared and kept."""
    return json.dumps(value, sort_keys=True)


_NAMES_LIMIT: Final = lazy_pattern(
    r"max_(?:completion_|new_|output_)?tokens|completion|(?:output|new) tokens|reply tokens"
)
_PROMPT: Final = lazy_pattern(
    r"([\d,]+) (?:tokens )?(?:in (?:the|your) (?:messages|prompt|input)|from the input"
    r"|of text input|input tokens|prompt tokens|`inputs` tokens)"
)
_SUM: Final = lazy_pattern(r"([\d,]+) \+ [\d,]+ > ([\d,]+)")
_WINDOW: Final = lazy_pattern(r"(?:context (?:length|window|size)[^.\d]{0,40}|must be <= )([\d,]+)")
_LARGEST: Final = lazy_pattern(
    r"(?:at most|no more than|up to|maximum(?: allowed| value| output| completion| tokens)*"
    r"(?: is| of|:)?|less than or equal to|<=|> ?|\[\d+, ?)[\s`'\"]*([\d,]{1,9})"
)
_LEAST: Final = 16
_LEAST_SHARE: Final = 8
_ESTIMATE_MARGIN: Final = 1.1


@dataclass(frozen=True, slots=True)
class LowerLimit:
    """The limit to send instead; `is_general` where it holds for every request to the model.

    A `limit` of `None` leaves it to the service.
    """

    limit: int | None
    is_general: bool = False


def lower_limit(
    words: str, asked: int | None, prompt: Callable[[], int], window: int | None
) -> LowerLimit | None:
    """What to send in place of the limit `asked`; `None` where something else was refused.

    `words` are the error's, in small letters; `prompt` estimates its tokens where that is needed,
    and `window` is the model's, if that is known.
    """
    if asked is None or not (_NAMES_LIMIT.search(words) or (window and asked >= window)):
        return None
    if (room := _room(words, prompt, window)) is not None:
        least = max(_LEAST, (window or 0) // _LEAST_SHARE)
        return LowerLimit(room) if least <= room < asked else None
    numbers = [_number(each) for each in _LARGEST.findall(words)]
    if fitting := [each for each in numbers if _LEAST <= each < asked]:
        return LowerLimit(max(fitting), is_general=True)
    is_size = re.search(r"too (?:large|big|high|long|many)|exceed|maximum|must be|range", words)
    return LowerLimit(None) if is_size else None


def fitting_limit(asked: int | None, prompt: Callable[[], int], window: int | None) -> int | None:
    """`asked`, or what a prompt of about that many tokens leaves of a `window` that was told."""
    if asked is None or window is None:
        return asked
    room = window - int(prompt() * _ESTIMATE_MARGIN)
    return room if window // _LEAST_SHARE <= room < asked else asked


def _room(words: str, prompt: Callable[[], int], window: int | None) -> int | None:
    """How many tokens the window has left beside the prompt, as the error or an estimate says."""
    if added := _SUM.search(words):
        return _number(added[2]) - _number(added[1])
    if told := _WINDOW.search(words):
        window = _number(told[1])
    if window is None:
        return None
    told_prompt = _PROMPT.search(words)
    tokens = _number(told_prompt[1]) if told_prompt else prompt() * _ESTIMATE_MARGIN
    return window - int(tokens)


def _number(digits: str) -> int:
    return int(digits.replace(",", "") or 0)
