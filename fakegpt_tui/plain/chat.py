"""Plain chat: prompts and commands, one line after another."""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from inspect import isawaitable, signature
from typing import TYPE_CHECKING, Any

from fakegpt_tui.domain import FakeGPTError
from fakegpt_tui.domain.fast_dataclass import dataclass
from fakegpt_tui.keymap import COMMANDS, Command
from fakegpt_tui.plain.session import PlainPorts, PlainSession, WriteLine

if TYPE_CHECKING:
    from fakegpt_tui.attachments.snippets import Snippet
    from fakegpt_tui.chat.service import ChatService
    from fakegpt_tui.plain.attachments import PlainAttachments
    from fakegpt_tui.plain.conversations import PlainConversations
    from fakegpt_tui.plain.files import PlainFiles
    from fakegpt_tui.plain.folders import PlainFolders
    from fakegpt_tui.plain.items import PlainItems
    from fakegpt_tui.plain.messages import PlainMessages
    from fakegpt_tui.plain.prompt import PlainPrompt
    from fakegpt_tui.plain.services import PlainServices
    from fakegpt_tui.plain.settings import PlainSettings
    from fakegpt_tui.plain.snippets import PlainSnippets

_ACTION = re.compile(r"(?:(\w+)\.)?(\w+)(?:\((.*)\))?")
_ON_SCREEN = ("", "app")
"""The controllers of actions that the screen or the app of the user interface has itself."""


@dataclass(frozen=True, slots=True)
class PlainCommand:
    """A row of the keymap with the method that does the same here.

    `with_text` takes what is typed behind the name, where the command takes anything.
    """

    row: Command
    run: Callable[[], object] | None
    with_text: Callable[[str], object] | None

    @property
    def usage(self) -> str:
        return f"{self.row.slash} {self.row.argument}".rstrip()


class PlainChat:
    """One conversation at a time.

    The commands are the rows of the keymap. An action such as `files.save` is the method of this
    name of the property of this name; rows without one here are about a screen, and are left out.
    """

    def __init__(self, chat: ChatService, write: WriteLine, ports: PlainPorts) -> None:
        self._session = PlainSession(chat, write)
        self._ports = ports

    def open(self, conversation_id: str) -> None:
        """Go on with a conversation, saying what was said last.

        Raises:
            NotFound: There is no such conversation.
        """
        self._session.go_on(conversation_id)

    async def ask(self, text: str) -> None:
        """Send a prompt and write the reply, sentence by sentence."""
        await self.prompt.send(text)

    async def run_command(self, line: str) -> bool:
        """Obey a line that begins with a slash; may the chat go on?"""
        session = self._session
        session.hear(line)
        try:
            found = self._find(line.strip())
            name, _, typed = line.strip().partition(" ")
            if found is None and (snippet := self._snippet(name)) is not None:
                await self.prompt.send_snippet(snippet, typed)
            elif found is None:
                session.say(f"There is no command {name} here. /help lists the commands.")
            else:
                await self._run(*found)
        except FakeGPTError as error:
            session.say(str(error))
        session.refresh()
        return not session.is_over

    async def _run(self, command: PlainCommand, text: str) -> None:
        result: object = None
        if text and command.with_text is not None:
            result = command.with_text(text)
        elif text:
            self._session.say(f"{command.row.slash} takes nothing behind it.")
        elif command.run is not None:
            result = command.run()
        if isawaitable(result):
            await result

    @cached_property
    def commands(self) -> tuple[PlainCommand, ...]:
        """What can be done here."""
        return tuple(self._available())

    def _available(self) -> Iterator[PlainCommand]:
        for row in COMMANDS:
            method = self._method(row.action) if row.slash else None
            if method is None:
                continue
            typed = self._method(row.path_action) if row.path_action else None
            takes_text = bool(row.argument and signature(method).parameters)
            yield PlainCommand(row, method, typed or (method if takes_text else None))

    def _method(self, action: str) -> Callable[..., object] | None:
        match = _ACTION.fullmatch(action)
        if match is None:
            return None
        controller, name, written = match.groups("")
        owner: Any = self.screen if controller in _ON_SCREEN else getattr(self, controller, None)
        method = getattr(owner, name, None)
        if method is None or not written:
            return method
        arguments = literal_eval(f"({written},)")
        return _bound(method, arguments)

    def _find(self, line: str) -> tuple[PlainCommand, str] | None:
        """The command with the longest name that a line begins with, and what is behind it."""
        typed = line.casefold()
        found = [
            (name, command)
            for command in self.commands
            for name in command.row.names
            if typed == name or typed.startswith(f"{name} ")
        ]
        if not found:
            return None
        name, command = max(found, key=lambda each: len(each[0]))
        return command, line[len(name) :].strip()

    def _snippet(self, name: str) -> Snippet | None:
        return self._ports.snippets().get(name.removeprefix("/").casefold())

    @cached_property
    def screen(self) -> PlainScreen:
        return PlainScreen(self._session, lambda: self.commands, self._ports.snippets)

    @cached_property
    def attachments(self) -> PlainAttachments:
        from fakegpt_tui.plain.attachments import PlainAttachments  # noqa: PLC0415 - when used

        return PlainAttachments(self._session)

    @cached_property
    def conversations(self) -> PlainConversations:
        from fakegpt_tui.plain.conversations import PlainConversations  # noqa: PLC0415 - as above

        return PlainConversations(self._session)

    @cached_property
    def files(self) -> PlainFiles:
        from fakegpt_tui.plain.files import PlainFiles  # noqa: PLC0415 - as above

        return PlainFiles(self._session, self._ports.exports)

    @cached_property
    def folders(self) -> PlainFolders:
        from fakegpt_tui.plain.folders import PlainFolders  # noqa: PLC0415 - as above

        return PlainFolders(self._session)

    @cached_property
    def items(self) -> PlainItems:
        from fakegpt_tui.plain.items import PlainItems  # noqa: PLC0415 - as above

        return PlainItems(self._session, self._ports)

    @cached_property
    def messages(self) -> PlainMessages:
        from fakegpt_tui.plain.messages import PlainMessages  # noqa: PLC0415 - as above

        return PlainMessages(self._session, self._ports.edit)

    @cached_property
    def prompt(self) -> PlainPrompt:
        from fakegpt_tui.plain.prompt import PlainPrompt  # noqa: PLC0415 - as above

        return PlainPrompt(self._session, self._ports.edit)

    @cached_property
    def services(self) -> PlainServices:
        from fakegpt_tui.plain.services import PlainServices  # noqa: PLC0415 - as above

        return PlainServices(self._session, self._ports)

    @cached_property
    def snippets(self) -> PlainSnippets:
        from fakegpt_tui.plain.snippets import PlainSnippets  # noqa: PLC0415 - as above

        return PlainSnippets(self._session, self._ports)

    @cached_property
    def settings(self) -> PlainSettings:
        from fakegpt_tui.plain.settings import PlainSettings  # noqa: PLC0415 - as above

        return PlainSettings(self._session, self._ports)


def _bound(method: Callable[..., object], arguments: tuple[object, ...]) -> Callable[..., object]:
    """A method with its first arguments; it takes what is typed where there is one more."""
    if len(signature(method).parameters) == len(arguments):
        return lambda: method(*arguments)
    return lambda text="": method(*arguments, text)


class PlainScreen:
    """What the main screen of the user interface does itself: the list, help, and leaving."""

    def __init__(
        self,
        session: PlainSession,
        commands: Callable[[], tuple[PlainCommand, ...]],
        snippets: Callable[[], Mapping[str, Snippet]],
    ) -> None:
        self._session = session
        self._commands = commands
        self._snippets = snippets

    def toggle_list(self) -> None:
        """List the conversations; /open takes their numbers."""
        session = self._session
        conversations = session.chat.conversations.all()[:20]
        for number, conversation in enumerate(conversations, 1):
            mark = ", open" if conversation.id == session.open.id else ""
            session.say(f"{number}. {conversation.title}{mark}")
        session.offer("conversation", [each.id for each in conversations])
        if not conversations:
            session.say("There are no conversations yet.")

    def find(self, words: str = "") -> None:
        """Say which messages of the open conversation have all the words."""
        wanted = words.casefold().split()
        if not wanted:
            self._session.say("Say /find and the words to look for.")
            return
        found = [
            (number, message)
            for number, message in enumerate(self._session.path, 1)
            if all(word in message.text.casefold() for word in wanted)
        ]
        for number, message in found:
            line = next(each for each in message.text.splitlines() if wanted[0] in each.casefold())
            self._session.say(f"Message {number}, {message.role.value}: {line.strip()}")
        if not found:
            self._session.say("No message of this conversation has these words.")

    def help(self, word: str = "") -> None:
        """Say what can be typed; with a word, only the commands about it."""
        session, wanted = self._session, word.casefold()
        if not wanted:
            session.say("Type a prompt and press Enter; ctrl+c stops a reply. Commands:")
        for command in self._commands():
            row = command.row
            others = f" Also {', '.join(row.names[1:])}." if wanted and row.names[1:] else ""
            if wanted in f"{' '.join(row.names)} {row.help}".casefold():
                text = row.help if wanted else row.help.partition(";")[0]
                session.say(f"{command.usage}: {text}.{others}")
        taken = {name for command in self._commands() for name in command.row.names}
        for name, snippet in self._snippets().items():
            is_wanted = wanted in f"/{name} snippet {snippet.description}".casefold()
            if is_wanted and f"/{name}" not in taken:
                from fakegpt_tui.attachments.snippets import blanks  # noqa: PLC0415 - with snippets

                usage = f"/{name} {blanks(snippet.asked)}".rstrip()
                session.say(f"{usage} TEXT, a snippet: {snippet.description}")

    def quit(self) -> None:
        """Leave; so does ctrl+d."""
        self._session.is_over = True
