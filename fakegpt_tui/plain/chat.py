"""Plain chat: prompts and commands, one line after another."""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from importlib import import_module
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from fakegpt_tui.domain import FakeGPTError
from fakegpt_tui.fast_import import dataclass
from fakegpt_tui.keymap import COMMANDS, Command
from fakegpt_tui.keymap.argument_kinds import kinds_of
from fakegpt_tui.keymap.command_grammar import (
    SNIPPET_ID,
    ParsedCommand,
    WrongArgument,
    named_command,
    parse_command,
    snippet_commands,
)
from fakegpt_tui.plain.screen import LEFT_OUT, PlainScreen
from fakegpt_tui.plain.session import PlainPorts, PlainSession, WriteLine

if TYPE_CHECKING:
    from fakegpt_tui.chat.argument_values import ArgumentValues
    from fakegpt_tui.chat.service import ChatService
    from fakegpt_tui.plain.prompt import PlainPrompt

_ACTION = re.compile(r"(?:(\w+)\.)?(\w+)(?:\((.*)\))?")
_CONTROLLERS = {
    "attachments": "files.PlainAttachments",
    "conversations": "conversations.PlainConversations",
    "files": "files.PlainFiles",
    "folders": "conversations.PlainFolders",
    "generation": "settings.PlainGeneration",
    "items": "messages.PlainItems",
    "links": "messages.PlainLinks",
    "messages": "messages.PlainMessages",
    "pictures": "messages.PlainPictures",
    "prompt": "prompt.PlainPrompt",
    "recall": "prompt.PlainPrompt",
    "services": "services.PlainServices",
    "settings": "settings.PlainSettings",
    "side_by_side": "services.PlainSideBySide",
    "snippets": "prompt.PlainSnippets",
}
"""The module and the class whose methods do the actions of a controller, imported when used."""


@dataclass(frozen=True, slots=True)
class PlainCommand:
    """A row of the keymap with the method that does the same here, and is given its arguments."""

    row: Command
    run: Callable[..., object]


class PlainChat:
    """One conversation at a time.

    The commands are the rows of the keymap. An action such as `files.save` is the method `save` of
    the controller `files`; rows without one here are about a screen, and are left out.
    """

    def __init__(self, chat: ChatService, write: WriteLine, ports: PlainPorts) -> None:
        self._session = PlainSession(chat, write, ports)
        self._made: dict[str, Any] = {}

    def open(self, conversation_id: str) -> None:
        """Go on with a conversation, saying what was said last.

        Raises:
            NotFound: There is no such conversation.
        """
        self._session.go_on(conversation_id)

    async def ask(self, text: str) -> None:
        """Send a prompt and write the reply, sentence by sentence."""
        await self._prompt.send(text)

    async def run_command(self, line: str) -> bool:
        """Obey a line that begins with a slash; may the chat go on?"""
        session = self._session
        session.hear(line)
        try:
            await self._obey(line.strip())
        except FakeGPTError as error:
            session.say(str(error))
        session.refresh()
        return not session.is_over

    async def _obey(self, line: str) -> None:
        session, snippets = self._session, self._session.ports.snippets()
        said = {name: snippet.description for name, snippet in snippets.items()}
        rows = (*COMMANDS, *snippet_commands(said))
        named = named_command(line, rows)
        if named is not None and line != named[1]:
            typed = line.removeprefix(named[1]).strip()
            await self._values.load(kinds_of(named[0].argument), typed)
        match parse_command(line, rows, self._values):
            case ParsedCommand(row, name, arguments) if row.id.startswith(SNIPPET_ID):
                snippet = snippets[name.removeprefix("/")]
                await self._prompt.send_snippet(snippet, *arguments)
            case ParsedCommand(row) | WrongArgument(row) if row.id in LEFT_OUT:
                session.say(LEFT_OUT[row.id])
            case ParsedCommand(row, _, arguments):
                result = next(each for each in self.commands if each.row is row).run(*arguments)
                if isawaitable(result):
                    await result
            case WrongArgument(sentence=sentence):
                session.say(sentence)
            case None:
                await self._send_or_refuse(line)

    async def _send_or_refuse(self, line: str) -> None:
        """Send a path as it is; a word that is no command is rather a slip."""
        name = line.split(maxsplit=1)[0]
        if "/" in name[1:]:
            self._session.say(f"{name} is no command: this is sent as it is.")
            await self.ask(line)
            return
        self._session.say(
            f"There is no command {name} here. /help lists the commands; // sends a slash."
        )

    @cached_property
    def _values(self) -> ArgumentValues:
        from fakegpt_tui.chat.argument_values import ArgumentValues  # noqa: PLC0415 - when used

        settings = self._session.ports.settings.settings
        return ArgumentValues(self._session.chat, lambda: self._session.open, settings)

    @cached_property
    def commands(self) -> tuple[PlainCommand, ...]:
        """What can be done here."""
        return tuple(self._available())

    def _available(self) -> Iterator[PlainCommand]:
        for row in COMMANDS:
            method = self._method(row.action) if row.slash else None
            if method is not None:
                yield PlainCommand(row, method)

    def _method(self, action: str) -> Callable[..., object] | None:
        match = _ACTION.fullmatch(action)
        if match is None:
            return None
        controller, name, written = match.groups("")
        method = getattr(self._controller(controller), name, None)
        if method is None or not written:
            return method
        return partial(method, *literal_eval(f"({written},)"))

    def _controller(self, name: str) -> Any:
        """What has the methods of a controller's actions; `None` for one of the screen alone."""
        if name in ("", "app"):
            return self._screen
        if name in _CONTROLLERS and name not in self._made:
            module, kind = _CONTROLLERS[name].split(".")
            make = getattr(import_module(f"fakegpt_tui.plain.{module}"), kind)
            self._made[name] = make(self._session)
        return self._made.get(name)

    @cached_property
    def _screen(self) -> PlainScreen:
        return PlainScreen(self._session, lambda: [each.row for each in self.commands])

    @property
    def _prompt(self) -> PlainPrompt:
        made: PlainPrompt = self._controller("prompt")
        return made
