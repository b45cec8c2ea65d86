"""Command completion: the slash command in the prompt, the list of those that fit, and its keys."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from textwrap import wrap
from typing import Any

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.reactive import reactive

from fakegpt_tui.attachments.snippets import Snippet
from fakegpt_tui.keymap import COMMANDS, Command
from fakegpt_tui.keymap.command_grammar import (
    ParsedCommand,
    WrongArgument,
    named_command,
    snippet_commands,
)
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.bindings import key_label
from fakegpt_tui.ui.slash_commands import ArgumentMatch, CommandValues, MatchRank, screen_action
from fakegpt_tui.ui.slash_completion import CommandLineMatch, SlashCompletion
from fakegpt_tui.ui.widgets.drawing import fit
from fakegpt_tui.ui.widgets.prompt_editor import PromptEditor
from fakegpt_tui.ui.widgets.prompt_lists import CompletionList

_NAME_WIDTH = 18
_MAX_VALUE = 1_000
_LEAST_WIDTH = 10
_KEY_WIDTH = 8
_KEYS_FROM_WIDTH = 50


class CommandCompletion(CompletionList[CommandLineMatch | str]):
    """Rows of name, description and keys, of the values of arguments, and of what is to be said."""

    COMPONENT_CLASSES = {"command-completion--marked", "command-completion--remark"}

    keys: reactive[Mapping[str, str]] = reactive({})
    """The keys that are not as in the keymap, by the ids of their commands."""

    def row_style(self, match: CommandLineMatch | str) -> Style:
        """What is said has a colour of its own."""
        remark = self.get_component_rich_style("command-completion--remark", partial=True)
        return self.rich_style + Style(color=remark.color if isinstance(match, str) else None)

    def row_segments(
        self, match: CommandLineMatch | str, width: int, style: Style
    ) -> list[Segment]:
        """The name in bold, and what the command does and its key behind it.

        Of a command that is typed to its end, what may stand behind it comes first.
        """
        if isinstance(match, str):
            return [Segment(fit(f" {match}", width), style)]
        if isinstance(match, ArgumentMatch):
            return _value_segments(match, width, style)
        keys = self.keys.get(match.command.id, match.command.keys)
        command = match.command
        if match.rank is MatchRank.EXACT and command.argument:
            command = replace(command, help=f"{command.argument} · {command.help}")
        name, description, shown_keys = command_columns(command, match.name, keys, width)
        return [
            Segment(f" {name}", style + Style(bold=True)),
            Segment(f"{description}{shown_keys}", style),
        ]


def wrapped(rows: Sequence[CommandLineMatch | str], width: int) -> list[CommandLineMatch | str]:
    """The rows with what is said in as many as it takes."""
    found: list[CommandLineMatch | str] = []
    for row in rows:
        found += wrap(row, max(_LEAST_WIDTH, width - 1)) if isinstance(row, str) else (row,)
    return found


def _value_segments(match: ArgumentMatch, width: int, style: Style) -> list[Segment]:
    """The value in bold, and what is known of it behind it."""
    value = safe_line(match.value.text, _MAX_VALUE)
    about = safe_line(match.value.description, width)
    room = max(_NAME_WIDTH, cell_len(value)) if about else width - 1
    return [
        Segment(f" {fit(value, room)}", style + Style(bold=True)),
        Segment(fit(f" {about}", width - room - 1), style),
    ]


def command_columns(command: Command, name: str, keys: str, width: int) -> tuple[str, str, str]:
    """Its name, description and first key, which together take one cell less than `width`."""
    key_width = _KEY_WIDTH if width >= _KEYS_FROM_WIDTH else 0
    description = fit(command.help, width - 1 - _NAME_WIDTH - key_width - (1 if key_width else 0))
    shown = (
        fit(f" {key_label(keys.partition(',')[0])}" if keys else "", key_width + 1)
        if key_width
        else ""
    )
    return fit(name, _NAME_WIDTH), description, shown


_PATIENCE = 0.5
"""Seconds that Enter and tab wait for what an argument may be; later keys wait in their queue."""


class CommandEntry:
    """Lives from the slash that begins the text to its end."""

    def __init__(
        self,
        prompt: PromptEditor,
        snippets: Mapping[str, Snippet],
        values: Callable[[], CommandValues] | None,
    ) -> None:
        self._prompt = prompt
        described = {name: snippet.description for name, snippet in snippets.items()}
        self._snippets = snippet_commands(described)
        self.completion = SlashCompletion(self._snippets, None if values is None else values())

    def follow(self) -> None:
        """Find what fits the text by now, and ask for what is not known of that yet."""
        self.completion.update(self._prompt.text)
        if self.completion.needs_values:
            # As `@work` does: a coroutine that is cancelled before it begins is complained of.
            load: Any = self._load
            self._prompt.run_worker(load, group="arguments", exclusive=True)

    async def _load(self) -> None:
        if await self.completion.load():
            self._prompt.post_message(self._prompt.CompletionMoved())

    async def handle_key(self, key: str) -> bool:
        """Handle a key of the list, or Enter where there is a command; whether it was one."""
        completion = self.completion
        if key == "enter":
            # Behind a name it breaks the line or sends, as in any text, unless something is marked.
            is_open = completion.takes_argument and completion.marked is None
            return not is_open and await self.run()
        if key == "tab":
            await self._be_current()
        if not completion.handle_key(key):
            return False
        if key == "tab" and completion.completed != self._prompt.text:
            self._prompt.replace_text(completion.completed)
        self._prompt.post_message(self._prompt.CompletionMoved(is_closed=key == "escape"))
        return True

    async def _be_current(self) -> None:
        """Find what fits now; keys may come faster than what is to be asked for."""
        self.completion.update(self._prompt.text)
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await self.completion.load()

    async def run(self) -> bool:
        """Run the command that is typed or marked; is the text none that is to be sent?"""
        await self._be_current()
        match self.completion.decision:
            case ParsedCommand(command, _, arguments):
                self._prompt.take_text()
                action = screen_action(command, arguments)
                await self._prompt.app.run_action(action, self._prompt.screen)
            case str() as longer:
                self._prompt.replace_text(longer)
            case None:
                return False
            case WrongArgument(sentence=sentence):
                self._prompt.post_message(self._prompt.CommandRefused(sentence))
        return True

    def unescape(self, text: str) -> str:
        """The text, without its first slash where that says that a command is meant as a prompt."""
        commands = (*COMMANDS, *self._snippets)
        is_escaped = text.startswith("//") and named_command(text[1:], commands) is not None
        return text[1:] if is_escaped else text
