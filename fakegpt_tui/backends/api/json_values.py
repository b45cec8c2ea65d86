"""JSON values of services, read by name: tables, short texts and whole numbers, or nothing."""

from collections.abc import Mapping
from typing import Any, Final

_MOST: Final = 10**12
_LONGEST: Final = 30
_LONGEST_WORD: Final = 200
_LARGEST_WINDOW: Final = 10**9


def count(table: Mapping[str, object], name: str) -> int | None:
    """A count in a table: a whole number that can be one, also as text."""
    value = table.get(name)
    if isinstance(value, str) and len(value) <= _LONGEST and value.isascii() and value.isdecimal():
        value = int(value)
    is_count = isinstance(value, int) and not isinstance(value, bool)
    return value if isinstance(value, int) and is_count and 0 <= value <= _MOST else None


def window_of(value: object) -> int | None:
    """A number of tokens that a model takes or gives; nothing for what cannot be one."""
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return value if isinstance(value, int) and is_whole and 1 < value < _LARGEST_WINDOW else None


def as_table(value: object) -> Mapping[str, Any]:
    """The value where it is a table, or else an empty one."""
    return value if isinstance(value, Mapping) else {}


def table_of(value: object, name: str) -> Mapping[str, Any]:
    """The table of that name in a value; empty where there is none."""
    return as_table(as_table(value).get(name))


def word_of(value: object, name: str) -> str:
    """The short text of that name in a value; empty where there is none."""
    found = as_table(value).get(name)
    return (
        found
        if isinstance(found, str) and len(found) <= _LONGEST_WORD and found.isprintable()
        else ""
    )
