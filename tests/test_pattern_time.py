"""Regular expressions take time in proportion to a text, whatever it repeats."""

import importlib
import pkgutil
import re
import re._parser as parser  # type: ignore[import-not-found]  # what `re` itself parses with
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import fakegpt_tui
from fakegpt_tui.fast_import import _LazyPattern

_LENGTHS = {1_000: 0.05, 16_000: 0.3}
"""Characters, and the seconds that they may take."""
_UNITS = (*' \n\ta1<[(\\"*`-.,|>', " \n", "a ", "1 ", "\r")
_SCANS = {"search", "finditer", "findall", "sub", "subn", "split"}
_SHORT = {
    "fakegpt_tui.config.load._UNQUOTED_NAME": "one line of the configuration",
    "fakegpt_tui.formats.markdown_transcripts._REMARK": "a name of 80 characters",
}
"""What is used on short texts alone, and which."""

pytestmark = pytest.mark.long


def _literals(parsed: Any) -> Iterator[str]:
    """The words in a parsed expression: what an attacker would repeat."""
    word = ""
    for operation, argument in parsed:
        if str(operation) == "LITERAL":
            word += chr(argument)
            continue
        if word:
            yield word
        word = ""
        for inner in _inner(str(operation), argument):
            yield from _literals(inner)
    if word:
        yield word


def _inner(operation: str, argument: Any) -> Sequence[Any]:
    """The expressions within one."""
    match operation:
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            return [argument[2]]
        case "SUBPATTERN":
            return [argument[3]]
        case "BRANCH":
            return list(argument[1])
        case "ASSERT":
            return [argument[1]]
        case _:
            return []


def _patterns() -> Iterator[tuple[str, re.Pattern[Any], set[str]]]:
    """All patterns of modules, with the methods that are called there."""
    for found in pkgutil.walk_packages(fakegpt_tui.__path__, "fakegpt_tui."):
        if found.name.endswith("__main__"):
            continue
        module = importlib.import_module(found.name)
        code = Path(str(module.__file__)).read_text(encoding="utf-8")
        for name, value in vars(module).items():
            if not isinstance(value, re.Pattern | _LazyPattern):
                continue
            called = set(re.findall(rf"(?<!\w){re.escape(name)}\.(\w+)\(", code))
            compiled = (
                value if isinstance(value, re.Pattern) else re.compile(value.pattern, value.flags)
            )
            if called:
                yield f"{found.name}.{name}", compiled, called


def _use(pattern: re.Pattern[Any], called: set[str]) -> Callable[[Any], object]:
    if called & _SCANS:
        return lambda text: sum(1 for _ in pattern.finditer(text))
    return pattern.match if "match" in called else pattern.fullmatch


def _is_slow(pattern: re.Pattern[Any], called: set[str]) -> bool:
    """Is there a text that takes long, and repeats a word of the expression, or a sign?"""
    flags = pattern.flags & ~re.UNICODE if isinstance(pattern.pattern, bytes) else pattern.flags
    words = list(dict.fromkeys(_literals(parser.parse(pattern.pattern, flags))))[:10]
    first, use = words[0] if words else "", _use(pattern, called)
    units = dict.fromkeys((*_UNITS, *words, "".join(words[:2]) or " ", f"{first} ", f"{first}a"))
    # What takes the cube of a length would take hours with the long ones.
    return any(
        _seconds(use, pattern, f"{begin}{unit * (length // len(unit))}\x01") > most
        for length, most in _LENGTHS.items()
        for unit in units
        for begin in {"", first}
    )


def _seconds(use: Callable[[Any], object], pattern: re.Pattern[Any], text: str) -> float:
    data = text.encode("latin-1", "replace") if isinstance(pattern.pattern, bytes) else text
    began = time.process_time()
    use(data)
    return time.process_time() - began


def test_no_pattern_takes_longer_than_in_proportion_to_the_text() -> None:
    slow = [
        name
        for name, pattern, called in _patterns()
        if name not in _SHORT and _is_slow(pattern, called)
    ]
    assert slow == []
