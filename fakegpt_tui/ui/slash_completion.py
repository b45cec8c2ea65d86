"""Slash completion: what fits the command that is typed in the prompt, and what Enter does."""

import asyncio
from collections.abc import Sequence
from typing import TypeAlias

from fakegpt_tui.fast_import import dataclass
from fakegpt_tui.keymap import COMMANDS, Command
from fakegpt_tui.keymap.argument_kinds import PATH_KINDS
from fakegpt_tui.keymap.command_grammar import (
    OpenArgument,
    ParsedCommand,
    WrongArgument,
    named_command,
    open_argument,
    parse_command,
)
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.slash_commands import (
    ArgumentMatch,
    CommandMatch,
    CommandValues,
    MatchRank,
    NoCommandValues,
    argument_matches,
    common_line,
    matching_commands,
)

_SLASH = "/"
_MAX_NAME = 40


@dataclass(frozen=True, slots=True)
class _Wanted:
    kinds: tuple[str, ...]
    folder: str


CommandLineMatch: TypeAlias = CommandMatch | ArgumentMatch


class SlashCompletion:
    """The commands and arguments that fit a prompt that begins with a slash.

    Everything is derived from the text, so no key can take a command of an earlier text.
    """

    def __init__(self, snippets: Sequence[Command], values: CommandValues | None) -> None:
        self._snippets = snippets
        self._commands = (*COMMANDS, *snippets)
        self._values = values or NoCommandValues()
        self._loads: dict[_Wanted, asyncio.Task[None]] = {}
        self._text = ""
        self._is_closed = False
        self._was_moved = False
        self._place: int | None = None
        self._read: ParsedCommand | WrongArgument | None = None
        self._opened: OpenArgument | None = None
        self.matches: Sequence[CommandLineMatch] = ()

    def update(self, text: str) -> None:
        """Find what fits `text`; once closed, it stays so until the slash is typed again."""
        if text == self._text:
            return
        self._text = text
        self._is_closed = self._is_closed and text.startswith(_SLASH)
        self._was_moved = False
        self._find()
        self._place = self._first_place()

    def _find(self) -> None:
        self._read, self._opened, self.matches = None, None, ()
        if not self._is_command:
            return
        self._read = parse_command(self._text, self._commands, self._values)
        if "\n" in self._text:
            return
        self._opened = open_argument(self._text, self._commands, self._values)
        commands = matching_commands(self._text, self._snippets)
        if self._opened is None:
            self.matches = commands
            return
        longer = [each for each in commands if each.name.startswith(self._text.casefold())]
        self.matches = (*longer, *argument_matches(self._text, self._opened, self._values))

    async def load(self) -> bool:
        """Ask for the values that the open argument may have; is more known by then?"""
        if self._opened is None:
            return False
        load = self._loads.get(self._wanted)
        if load is None:
            loading = self._values.load(self._wanted.kinds, self._opened.typed)
            load = self._loads[self._wanted] = asyncio.ensure_future(loading)
        elif load.done():
            return False
        await asyncio.shield(load)
        marked = self.matches[self._place] if self._was_moved and self._place is not None else None
        self._find()
        self._was_moved = marked in self.matches
        if marked is not None and self._was_moved:
            self._place = self.matches.index(marked)
        else:
            self._place = self._first_place()
        return True

    @property
    def needs_values(self) -> bool:
        """Is there anything to `load`?"""
        return self._opened is not None and self._wanted not in self._loads

    @property
    def _wanted(self) -> _Wanted:
        """The values to load now, such as the paths in a folder or the models of a service."""
        questions = self._opened.questions if self._opened is not None else ()
        kinds = tuple(question.kind.name for question in questions)
        has_parts = not PATH_KINDS.isdisjoint(kinds) or any(each.kind.goes_on for each in questions)
        typed = self._opened.typed if self._opened is not None and has_parts else ""
        return _Wanted(kinds, typed[: typed.rfind(_SLASH) + 1])

    def _first_place(self) -> int | None:
        """The place of the match that Enter takes without a choice, where it takes one.

        A word inside of a name is a guess, and what can be run as it is typed is no beginning, but
        for the name of a model that is not listed. Of what destroys, Enter only types the rest.
        """
        first = next(iter(self.matches), None)
        is_read = isinstance(self._read, ParsedCommand)
        if isinstance(first, ArgumentMatch):
            is_typed = self._opened is not None and bool(self._opened.typed)
            can_run = is_read and not self._begins_model
            return 0 if first.begins and is_typed and not can_run else None
        if first is None or (self._opened is not None and is_read):
            return None
        return 0 if first.rank <= MatchRank.ALIAS_PREFIX else None

    @property
    def _begins_model(self) -> bool:
        """Is `SERVICE/` with a part of a name typed, which no listed model is called?"""
        if self._opened is None or not any(each.kind.goes_on for each in self._opened.questions):
            return False
        typed = self._opened.typed.casefold()
        listed = (each.value.text for each in self.matches if isinstance(each, ArgumentMatch))
        is_part = _SLASH in typed and not typed.endswith(_SLASH)
        return is_part and typed not in map(str.casefold, listed)

    @property
    def rows(self) -> Sequence[CommandLineMatch | str]:
        """What is listed above the prompt: what is to be said of the text, and all that fits.

        Nothing is marked where something is said.
        """
        said = (self.remark,) if self.remark else ()
        return said if self._is_closed else (*said, *self.matches)

    @property
    def is_open(self) -> bool:
        """Is something listed that esc leaves?"""
        return (bool(self.matches) or self._is_wrong) and not self._is_closed

    @property
    def takes_argument(self) -> bool:
        """Is an argument being typed?"""
        return self._opened is not None

    @property
    def marked(self) -> int | None:
        """The place of the match that Enter takes, where it takes one."""
        return None if self._is_closed else self._place

    @property
    def remark(self) -> str:
        """What is to be said of a text that cannot be run: what is wrong, or that it is sent."""
        if self._is_closed or not self._is_command or self.marked is not None:
            return ""
        if isinstance(self._read, WrongArgument):
            return f"{self._read.sentence} // sends it."
        if self._read is not None:
            return ""
        if named_command(self._text, self._commands) is not None:
            return "This has several lines: it is sent as it is."
        name = safe_line(self._text.split(maxsplit=1)[0], _MAX_NAME)
        return f"{name} is no command: this is sent as it is."

    @property
    def _is_command(self) -> bool:
        return self._text.startswith(_SLASH) and not self._text.startswith("//")

    @property
    def _is_wrong(self) -> bool:
        return isinstance(self._read, WrongArgument)

    @property
    def decision(self) -> ParsedCommand | WrongArgument | str | None:
        """What Enter does; `None` where it sends the text.

        It runs a command, keeps one with a wrong argument, or puts a longer text in its place.
        """
        marked = self.marked
        is_name = self._opened is None and isinstance(self._read, ParsedCommand)
        if marked is not None and (self._was_moved or not is_name):
            return self._taken(self.matches[marked])
        return None if self._is_wrong and self._is_closed else self._read

    def _taken(self, match: CommandLineMatch) -> ParsedCommand | str:
        """What comes of a match that was chosen: what destroys, and a folder, are only typed."""
        if isinstance(match, CommandMatch):
            is_typed = self._text.strip().casefold() in match.command.names
            is_safe = is_typed or not match.command.is_destructive
            return ParsedCommand(match.command, match.name) if is_safe else match.command.slash
        read = parse_command(match.line, self._commands, self._values)
        is_whole = isinstance(read, ParsedCommand) and not read.command.is_destructive
        is_folder = match.is_path and match.line.endswith(_SLASH)
        return (
            read if isinstance(read, ParsedCommand) and is_whole and not is_folder else match.line
        )

    @property
    def completed(self) -> str:
        """The text with the marked match or the first one; of paths, as far as it is certain."""
        if not self.matches:
            return self._text
        match = self.matches[self.marked or 0]
        if isinstance(match, CommandMatch):
            return match.name
        if match.is_path and len(self._paths) > 1 and not self._was_moved:
            return common_line(self._paths)
        # Behind a variable of a snippet its value follows at once.
        goes_on = not (match.is_path or match.line.endswith("=")) and open_argument(
            f"{match.line} ", self._commands, self._values
        )
        return f"{match.line} " if goes_on else match.line

    @property
    def _paths(self) -> Sequence[ArgumentMatch]:
        return [each for each in self.matches if isinstance(each, ArgumentMatch) and each.begins]

    def handle_key(self, key: str) -> bool:
        """Move the mark or close; whether the key is one for it."""
        if key == "tab":
            return self.is_open or self.takes_argument
        if not self.is_open or key not in {"up", "down", "escape"}:
            return False
        if key == "escape":
            self._is_closed = True
        elif self.matches:
            step = 1 if key == "down" else -1
            start = -1 if self._place is None and step > 0 else self._place or 0
            self._place = (start + step) % len(self.matches)
            self._was_moved = True
        return bool(self.matches) or key == "escape"
