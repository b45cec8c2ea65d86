"""Slash commands: which commands fit what is typed, and which one Enter runs."""

from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum, auto
from types import MappingProxyType
from typing import TYPE_CHECKING

from fakegpt_tui.domain.fast_dataclass import dataclass
from fakegpt_tui.keymap import COMMANDS, Command, KeyScope
from fakegpt_tui.ui.bindings import command_action

if TYPE_CHECKING:
    from fakegpt_tui.attachments.snippets import Snippet

_SLASH = "/"
SNIPPET_ID = "snippet."
"""How the ids of the commands of snippets begin; none of the keymap does."""


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


def exact_command(text: str, snippets: Sequence[Command] = ()) -> Command | None:
    """The command that has exactly this name or alias; one of the keymap wins."""
    name = text.strip().casefold()
    return next((command for command in (*COMMANDS, *snippets) if name in command.names), None)


def snippet_commands(snippets: Mapping[str, "Snippet"]) -> tuple[Command, ...]:
    """A command for each snippet whose name is none of a command."""
    taken = {name for command in COMMANDS for name in command.names}
    return tuple(
        Command(
            KeyScope.ANY,
            f"{SNIPPET_ID}{name}",
            "",
            f"snippets.insert({name!r})",
            name,
            snippet.description,
            f"{_SLASH}{name}",
        )
        for name, snippet in snippets.items()
        if f"{_SLASH}{name}" not in taken
    )


def snippet_with_input(text: str, snippets: Sequence[Command]) -> str | None:
    """The action of a snippet behind whose name something is typed."""
    name, *typed = text.split(maxsplit=1)
    command = exact_command(name, snippets) if typed else None
    if command is None or not command.id.startswith(SNIPPET_ID):
        return None
    name = command.id.removeprefix(SNIPPET_ID)
    line = f"{name} {typed[0]}"
    return f"screen.run_command('snippets', 'insert', {line!r})"


def command_with_path(text: str) -> tuple[Command, str, str] | None:
    """A command that takes a path, its name as typed, and the path behind it."""
    if "\n" in text or exact_command(text) is not None:
        return None
    lowered = text.casefold()
    fitting = [
        (name, command)
        for command in COMMANDS
        if command.path_action
        for name in command.names
        if lowered.startswith(f"{name} ")
    ]
    if not fitting:
        return None
    name, command = max(fitting, key=lambda each: len(each[0]))
    path = text[len(name) :].strip()
    # Several words without a sign of a path are a sentence.
    is_path = len(path.split()) == 1 or any(sign in path for sign in "/\\.~")
    return (command, text[: len(name)], path) if is_path else None


def path_command_action(command: Command, path: str) -> str:
    """The action by which the main screen runs a command with a path."""
    controller, _, method = command.path_action.partition(".")
    return f"screen.run_command({controller!r}, {method!r}, {path!r})"


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


def screen_action(command: Command) -> str:
    """The action of a command as the main screen runs it, wherever its keys work."""
    action = command_action(command)
    if command.scope is KeyScope.TRANSCRIPT and "." not in action:
        return f"screen.run_in_transcript('{action}')"
    return action


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


class SlashCompletion:
    """The commands that fit a prompt that begins with a slash.

    All of it follows from the text, so that no key can take what fitted an earlier one.
    """

    def __init__(self, snippets: Sequence[Command] = ()) -> None:
        self.snippets = snippets
        self._text = ""
        self._is_closed = False
        self._marked: int | None = None
        self.matches: list[CommandMatch] = []

    def update(self, text: str) -> None:
        """Find what fits `text`; once closed, it stays so until the slash is typed again."""
        if text == self._text:
            return
        self._text = text
        self._is_closed = self._is_closed and text.startswith(_SLASH)
        typed = text.startswith(_SLASH) and not text.startswith("//") and "\n" not in text
        self.matches = matching_commands(text, self.snippets) if typed else []
        first = first_choice(self.matches)
        # A word inside of a name is a guess: it is listed, and not taken without a choice.
        is_guess = first is not None and self.matches[first].rank > MatchRank.ALIAS_PREFIX
        self._marked = None if is_guess else first

    @property
    def is_open(self) -> bool:
        return bool(self.matches) and not self._is_closed

    @property
    def marked(self) -> int | None:
        """The place of the match that Enter takes, where it takes one."""
        return self._marked if self.is_open else None

    @property
    def chosen(self) -> Command | None:
        """The command that Enter runs; `None` where it sends the text as it is."""
        if (exact := exact_command(self._text, self.snippets)) is not None and not self._is_moved:
            return exact
        return None if self.marked is None else self.matches[self.marked].command

    @property
    def completed(self) -> str:
        """The name of the marked match, or of the first one."""
        return self.matches[self.marked or 0].name

    @property
    def _is_moved(self) -> bool:
        return self.marked is not None and self.matches[self.marked].rank is not MatchRank.EXACT

    def handle_key(self, key: str) -> bool:
        """Move the mark or close; whether the key is one for it."""
        if not self.is_open or key not in {"up", "down", "tab", "escape"}:
            return False
        if key == "escape":
            self._is_closed = True
        elif key != "tab":
            step = 1 if key == "down" else -1
            start = -1 if self._marked is None and step > 0 else self._marked or 0
            self._marked = (start + step) % len(self.matches)
        return True
