"""Limit of a reply: how far to lower it where a service refuses it as too large."""

import re
from collections.abc import Callable
from typing import Final

from fakegpt_tui.fast_import import dataclass, lazy_pattern

_NAMES_LIMIT: Final = lazy_pattern(
    r"max_(?:completion_|new_|output_)?tokens|completion|(?:output|new) tokens|reply tokens"
)
_PROMPT: Final = lazy_pattern(
    r"(?<![\d,])([\d,]++) (?:tokens )?(?:in (?:the|your) (?:messages|prompt|input)|from the input"
    r"|of text input|input tokens|prompt tokens|`inputs` tokens)"
)
_SUM: Final = lazy_pattern(r"(?<![\d,])([\d,]++) \+ [\d,]++ > ([\d,]+)")
_WINDOW: Final = lazy_pattern(r"(?:context (?:length|window|size)[^.\d]{0,40}|must be <= )([\d,]+)")
_LARGEST: Final = lazy_pattern(
    r"(?:at most|no more than|up to|maximum(?: allowed| value| output| completion| tokens)*"
    r"(?: is| of|:)?|limit(?: is| of|:)?|less than or equal to|<=|> ?|\[\d+, ?)"
    r"[\s`'\"]*([\d,]{1,9})"
)
_BELOW: Final = lazy_pattern(r"\bto ([\d,]{1,9}) \(exclusive\)")
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
    if asked is None or not (_NAMES_LIMIT.search(words) or _is_beyond(window, asked, prompt)):
        return None
    if (room := _room(words, prompt, window)) is not None:
        least = max(_LEAST, (window or 0) // _LEAST_SHARE)
        return LowerLimit(room) if least <= room < asked else None
    numbers = [_number(each) for each in _LARGEST.findall(words)]
    numbers += [_number(each) - 1 for each in _BELOW.findall(words)]
    if fitting := [each for each in numbers if _LEAST <= each < asked]:
        return LowerLimit(max(fitting), is_general=True)
    is_size = re.search(r"too (?:large|big|high|long|many)|exceed|maximum|must be|range", words)
    return LowerLimit(None) if is_size else None


def _is_beyond(window: int | None, asked: int, prompt: Callable[[], int]) -> bool:
    """Does a reply of the limit `asked` not fit into the `window` beside the prompt?"""
    return window is not None and asked + prompt() * _ESTIMATE_MARGIN > window


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
