"""Prompts in plain mode: sending one, writing it in the editor, earlier ones, and snippets."""

import asyncio
from pathlib import Path

from fakegpt_tui.attachments.example_snippets import add_examples, missing_examples
from fakegpt_tui.attachments.snippets import INPUT, Snippet, blanks, clipboard_value
from fakegpt_tui.chat.argument_values import find_numbered
from fakegpt_tui.domain import FakeGPTError, ModelRef
from fakegpt_tui.plain.session import PlainSession
from fakegpt_tui.text import safe_line

_MOST_PROMPTS = 20
_EXAMPLES = "examples"


class PlainPrompt:
    """Sends what is typed."""

    def __init__(self, session: PlainSession) -> None:
        self._session = session
        self._edit = session.ports.edit

    async def send(self, text: str) -> None:
        """Send a prompt with what is attached, and write the reply."""
        session = self._session
        parts = tuple(session.attached)
        try:
            if parts:
                from fakegpt_tui.chat.attachments import require_sight  # noqa: PLC0415 - few have any

                model = ModelRef(session.open.service, session.open.model)
                await require_sight(session.chat.services, model, parts)
            turn = session.chat.turns.new(session.open, text, parts=parts)
        except FakeGPTError as error:
            session.say(str(error))
            return
        await session.run(turn)

    async def send_snippet(self, snippet: Snippet, typed: str = "") -> None:
        """Fill in a snippet from what is typed behind its name, and send it.

        Raises:
            LoadError: The snippet needs the clipboard, which cannot be read.
        """
        values, text = snippet.split_values(typed)
        if missing := snippet.missing(values):
            self._session.say(f"Say /{snippet.name} {blanks(missing)} and then the text.")
            return
        values |= await clipboard_value(snippet, values)
        await self.send(snippet.complete(values | {INPUT: text}))

    async def open_editor(self) -> None:
        """Write a prompt in $EDITOR, and send what is saved there."""
        text = self._edit("")
        if text is None or not text.strip():
            self._session.say("Nothing was written, and nothing is sent.")
        else:
            await self.send(text.strip())

    def show_queue(self, number: str = "") -> None:
        """List queued prompts that another run has left, or take one back."""
        session, queue = self._session, self._session.chat.queue
        queued = queue.of(session.open.id)
        if (chosen := find_numbered(queued, number)) is not None:
            withdrawn = queue.withdraw(chosen.id)
            session.say("It is taken back, and is not sent:")
            session.read_out(withdrawn.text)
            return
        for place, prompt in enumerate(queued, 1):
            session.say(f"{place}. {prompt.text}")
        session.say(
            "Say /queue and a number to take one back, or /send to send the first."
            if queued
            else "Nothing is queued here."
        )

    async def send_queued(self) -> None:
        """Send the first prompt that waits."""
        session = self._session
        queued = session.chat.queue.of(session.open.id)
        turn = session.chat.turns.send_queued(queued[0].id) if queued else None
        if turn is None:
            session.say("Nothing is queued here.")
        else:
            await session.run(turn)

    async def search_history(self, number: str = "") -> None:
        """Say the earlier prompts; with the number of one, send it again."""
        session = self._session
        chosen = session.numbered("prompt", number)
        if chosen is not None:
            await self.send(chosen)
            return
        prompts = session.chat.search.sent_prompts(_MOST_PROMPTS)
        session.offer("prompt", prompts)
        for place, prompt in enumerate(prompts, 1):
            session.say(f"{place}. {prompt}")
        session.say(
            "Say /history and a number to send one again." if prompts else "There are none yet."
        )


class PlainSnippets:
    """Prompts of the user's own; their names are commands."""

    def __init__(self, session: PlainSession) -> None:
        self._session = session
        self._ports = session.ports

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
