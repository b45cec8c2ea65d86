"""Generation settings as text fields: formatting and parsing."""

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final, TypeAlias, TypeVar

from fakegpt_tui.domain import MAX_TOKENS, SEEDS, TEMPERATURES, TOP_PS, GenerationSettings

_T = TypeVar("_T")
_Parse: TypeAlias = Callable[[str], _T]

_ESCAPES: Final = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_MEANINGS: Final = {written: meant for meant, written in _ESCAPES.items()}
_ESCAPED = re.compile(r"\\[\\nrt]")
_LONGEST_NUMBER: Final = 40


class GenerationField(StrEnum):
    """What there is to set, named as in the configuration."""

    TEMPERATURE = "temperature"
    TOP_P = "top_p"
    MAX_TOKENS = "max_tokens"
    SEED = "seed"
    STOP = "stop"


class _InvalidValue(ValueError):
    """What was typed cannot be used; the text says what could be."""


def format_generation(settings: GenerationSettings) -> Mapping[GenerationField, str]:
    """What a person would have typed; nothing where it is left to the service."""
    return {
        GenerationField.TEMPERATURE: _format_number(settings.temperature),
        GenerationField.TOP_P: _format_number(settings.top_p),
        GenerationField.MAX_TOKENS: _format_number(settings.max_tokens),
        GenerationField.SEED: _format_number(settings.seed),
        GenerationField.STOP: "\n".join(map(_escape, settings.stop)),
    }


def parse_generation(
    typed: Mapping[GenerationField, str],
) -> tuple[GenerationSettings, Mapping[GenerationField, str]]:
    """The settings that were typed, and a sentence for each one that cannot be used.

    Each stop text is on a line of its own, in which `\\n` is a line break and `\\\\` a backslash.
    """
    problems: dict[GenerationField, str] = {}

    def taken(setting: GenerationField, read: _Parse[_T], nothing: _T) -> _T:
        try:
            return read(typed.get(setting, ""))
        except _InvalidValue as error:
            problems[setting] = str(error)
            return nothing

    settings = GenerationSettings(
        temperature=taken(GenerationField.TEMPERATURE, _parse_number(*TEMPERATURES), None),
        top_p=taken(GenerationField.TOP_P, _parse_number(*TOP_PS), None),
        max_tokens=taken(GenerationField.MAX_TOKENS, _parse_integer(*MAX_TOKENS), None),
        seed=taken(GenerationField.SEED, _parse_integer(*SEEDS), None),
        stop=taken(GenerationField.STOP, _parse_stop_texts, ()),
    )
    return settings, problems


def _format_number(number: float | None) -> str:
    return "" if number is None else str(number).removesuffix(".0")


def _escape(text: str) -> str:
    return "".join(_ESCAPES.get(character, character) for character in text)


def _parse_number(low: float, high: float) -> _Parse[float | None]:
    return _parser(float, low, high, f"a number from {low:g} to {high:g}, such as 0.7")


def _parse_integer(low: int, high: int) -> _Parse[int | None]:
    return _parser(int, low, high, f"a whole number from {low} to {high}")


def _parser(
    convert: Callable[[str], _T], low: float, high: float, expected: str
) -> _Parse[_T | None]:
    def read(text: str) -> _T | None:
        text = text.strip()
        if not text:
            return None
        try:
            number = convert(text if len(text) <= _LONGEST_NUMBER else "")
        except ValueError as error:
            raise _InvalidValue(f"This must be {expected}.") from error
        if isinstance(number, int | float) and low <= number <= high:
            return number
        raise _InvalidValue(f"This must be {expected}.")

    return read


def _parse_stop_texts(text: str) -> tuple[str, ...]:
    lines = (line for line in text.split("\n") if line)
    return tuple(_ESCAPED.sub(lambda found: _MEANINGS[found[0]], line) for line in lines)
