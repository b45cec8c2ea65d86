"""Kinds of generation settings: read from files, parsed from what is typed, and written back."""

import json
from collections.abc import Mapping, Sequence
from typing import Final, Protocol, TypeVar, runtime_checkable

from fakegpt_tui.fast_import import dataclass, lazy_pattern

UNSET: Final = "!unset"
"""In place of a value inside `extra`: the field is taken out of the request."""

PROTECTED: Final = frozenset({"model", "messages", "input", "stream", "system", "instructions"})
"""Fields of a request that the program makes, and `extra` may not change."""

_ESCAPES: Final = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_MEANINGS: Final = {written: meant for meant, written in _ESCAPES.items()}
_ESCAPED: Final = lazy_pattern(r"\\[\\nrt]")
_LONGEST_NUMBER: Final = 40
_WORD: Final = lazy_pattern(r"[\w.:-]{1,60}")
_MAX_JSON: Final = 200_000
_FLAGS: Final = {True: "on", False: "off", "true": "on", "false": "off"}


class InvalidSetting(ValueError):
    """A value cannot be used; the text says what could be, as in “a number from 0 to 2”."""


@runtime_checkable
class SettingKind(Protocol):
    """How the values of a setting are read and written. What is not set is a false value."""

    def read(self, value: object) -> object:
        """The setting that `value` is, which comes from TOML or JSON.

        Raises:
            InvalidSetting: It cannot be used.
        """
        ...

    def parse(self, text: str) -> object:
        """The setting that a person typed; nothing for blank text.

        Raises:
            InvalidSetting: It cannot be used.
        """
        ...

    def format(self, value: object) -> str:
        """What a person would have typed."""
        ...


@dataclass(frozen=True, slots=True)
class Number:
    """A number from `low` to `high`; whole where these are."""

    low: float
    high: float
    example: str = "0.7"

    @property
    def is_whole(self) -> bool:
        return isinstance(self.low, int)

    def read(self, value: object) -> object:
        types = int if self.is_whole else int | float
        is_number = isinstance(value, types) and not isinstance(value, bool)
        if isinstance(value, types) and is_number and self.low <= value <= self.high:
            return value if self.is_whole else float(value)
        raise InvalidSetting(self._expected())

    def parse(self, text: str) -> object:
        text = text.strip()
        if not text:
            return None
        convert = int if self.is_whole else float
        try:
            return self.read(convert(text if len(text) <= _LONGEST_NUMBER else ""))
        except ValueError as error:
            raise InvalidSetting(self._expected()) from error

    def format(self, value: object) -> str:
        return "" if value is None else str(value).removesuffix(".0")

    def _expected(self) -> str:
        if self.is_whole:
            return f"a whole number from {self.low} to {self.high}"
        return f"a number from {self.low:g} to {self.high:g}, such as {self.example}"


@dataclass(frozen=True, slots=True)
class Word:
    """A word that the service may know; `usual` ones are offered."""

    usual: tuple[str, ...] = ()

    def read(self, value: object) -> object:
        if isinstance(value, str) and _WORD.fullmatch(value):
            return value
        raise InvalidSetting(f"one word, such as {', '.join(self.usual)}")

    def parse(self, text: str) -> object:
        return self.read(text.strip()) if text.strip() else ""

    def format(self, value: object) -> str:
        return str(value)


@dataclass(frozen=True, slots=True)
class Switch:
    """On, off, or a budget of tokens."""

    most: int

    def read(self, value: object) -> object:
        if isinstance(value, bool | str) and value in _FLAGS:
            return _FLAGS[value]
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if isinstance(value, str) and (value in _FLAGS.values() or self._is_budget(value)):
            return value
        raise InvalidSetting(f"on, off, or a budget of 1 to {self.most} tokens")

    def parse(self, text: str) -> object:
        return self.read(text.strip().casefold()) if text.strip() else ""

    def format(self, value: object) -> str:
        return str(value)

    def _is_budget(self, text: str) -> bool:
        is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(self.most))
        return is_number and text[0] != "0" and int(text) <= self.most


@dataclass(frozen=True, slots=True)
class Texts:
    """A list of texts; typed, each stands on a line of its own.

    In a line `\\n` is a line break and `\\\\` a backslash.
    """

    def read(self, value: object) -> object:
        texts = value if isinstance(value, list | tuple) else [value]
        if all(isinstance(text, str) and text for text in texts):
            return tuple(texts)
        raise InvalidSetting("text, or a list of texts")

    def parse(self, text: str) -> object:
        lines = (line for line in text.split("\n") if line)
        return tuple(_ESCAPED.sub(lambda found: _MEANINGS[found[0]], line) for line in lines)

    def format(self, value: object) -> str:
        return "\n".join(map(_escape, value)) if isinstance(value, tuple) else ""


@dataclass(frozen=True, slots=True)
class JsonTable:
    """A table of any fields, kept as the text of a JSON object; `refused` may not be among them.

    With `unsets` a field without a value takes one out of what it is merged with.
    """

    refused: frozenset[str] = frozenset()
    unsets: bool = False

    def read(self, value: object) -> object:
        if isinstance(value, str):
            try:
                value = json.loads(value if len(value) <= _MAX_JSON else "")
            except (ValueError, RecursionError) as error:
                raise InvalidSetting('a table, or a JSON object such as {"n": 1}') from error
        if not isinstance(value, Mapping):
            raise InvalidSetting('a table, or a JSON object such as {"n": 1}')
        if made := sorted(self.refused & value.keys()):
            raise InvalidSetting(f"a table without {made[0]}, which the program makes")
        try:
            return to_json(_marked(value) if self.unsets else value) if value else ""
        except (TypeError, ValueError, RecursionError) as error:
            raise InvalidSetting("a table of texts, numbers, lists and tables") from error

    def parse(self, text: str) -> object:
        return self.read(text) if text.strip() else ""

    def format(self, value: object) -> str:
        return str(value)


def _escape(text: str) -> str:
    return "".join(_ESCAPES.get(character, character) for character in text)


def to_json(value: object) -> str:
    """`value` as JSON, in which every number is one."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _marked(value: object) -> object:
    """`value` with `UNSET` for each field without a value; lists keep what has none."""
    match value:
        case Mapping():
            return {
                str(name): UNSET if each is None else _marked(each) for name, each in value.items()
            }
        case list() | tuple():
            return [_marked(each) for each in value]
        case _:
            return value


_Json = TypeVar("_Json", bound=Mapping[str, object])


def deep_merge(base: Mapping[str, object], over: Mapping[str, object]) -> dict[str, object]:
    """`base` with the fields of `over`, which win; tables in both are merged likewise."""
    merged = dict(base)
    for name, value in over.items():
        known = merged.get(name)
        both = isinstance(known, Mapping) and isinstance(value, Mapping)
        merged[name] = deep_merge(known, value) if both else value  # type: ignore[arg-type]
    return merged


def without_unset(value: object) -> object:
    """`value` without the fields that are marked as `UNSET`, at any depth."""
    if isinstance(value, Mapping):
        return {name: without_unset(each) for name, each in value.items() if each != UNSET}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [without_unset(each) for each in value]
    return value
