"""What the main screen does itself, in plain mode: the list, finding words, help, and leaving."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from fakegpt_tui.command_grammar import example_of
from fakegpt_tui.keymap import Command
from fakegpt_tui.plain.session import PlainSession

if TYPE_CHECKING:
    from fakegpt_tui.attachments.snippets import Snippet


class PlainScreen:
    """Says what the screen would show."""

    def __init__(
        self,
        session: PlainSession,
        rows: Callable[[], Sequence[Command]],
        snippets: Callable[[], Mapping[str, Snippet]],
    ) -> None:
        self._session = session
        self._rows = rows
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
        session, rows, wanted = self._session, self._rows(), word.casefold()
        if not wanted:
            session.say("Type a prompt and press Enter; ctrl+c stops a reply. Commands:")
        for row in rows:
            if wanted in f"{' '.join(row.names)} {row.help}".casefold():
                text = row.help if wanted else row.help.partition(";")[0]
                more = _more_about(row) if wanted else ""
                session.say(f"{row.usage}: {text}.{more}")
        taken = {name for row in rows for name in row.names}
        for name, snippet in self._snippets().items():
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
