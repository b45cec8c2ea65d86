"""Generation settings as a person types them."""

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final, TypeAlias, TypeVar

from fakegpt_tui.domain import MAX_TOKENS, SEEDS, TEMPERATURES, TOP_PS, GenerationSettings

_T = TypeVar("_T")
_Read: TypeAlias = Callable[[str], _T]

_ESCAPES: Final = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_MEANINGS: Final = {written: meant for meant, written in _ESCAPES.items()}
_ESCAPED = re.compile(r"\\[\\nrt]")
_LONGEST_NUMBER: Final = 40


class Setting(StrEnum):
    """What there is to set, named as in the configuration."""

    TEMPERATURE = "temperature"
    TOP_P = "top_p"
    MAX_TOKENS = "max_tokens"
    SEED = "seed"
    STOP = "stop"


class _Unfit(ValueError):
    """What was typed cannot be used; the text says what could be."""


def as_typed(settings: GenerationSettings) -> Mapping[Setting, str]:
    """What a person would have typed; nothing where it is left to the service."""
    return {
        Setting.TEMPERATURE: _written(settings.temperature),
        Setting.TOP_P: _written(settings.top_p),
        Setting.MAX_TOKENS: _written(settings.max_tokens),
        Setting.SEED: _written(settings.seed),
        Setting.STOP: "\n".join(map(_on_a_line, settings.stop)),
    }


def from_typed(typed: Mapping[Setting, str]) -> tuple[GenerationSettings, Mapping[Setting, str]]:
    """The settings that were typed, and a sentence for each one that cannot be used.

    Each stop text is on a line of its own, in which `\\n` is a line break and `\\\\` a backslash.
    """
    problems: dict[Setting, str] = {}

    def taken(setting: Setting, read: _Read[_T], nothing: _T) -> _T:
        try:
            return read(typed.get(setting, ""))
        except _Unfit as error:
            problems[setting] = str(error)
            return nothing

    settings = GenerationSettings(
        temperature=taken(Setting.TEMPERATURE, _number(*TEMPERATURES), None),
        top_p=taken(Setting.TOP_P, _number(*TOP_PS), None),
        max_tokens=taken(Setting.MAX_TOKENS, _whole(*MAX_TOKENS), None),
        seed=taken(Setting.SEED, _whole(*SEEDS), None),
        stop=taken(Setting.STOP, _texts, ()),
    )
    return settings, problems


def _written(number: float | None) -> str:
    return "" if number is None else str(number).removesuffix(".0")


def _on_a_line(text: str) -> str:
    return "".join(_ESCAPES.get(character, character) for character in text)


def _number(low: float, high: float) -> _Read[float | None]:
    return _read(float, low, high, f"a number from {low:g} to {high:g}, such as 0.7")


def _whole(low: int, high: int) -> _Read[int | None]:
    return _read(int, low, high, f"a whole number from {low} to {high}")


def _read(convert: Callable[[str], _T], low: float, high: float, expected: str) -> _Read[_T | None]:
    def read(text: str) -> _T | None:
        text = text.strip()
        if not text:
            return None
        try:
            number = convert(text if len(text) <= _LONGEST_NUMBER else "")
        except ValueError as error:
            raise _Unfit(f"This must be {expected}.") from error
        if isinstance(number, int | float) and low <= number <= high:
            return number
        raise _Unfit(f"This must be {expected}.")

    return read


def _texts(text: str) -> tuple[str, ...]:
    lines = (line for line in text.split("\n") if line)
    return tuple(_ESCAPED.sub(lambda found: _MEANINGS[found[0]], line) for line in lines)
