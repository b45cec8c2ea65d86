"""Argument completion: the values that fit what is typed behind the name of a slash command."""

import re
from collections.abc import Collection, Sequence
from typing import Protocol

from fakegpt_tui.domain.fast_dataclass import dataclass
from fakegpt_tui.keymap.argument_kinds import KINDS, ArgumentQuestion, ArgumentValue
from fakegpt_tui.keymap.command_grammar import OpenArgument, reserved_words

_MOST_MATCHES = 100
_PATH = KINDS["PATH"]


@dataclass(frozen=True, slots=True)
class ArgumentMatch:
    """A value that fits, and the whole line with it; `begins` says that the typed text does so."""

    value: ArgumentValue
    line: str
    begins: bool
    is_path: bool = False


class CommandValues(Protocol):
    """What arguments may be; a value that is not known yet is known once it was loaded."""

    def __call__(self, question: ArgumentQuestion) -> Sequence[ArgumentValue] | None: ...

    async def load(self, kinds: Collection[str], typed: str) -> None:
        """Ask for what is needed to know the values of these kinds."""
        ...


class NoCommandValues:
    """Knows no value."""

    def __call__(self, question: ArgumentQuestion) -> None:
        del question

    async def load(self, kinds: Collection[str], typed: str) -> None:
        """There is nothing to ask for."""


def argument_matches(line: str, opened: OpenArgument, values: CommandValues) -> list[ArgumentMatch]:
    """The values that fit the argument at the end of a line, those that begin like it first."""
    typed = opened.typed.casefold()
    reserved = reserved_words(opened.questions[0].command, values)
    found: list[tuple[int, ArgumentMatch]] = []
    for question in opened.questions:
        for value in values(question) or ():
            rank = _rank(value, typed)
            if rank is not None:
                is_path = question.kind is _PATH
                text = path_to_type(value.text, reserved) if is_path else value.text
                match = ArgumentMatch(value, line[: opened.start] + text, rank == 0, is_path)
                found.append((rank, match))
    found.sort(key=lambda each: each[0])
    return [match for _, match in found[:_MOST_MATCHES]]


def common_line(matches: Sequence[ArgumentMatch]) -> str:
    """How the lines of all paths begin."""
    lines = sorted(match.line for match in matches if match.is_path)
    first, last = (lines[0], lines[-1]) if lines else ("", "")
    same = (place for place, sign in enumerate(first) if last[place : place + 1] != sign)
    return first[: next(same, len(first))]


def path_to_type(path: str, reserved: Collection[str]) -> str:
    """A path as it is typed, so that it is neither a sentence nor a word that is reserved."""
    is_plain = re.match(_PATH.shape, path, re.DOTALL) and path.casefold() not in reserved
    return path if is_plain else f"./{path}"


def _rank(value: ArgumentValue, typed: str) -> int | None:
    text = value.text.casefold()
    if text.startswith(typed):
        return 0
    if re.search(rf"(?<!\w){re.escape(typed)}", text):
        return 1
    is_inside = typed in text or (text.isdecimal() and typed in value.description.casefold())
    return 2 if is_inside else None
