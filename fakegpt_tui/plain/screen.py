"""The main screen in plain mode: lists, finding, copying, help; and which commands it has not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import Final

from fakegpt_tui.keymap import Command
from fakegpt_tui.keymap.command_grammar import example_of
from fakegpt_tui.plain.session import PlainSession

_WAITS = "A reply is waited for here, and ctrl+c stops it."
_SELECTS = "Nothing can be selected here; /copy copies a message, and /goto says which."
_DRAWS = "Nothing is drawn here that this could change."

LEFT_OUT: Final = MappingProxyType(
    {
        "chat.stop-now": _WAITS,
        "chat.stop-all": _WAITS,
        "chat.progress": "An import or export is waited for here, and ctrl+c stops it.",
        "transcript.wrap-code": _DRAWS,
        "transcript.select": _SELECTS,
        "transcript.select-lines": _SELECTS,
        "app.redraw": _DRAWS,
        "transcript.hints": "Here /links and /blocks say links, code and files with numbers.",
        "app.keys": "There are no keys here; the [keys] table of config.toml is for the screen.",
    }
)
"""A sentence for each command, by its id."""


class PlainScreen:
    """Says what the screen would show."""

    def __init__(
        self,
        session: PlainSession,
        rows: Callable[[], Sequence[Command]],
    ) -> None:
        self._session = session
        self._rows = rows
        self._ports = session.ports

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

    async def copy_message(self) -> None:
        """Copy the message that was gone to, or else the last one."""
        path = self._session.path_to_mark
        await self._copy(path[-1].text if path else "", "message")

    async def copy_code(self) -> None:
        """Copy the first code block of the last message that has one."""
        for message in reversed(self._session.path_to_mark):
            blocks = [each for each in self._ports.items(message.text, ()) if each.text]
            if blocks:
                await self._copy(blocks[0].text, "code block")
                return
        self._session.say("There is no code block in this conversation.")

    async def copy_conversation(self) -> None:
        """Copy all messages, each under its role."""
        said = (f"{each.role.value.capitalize()}:\n\n{each.text}" for each in self._session.path)
        await self._copy("\n\n".join(said), "conversation")

    async def _copy(self, text: str, what: str) -> None:
        if text:
            self._session.say(await self._ports.copy(text, what))
        else:
            self._session.say("There is nothing to copy yet.")

    def suspend_process(self) -> None:
        """Stop the program until the shell lets it go on."""
        self._ports.suspend()

    def help(self, word: str = "") -> None:
        """Say what can be typed; with a word, only the commands about it."""
        session, rows, wanted = self._session, self._rows(), word.casefold()
        if not wanted:
            session.say("Type a prompt and press Enter; ctrl+c stops a reply. Commands:")
        for row in rows:
            if wanted in f"{' '.join(row.names)} {row.help}".casefold():
                text = row.help if wanted else row.help.partition(";")[0]
                more = _more_about(row) if wanted else ""
                session.say(f"{row.usage}: {text}.{more}")
        taken = {name for row in rows for name in row.names}
        for name, snippet in self._ports.snippets().items():
            is_wanted = wanted in f"/{name} snippet {snippet.description}".casefold()
            if is_wanted and f"/{name}" not in taken:
                from fakegpt_tui.attachments.snippets import blanks  # noqa: PLC0415 - with snippets

                usage = f"/{name} {blanks(snippet.asked)}".rstrip()
                session.say(f"{usage} TEXT, a snippet: {snippet.description}")

    def quit(self) -> None:
        """Leave; so does ctrl+d."""
        self._session.is_over = True


def _more_about(row: Command) -> str:
    """The aliases of a command, and an example where it takes something."""
    others = f" Also {', '.join(row.names[1:])}." if row.names[1:] else ""
    return f"{others} Example: {example_of(row)}" if row.argument else others
