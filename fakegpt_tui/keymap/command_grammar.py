"""Command grammar: which slash command a line is, and whether what follows its name fits its row.

A name alone always runs. The user interface and the plain mode read lines by the same rules.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from fakegpt_tui.fast_import import dataclass
from fakegpt_tui.keymap import COMMANDS, Command, KeyScope
from fakegpt_tui.keymap.argument_kinds import (
    KINDS,
    ArgumentKind,
    ArgumentQuestion,
    ArgumentValue,
    OpenValues,
    Slot,
    Values,
    slots_of,
)
from fakegpt_tui.text import safe_line

SNIPPET_ID: Final = "snippet."
"""How the ids of the commands of snippets begin; none of the keymap does."""
_MOST_SAID = 48
"""Letters of the values that a sentence lists."""
_LONGEST = 60
_WORD = re.compile(r"\S+")
_ALL: Final = "all"
"""Never a path, as in `/save all`; nor is a format."""
_SAVES: Final = "chat.save"
"""How the ids of the commands that save begin."""


@dataclass(frozen=True, slots=True)
class ParsedCommand:
    """A command with an argument for each of its slots, empty where it is left out; or alone."""

    command: Command
    name: str
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WrongArgument:
    """A command with something behind it that does not fit, and a sentence about that."""

    command: Command
    name: str
    sentence: str


@dataclass(frozen=True, slots=True)
class OpenArgument:
    """The argument at the end of a line: what may stand from `start` on, and what does."""

    start: int
    questions: tuple[ArgumentQuestion, ...]

    @property
    def typed(self) -> str:
        return self.questions[0].typed


def snippet_commands(descriptions: Mapping[str, str]) -> tuple[Command, ...]:
    """A command for each snippet whose name is none of a command."""
    taken = {name for command in COMMANDS for name in command.names}
    return tuple(
        Command(
            KeyScope.ANY,
            f"{SNIPPET_ID}{name}",
            "",
            f"snippets.insert({name!r})",
            name,
            description,
            f"/{name}",
            argument="[TEXT]",
        )
        for name, description in descriptions.items()
        if f"/{name}" not in taken
    )


def example_of(command: Command) -> str:
    """A line that runs the command, with all its arguments."""
    examples = (slot.kinds[-1].example for slot in slots_of(command.argument))
    return " ".join((command.slash, *examples))


def reserved_words(command_id: str, values: Values) -> frozenset[str]:
    """Words that a command that saves never takes for a path; `./all` is a path."""
    if not command_id.startswith(_SAVES):
        return frozenset()
    formats = values(ArgumentQuestion(command_id, KINDS["FORMAT"])) or ()
    return frozenset((_ALL, *(each.text for each in formats)))


def named_command(line: str, commands: Iterable[Command]) -> tuple[Command, str] | None:
    """The command with the longest name that a line begins with, and that name."""
    beginning = line[:2].casefold()
    fitting = [
        (name, command)
        for command in commands
        for name in command.names
        if name.startswith(beginning) and line[: len(name)].casefold() == name
        if not line[len(name) :].strip() or line[len(name)].isspace()
    ]
    if not fitting:
        return None
    name, command = max(fitting, key=lambda each: len(each[0]))
    return command, name


def parse_command(
    line: str, commands: Iterable[Command], values: Values
) -> ParsedCommand | WrongArgument | None:
    """Read a line that begins with a slash; `None` where it is a prompt, and no command."""
    line = line.strip()
    found = named_command(line, commands)
    if found is None:
        return None
    command, name = found
    slots, text = slots_of(command.argument), line[len(name) :].strip()
    if not text:
        return ParsedCommand(command, name)
    if "\n" in line and not any(kind.takes_lines for slot in slots for kind in slot.kinds):
        return None
    read = _ArgumentReader(command, name, values).read(slots, text, ())
    if isinstance(read, str):
        return WrongArgument(command, name, read)
    return ParsedCommand(command, name, read)


def open_argument(line: str, commands: Iterable[Command], values: Values) -> OpenArgument | None:
    """The argument that is being typed at the end of a line, behind a name and a blank."""
    found = named_command(line, commands)
    if found is None or len(line) == len(found[1]):
        return None
    command, name = found
    return _ArgumentReader(command, name, values).open(slots_of(command.argument), line, len(name))


@dataclass(frozen=True, slots=True)
class _ArgumentReader:
    """Reads what is behind the name of a command."""

    command: Command
    name: str
    values: Values

    def read(
        self, slots: Sequence[Slot], text: str, given: tuple[str, ...] = ()
    ) -> tuple[str, ...] | str:
        """An argument for each slot, or a sentence about the first that does not fit."""
        if not text:
            missing = next((slot.kinds[0] for slot in slots if not slot.depth), None)
            left_out = (*given, *("" for _ in slots))
            return left_out if missing is None else self._needs(missing)
        if not slots:
            behind = safe_line(given[-1], _LONGEST) if any(given) else "it"
            return f"{self.name} takes nothing behind {behind}."
        problem = ""
        for value, length in self._choices(slots, text, given):
            left = text[length:].lstrip()
            found = self.read(slots[1:], left, (*given, value))
            if not isinstance(found, str):
                return found
            problem = problem or (found if length else "")
        return problem or self._misfit(slots, text, given)

    def _choices(
        self, slots: Sequence[Slot], text: str, given: tuple[str, ...]
    ) -> Iterator[tuple[str, int]]:
        """What the first slot may take, with its length in the text; nothing comes last."""
        for kind in slots[0].kinds:
            yield from self._takings(kind, text, given)
        if _may_skip(slots):
            yield "", 0

    def _needs(self, kind: ArgumentKind) -> str:
        return f"{self.name} needs {kind.name}, too: {kind.says}."

    def open(self, slots: Sequence[Slot], line: str, start: int) -> OpenArgument | None:
        """The argument at the end of the line, of which all before `start` is read."""
        given: tuple[str, ...] = ()
        while slots:
            start = len(line) - len(line[start:].lstrip())
            taken = self._whole(slots[0], line[start:], given)
            if taken is None:
                break
            given, start, slots = (*given, taken[0]), start + taken[1], slots[1:]
        if not slots:
            return None
        typed, name = line[start:], self.command.id
        questions = [
            ArgumentQuestion(name, kind, (*given, "")[: len(given) + skipped], typed)
            for skipped, slot in enumerate(_reachable(slots))
            for kind in slot.kinds
        ]
        return OpenArgument(start, tuple(questions))

    def _whole(self, slot: Slot, text: str, given: tuple[str, ...]) -> tuple[str, int] | None:
        """The value of a slot that a blank ends, so that the next slot is being typed."""
        for kind in slot.kinds:
            for value, length in self._takings(kind, text, given):
                if text[length : length + 1].isspace():
                    return value, length
        return None

    def _takings(
        self, kind: ArgumentKind, text: str, given: tuple[str, ...]
    ) -> Iterator[tuple[str, int]]:
        """What a kind may take from the beginning of a text, with its length there."""
        known = self._known(kind, text, given) if kind.is_listed else None
        if known is not None:
            yield from _listed(known, text)
            if not (kind.goes_on or isinstance(known, OpenValues)):
                return
        if kind.takes_rest:
            if re.match(kind.shape, text, re.DOTALL) and self._is_free(kind, text):
                yield text, len(text)
            return
        word = _WORD.match(text)
        if word is None or not re.match(kind.shape, word[0]):
            return
        head, slash, _ = word[0].partition("/")
        is_behind = slash and any(value.text == head for value in known or ())
        if known is None or (kind.goes_on and is_behind):
            yield word[0], len(word[0])

    def _is_free(self, kind: ArgumentKind, text: str) -> bool:
        """Is a text no word that means something else in the place of a path?"""
        if kind is not KINDS["PATH"]:
            return True
        return text.casefold() not in reserved_words(self.command.id, self.values)

    def _known(
        self, kind: ArgumentKind, text: str, given: tuple[str, ...]
    ) -> Sequence[ArgumentValue] | None:
        return self.values(ArgumentQuestion(self.command.id, kind, given, text))

    def _misfit(self, slots: Sequence[Slot], text: str, given: tuple[str, ...]) -> str:
        kinds = [kind for slot in _reachable(slots) for kind in slot.kinds]
        may_be = (f"{kind.name} ({self._may_be(kind, text, given)})" for kind in kinds)
        return f"“{safe_line(text, _LONGEST)}” is no {' and no '.join(may_be)}."

    def _may_be(self, kind: ArgumentKind, text: str, given: tuple[str, ...]) -> str:
        known = self._known(kind, text, given) if kind.is_listed else None
        if kind is KINDS["PATH"] and not self._is_free(kind, text):
            return f"./{text} is one"
        if known is None or kind.goes_on:
            return kind.says
        said = ", ".join(safe_line(each.text, _LONGEST) for each in known[:_MOST_SAID])
        if len(said) > _MOST_SAID:
            said = f"{said[:_MOST_SAID].rpartition(',')[0] or said[:_MOST_SAID]} …"
        return said or f"{kind.says}; there is none"


def _listed(known: Sequence[ArgumentValue], text: str) -> Iterator[tuple[str, int]]:
    """The values that a text begins with, the longest first."""
    for value in sorted((each.text for each in known), key=len, reverse=True):
        beginning, behind = text[: len(value)], text[len(value) : len(value) + 1]
        if beginning.casefold() == value.casefold() and (not behind or behind.isspace()):
            yield value, len(value)


def _may_skip(slots: Sequence[Slot]) -> bool:
    """May the first slot be left out, and the next one be taken?"""
    return len(slots) > 1 and 0 < slots[1].depth <= slots[0].depth


def _reachable(slots: Sequence[Slot]) -> Sequence[Slot]:
    """The first slot, and the next one where it may be left out."""
    return slots[: 2 if _may_skip(slots) else 1]
