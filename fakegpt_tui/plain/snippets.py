"""Snippets in plain mode: said with their variables, and the example set where it is wanted."""

import asyncio
from pathlib import Path

from fakegpt_tui.attachments.example_snippets import add_examples, missing_examples
from fakegpt_tui.attachments.snippets import blanks
from fakegpt_tui.plain.session import PlainPorts, PlainSession
from fakegpt_tui.text import safe_line

_EXAMPLES = "examples"


class PlainSnippets:
    """What prompts of the user's own there are; their names are commands."""

    def __init__(self, session: PlainSession, ports: PlainPorts) -> None:
        self._session = session
        self._ports = ports

    async def choose(self, typed: str = "") -> None:
        """Say all snippets, or add the example set to them.

        Raises:
            SaveError: The example set cannot be written.
        """
        if typed and self._ports.snippets_folder is not None:
            await self._add_examples(self._ports.snippets_folder)
        else:
            self._tell_all()

    async def _add_examples(self, folder: Path) -> None:
        added = await asyncio.to_thread(add_examples, folder)
        names = ", ".join(added) or "none, all are there"
        self._session.say(f"Snippets added to {safe_line(str(folder))}: {names}.")

    def _tell_all(self) -> None:
        say, snippets = self._session.say, self._ports.snippets()
        for name, snippet in snippets.items():
            usage = f"/{name} {blanks(snippet.asked)}".rstrip()
            say(f"{usage} TEXT: {snippet.description}")
        if not snippets:
            say("There are no snippets.")
        missing = missing_examples(snippets)
        if missing and self._ports.snippets_folder is not None:
            say(f"Say /snippets {_EXAMPLES} to add an example set: {', '.join(missing)}.")
