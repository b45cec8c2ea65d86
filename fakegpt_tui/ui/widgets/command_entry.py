"""Command entry: follows a slash command in the prompt, completes it by keys, and runs it."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

from fakegpt_tui.keymap import COMMANDS, Command
from fakegpt_tui.keymap.command_grammar import ParsedCommand, named_command
from fakegpt_tui.ui.argument_completion import CommandValues
from fakegpt_tui.ui.slash_commands import screen_action
from fakegpt_tui.ui.slash_completion import SlashCompletion
from fakegpt_tui.ui.widgets.text_box import TextBox

_PATIENCE = 0.5
"""Seconds that Enter waits for what an argument may be; those behind it wait in the same queue."""


class CommandListener(Protocol):
    """Is told what becomes of the command."""

    def command_taken(self) -> None:
        """The text is about to be run, and goes."""
        ...

    def replace_text(self, text: str) -> None:
        """The text is to be another one."""
        ...

    def completion_moved(self, *, is_closed: bool) -> None:
        """Something else is listed or marked, or nothing is any more."""
        ...


class CommandEntry:
    """Lives from the slash that begins the text to its end."""

    def __init__(
        self,
        prompt: TextBox,
        listener: CommandListener,
        snippets: Sequence[Command],
        values: Callable[[], CommandValues] | None,
    ) -> None:
        self._prompt = prompt
        self._listener = listener
        self.completion = SlashCompletion(snippets, values() if values is not None else None)

    def follow(self) -> None:
        """Find what fits the text by now, and ask for what is not known of that yet."""
        self.completion.update(self._prompt.text)
        if self.completion.needs_values:
            self._prompt.run_worker(self._load(), group="arguments", exclusive=True)

    async def _load(self) -> None:
        if await self.completion.load():
            self._listener.completion_moved(is_closed=False)

    async def handle_key(self, key: str) -> bool:
        """Handle a key of the list, or Enter where there is a command; whether it was one."""
        completion = self.completion
        if key == "enter":
            # Behind a name it breaks the line or sends, as in any text, unless something is marked.
            is_open = completion.takes_argument and completion.marked is None
            return not is_open and await self.run()
        if not completion.handle_key(key):
            return False
        if key == "tab" and completion.completed != self._prompt.text:
            self._listener.replace_text(completion.completed)
        self._listener.completion_moved(is_closed=key == "escape")
        return True

    async def run(self) -> bool:
        """Run the command that is typed or marked; is the text none that is to be sent?"""
        self.completion.update(self._prompt.text)
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await self.completion.load()
        match self.completion.decision:
            case ParsedCommand(command, _, arguments):
                self._listener.command_taken()
                action = screen_action(command, arguments)
                await self._prompt.app.run_action(action, self._prompt.screen)
            case str() as longer:
                self._listener.replace_text(longer)
            case None:
                return False
            case _:
                self._listener.completion_moved(is_closed=False)
        return True


def is_escaped(text: str, snippets: Sequence[Command]) -> bool:
    """Does a second slash say that the name of a command is meant as a prompt?"""

    return text.startswith("//") and named_command(text[1:], (*COMMANDS, *snippets)) is not None
