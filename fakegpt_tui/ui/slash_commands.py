"""Slash commands: the commands and values that fit what is typed, and how one is run."""

import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from enum import IntEnum, auto
from types import MappingProxyType
from typing import Protocol

from fakegpt_tui.fast_import import dataclass
from fakegpt_tui.keymap import COMMANDS, Command, KeyScope
from fakegpt_tui.keymap.argument_kinds import KINDS, ArgumentQuestion, ArgumentValue, OpenValues
from fakegpt_tui.keymap.command_grammar import SNIPPET_ID, OpenArgument, reserved_words
from fakegpt_tui.ui.bindings import command_action

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
        known = values(question) or ()
        is_path = question.kind is _PATH or isinstance(known, OpenValues)
        for value in known:
            rank = _rank(value, typed)
            if rank is not None:
                text = path_to_type(value.text, reserved) if question.kind is _PATH else value.text
                match = ArgumentMatch(value, line[: opened.start] + text, rank == 0, is_path)
                found.append((rank, match))
    found.sort(key=lambda each: each[0])
    return [match for _, match in found[:_MOST_MATCHES]]


def common_line(matches: Sequence[ArgumentMatch]) -> str:
    """The common beginning of the lines of all paths."""
    lines = [match.line for match in matches if match.is_path]
    return os.path.commonprefix(lines)  # noqa: RUF071 - of lines that are typed, not of folders


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


_SLASH = "/"


class MatchRank(IntEnum):
    """How well a command fits what is typed, the best first."""

    EXACT = auto()
    PREFIX = auto()
    ALIAS_PREFIX = auto()
    WORD_PREFIX = auto()
    DESCRIBED = auto()
    LETTERS = auto()


@dataclass(frozen=True, slots=True)
class CommandMatch:
    """A command that fits what is typed, by one of its names."""

    command: Command
    name: str
    rank: MatchRank


def matching_commands(
    query: str, snippets: Sequence[Command] = (), *, described: bool = False
) -> list[CommandMatch]:
    """The commands that fit, the best first, and destructive ones last of those that fit as well.

    Args:
        query: What is typed, with the slash or without it.
        snippets: The commands of snippets, which come behind others that fit as well.
        described: Are commands wanted, too, that only have the words in their sentence, or the
            letters in one of their names?
    """
    wanted = " ".join(query.split()).casefold().removeprefix(_SLASH)
    found = (_match(command, wanted) for command in (*COMMANDS, *snippets) if command.slash)
    worst = MatchRank.LETTERS if described else MatchRank.WORD_PREFIX
    fitting = [each for each in found if each is not None and each.rank <= worst]
    return sorted(fitting, key=_order)


def first_choice(matches: Iterable[CommandMatch]) -> int | None:
    """The place of the match that Enter may take without a choice: never a guess that destroys."""
    for place, match in enumerate(matches):
        if match.rank is MatchRank.EXACT or not match.command.is_destructive:
            return place
        break
    return None


_GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Conversation": ("chat.", "queue.", "list.", "prompt."),
        "Message": ("message.", "transcript."),
        "Model and account": ("services.", "login."),
        "Files": ("attach.",),
        "Program": ("app.",),
    }
)
"""The groups of the palette, in their order, by the beginnings of ids."""
_REGROUPED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Model and account": (
            *("chat.model", "chat.side-by-side", "chat.system-prompt", "chat.generation"),
            *("chat.effort", "chat.request", "chat.preset"),
        ),
        "Files": (
            *("chat.save", "chat.copy-path", "chat.open-f", "chat.import", "chat.progress"),
            *("message.items", "message.save"),
        ),
    }
)


def commands_by_group() -> dict[str, list[Command]]:
    """The commands with a name, by what they are about."""
    groups: dict[str, list[Command]] = {name: [] for name in _GROUPS}
    for command in COMMANDS:
        if command.slash:
            groups[_group(command)].append(command)
    return groups


def _group(command: Command) -> str:
    for groups in (_REGROUPED, _GROUPS):
        for name, beginnings in groups.items():
            if command.id.startswith(beginnings):
                return name
    return "Program"


def screen_action(command: Command, arguments: Sequence[str] = ()) -> str:
    """The action of a command as the main screen runs it, wherever its keys work."""
    if arguments:
        command = replace(command, action=_with_arguments(command.action, arguments))
    action = command_action(command)
    if command.scope is KeyScope.TRANSCRIPT and action == command.action:
        return f"screen.run_in_transcript({action!r})"
    return action


def _with_arguments(action: str, arguments: Sequence[str]) -> str:
    """An action that is given these behind its own arguments."""
    name, _, written = action.partition("(")
    given = filter(None, (written.removesuffix(")"), *map(repr, arguments)))
    return f"{name}({', '.join(given)})"


def _match(command: Command, wanted: str) -> CommandMatch | None:
    names = [name.removeprefix(_SLASH) for name in command.names]
    ranked = [(rank, name) for name in names if (rank := _name_rank(name, wanted, names[0]))]
    if ranked:
        rank, name = min(ranked, key=lambda each: each[0])
        if rank is MatchRank.PREFIX and command.id.startswith(SNIPPET_ID):
            rank = MatchRank.ALIAS_PREFIX  # A part of a name means a command, if there is one.
        return CommandMatch(command, _SLASH + name, rank)
    words = f"{' '.join(names)} {command.label} {command.help}".casefold()
    if all(word in words for word in wanted.split()):
        return CommandMatch(command, command.slash, MatchRank.DESCRIBED)
    found = next((name for name in names if _has_letters(name, wanted)), None)
    return None if found is None else CommandMatch(command, _SLASH + found, MatchRank.LETTERS)


def _has_letters(name: str, wanted: str) -> bool:
    """Has a name these letters in their order, the first of them at its own beginning?"""
    letters = iter(name)
    wanted = wanted.replace(" ", "")
    return name[:1] == wanted[:1] and all(letter in letters for letter in wanted)


def _name_rank(name: str, wanted: str, first: str) -> MatchRank | None:
    if name == wanted:
        return MatchRank.EXACT
    if name.startswith(wanted):
        return MatchRank.PREFIX if name == first else MatchRank.ALIAS_PREFIX
    words = name.replace("-", " ").split()
    return MatchRank.WORD_PREFIX if any(word.startswith(wanted) for word in words) else None


def _order(match: CommandMatch) -> tuple[MatchRank, bool]:
    return match.rank, match.command.is_destructive and match.rank is not MatchRank.EXACT
