"""Command entry: follows a slash command in the prompt, completes it by keys, and runs it."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Protocol

from fakegpt_tui.keymap import COMMANDS, Command
from fakegpt_tui.keymap.command_grammar import ParsedCommand, WrongArgument, named_command
from fakegpt_tui.ui.argument_completion import CommandValues
from fakegpt_tui.ui.slash_commands import screen_action
from fakegpt_tui.ui.slash_completion import SlashCompletion
from fakegpt_tui.ui.widgets.text_box import TextBox

_PATIENCE = 0.5
"""Seconds that Enter and tab wait for what an argument may be; later keys wait in their queue."""


class CommandListener(Protocol):
    """Is told what becomes of the command."""

    def command_taken(self) -> None:
        """The text is about to be run, and goes."""
        ...

    def command_refused(self, sentence: str) -> None:
        """The text stays, because something in it is wrong."""
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
            # As `@work` does: a coroutine that is cancelled before it begins is complained of.
            load: Any = self._load
            self._prompt.run_worker(load, group="arguments", exclusive=True)

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
        if key == "tab":
            await self._be_current()
        if not completion.handle_key(key):
            return False
        if key == "tab" and completion.completed != self._prompt.text:
            self._listener.replace_text(completion.completed)
        self._listener.completion_moved(is_closed=key == "escape")
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
                self._listener.command_taken()
                action = screen_action(command, arguments)
                await self._prompt.app.run_action(action, self._prompt.screen)
            case str() as longer:
                self._listener.replace_text(longer)
            case None:
                return False
            case WrongArgument(sentence=sentence):
                self._listener.command_refused(sentence)
        return True


def is_escaped(text: str, snippets: Sequence[Command]) -> bool:
    """Does a second slash say that the name of a command is meant as a prompt?"""

    return text.startswith("//") and named_command(text[1:], (*COMMANDS, *snippets)) is not None
