"""Texts for the prompt: earlier prompts, queued ones and snippets, put where they are typed."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from fakegpt_tui.attachments.example_snippets import add_examples, missing_examples
from fakegpt_tui.attachments.snippets import CLIPBOARD, INPUT, SELECTION, Snippet
from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.chat.turn import Turn
from fakegpt_tui.domain import FakeGPTError, NotFound
from fakegpt_tui.text import clipboard_text
from fakegpt_tui.ui.controllers.attachments import AttachmentController
from fakegpt_tui.ui.dialogs import Choice
from fakegpt_tui.ui.state import ChatState
from fakegpt_tui.ui.view_model import queued_text
from fakegpt_tui.ui.window import Window


class RecallController:
    """Brings earlier and queued prompts back to where prompts are typed."""

    def __init__(
        self,
        chat: ChatService,
        state: ChatState,
        window: Window,
        *,
        start_turn: Callable[[Turn], None],
    ) -> None:
        self._start_turn = start_turn
        self._chat = chat
        self._state = state
        self._window = window

    def search_history(self, number: str = "") -> None:
        """Bring back the earlier prompt of a number, or one that the user chooses."""
        prompt = self._window.prompt
        prompts = prompt.earlier_prompts
        choices = [Choice(str(place), text) for place, text in enumerate(prompts)]

        def take(choice: str) -> None:
            prompt.replace_text(prompts[int(choice)])
            prompt.focus()

        self._window.pick("Earlier prompts", choices, take, number=number, cancelled=prompt.focus)

    def show_queue(self, number: str = "") -> None:
        """Take a prompt that waits back to where it was typed, to be changed or dropped."""
        queued, prompt = self._state.queued, self._window.prompt
        if not queued:
            self._window.notify(
                "Nothing is queued here.", while_true=lambda: not self._state.queued
            )
            return
        choices = [Choice(each.id, queued_text(each)) for each in queued]

        def take(prompt_id: str) -> None:
            prompt.focus()
            withdrawn = self._chat.queue.withdraw(prompt_id)
            prompt.restore_text(self._state.attachments.type_again(withdrawn.text, withdrawn.parts))

        self._window.pick(
            "Queued prompts",
            choices,
            take,
            number=number,
            verb="take back",
            cancelled=prompt.focus,
        )

    def send_queued(self) -> None:
        """Send what was held back when the reply before it failed or was stopped."""
        for prompt in self._state.queued[:1]:
            if (turn := self._chat.turns.send_queued(prompt.id)) is not None:
                self._start_turn(turn)


class SnippetController:
    """Fills in the variables of a snippet that are known, and lets the user type the others."""

    def __init__(
        self, window: Window, attachments: AttachmentController, folder: Path | None
    ) -> None:
        self._window = window
        self._attachments = attachments
        self._folder = folder

    def choose(self, typed: str = "") -> None:
        """Let the user choose a snippet, with its text beside the list; or add the example set."""
        if typed:
            self._window.work(self._add_examples(), group="snippet")
            return
        from fakegpt_tui.ui.dialogs.snippets import ADD_EXAMPLES, SnippetScreen  # noqa: PLC0415 - when used

        prompt = self._window.prompt
        snippets, selected = prompt.snippets(), prompt.selected_elsewhere
        missing = missing_examples(snippets) if self._folder is not None else ()

        def take(name: str) -> None:
            if name == ADD_EXAMPLES:
                self._window.work(self._add_examples(), group="snippet")
            else:
                self.insert(name, selected=selected)

        dialog = SnippetScreen(snippets, missing, str(self._folder or ""))
        self._window.ask(dialog, take, cancelled=prompt.focus)

    async def _add_examples(self) -> None:
        """Write the example set, and go on choosing."""
        if self._folder is not None:
            added = await asyncio.to_thread(add_examples, self._folder)
            self._window.notify(f"Snippets added to {self._folder}: {', '.join(added) or 'none'}.")
            self.choose()

    def insert(self, name: str, typed: str = "", selected: str = "") -> None:
        """Put a snippet into the prompt; what is typed there, or behind its name, is its input.

        What is `selected` is what was so before a list of snippets was opened.

        Raises:
            NotFound: Its file is no longer there.
        """
        prompt = self._window.prompt
        snippet = prompt.snippets().get(name)
        if snippet is None:
            self._give_back(name, typed)
            raise NotFound(f"The snippet {name} is no longer in the folder.")
        # Before the text is taken, which ends a selection.
        selected = selected or prompt.selected_elsewhere
        typed = typed or prompt.take_text()
        values, rest = snippet.split_values(typed)
        values[INPUT] = rest
        values.setdefault(SELECTION, selected)
        if CLIPBOARD in snippet.defaults and CLIPBOARD not in values:
            self._window.work(self._insert_copied(snippet, values, typed), group="snippet")
        else:
            self._insert(snippet, values)

    async def _insert_copied(self, snippet: Snippet, values: dict[str, str], typed: str) -> None:
        try:
            found = await self._attachments.read_clipboard()
        except FakeGPTError:
            self._give_back(snippet.name, typed)
            raise
        self._insert(snippet, {**values, CLIPBOARD: found.text.strip("\r\n")})

    def _insert(self, snippet: Snippet, values: dict[str, str]) -> None:
        left = [name for name in snippet.asked if name not in values]
        placeholders = {snippet.placeholder(name): snippet.defaults[name] for name in left}
        if INPUT in snippet.defaults and not values[INPUT]:
            values[INPUT] = snippet.placeholder(INPUT)
            placeholders[values[INPUT]] = snippet.defaults[INPUT] or ""  # It may stay empty.
        prompt = self._window.prompt
        prompt.insert_snippet(clipboard_text(snippet.fill(values)), placeholders)
        prompt.focus()

    def _give_back(self, name: str, typed: str) -> None:
        self._window.prompt.restore_text(f"/{name} {typed}".rstrip())
